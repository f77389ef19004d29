// How well the controller judges and acts: M5, M8, M9, M11 and M12.
import type { ProblemCode } from '../problem.ts'
import { putBackAlone } from '../release/release.ts'
import type { Verdict } from '../verdict/evidence/evidence.ts'
import { changes, ended, type Facts, type ReleaseFacts } from './facts.ts'
import { leftOut, ofSpread, type Result, share } from './result.ts'
import { detectSeconds, isEvidence } from './times.ts'

/**
 * M5: the share of canaries that were promoted whole. Counts changes with steps below 100 %, whose candidate had traffic, and
 * that were promoted or rolled back. Leaves out those whose promotion was hurried by a person. One of which the verdict put a
 * function back has not passed.
 */
export function canaryPassRate(facts: Facts): Result {
  const all = changes(facts).filter(
    ({ release, firstTrafficMs, outcome, isHurried }) =>
      firstTrafficMs !== undefined &&
      release.service.plan.steps.length > 0 &&
      !isHurried &&
      (outcome === 'promoted' || outcome === 'rolledBack'),
  )
  const passed = all.filter(({ outcome, release }) => outcome === 'promoted' && putBackAlone(release).length === 0)
  return share(passed.length, all.length, 'no canary was promoted or rolled back')
}

/** M8: p90 of the seconds from the decision to roll back, all or some functions, until each of their aliases was back. */
export function timeToRollBack(facts: Facts): Result {
  const all = ended(facts).filter(({ decidedMs }) => decidedMs !== undefined)
  const seconds = all.flatMap(({ decidedMs = 0, restoredMs }) =>
    restoredMs === undefined ? [] : [(restoredMs - decidedMs) / 1000],
  )
  const inPart = ended(facts).flatMap(({ partDecidedMs, partBackMs }) =>
    partDecidedMs === undefined || partBackMs === undefined ? [] : [(partBackMs - partDecidedMs) / 1000],
  )
  return {
    ...ofSpread([...seconds, ...inPart], 'p90', 'no traffic went back'),
    ...leftOut(all.length - seconds.length, 'never came back by us'),
  }
}

type Seen = { readonly asked: number; readonly known: number }

/**
 * For one step: how often critical signals were asked, and how often they were known. No signal can speak in the first minutes of
 * a step, so its looks count from the first one at which it did. One that never did counts at every look. A look without critical
 * signals counts as one signal that was not known.
 */
function seenIn(looks: readonly Verdict[]): readonly Seen[] {
  const critical = looks.map(({ signals }) =>
    signals.filter(({ advisory, kind }) => advisory !== true && kind !== 'excluded'),
  )
  const names = new Set(critical.flatMap((signals) => signals.map(({ signal }) => signal)))
  const blind = critical.filter(({ length }) => length === 0).map(() => ({ asked: 1, known: 0 }))
  const spoken = [...names].map((name) => {
    const kinds = critical.flatMap((signals) => signals.filter(({ signal }) => signal === name).map(({ kind }) => kind))
    const first = kinds.findIndex((kind) => kind !== 'unknown')
    const counted = kinds.slice(Math.max(0, first))
    return { asked: counted.length, known: counted.filter((kind) => kind !== 'unknown').length }
  })
  return [...blind, ...spoken]
}

/**
 * M9: of all critical signals at all looks from the first at which they spoke in a step, the share that was known (passed or
 * failed). A low share means that steps end before the signals can speak, or that telemetry goes missing.
 */
export function coverage(facts: Facts): Result {
  const seen = ended(facts).flatMap(({ looks }) => looks.flatMap(seenIn))
  const sum = (of: keyof Seen): number => seen.reduce((total, one) => total + one[of], 0)
  return share(sum('known'), sum('asked'), 'no look was taken')
}

/** Problems caused by AWS or by the controller itself, not by a user's mistake. */
const machinery: readonly ProblemCode[] = ['aws_throttled', 'aws_unavailable', 'crowded', 'execution_lost']

/** Ended by the sweep, or by an unexpected error. */
function isBroken({ release: { ending }, outcome }: ReleaseFacts): boolean {
  if (ending === undefined || outcome === 'promoted' || outcome === 'alreadyReleased') return false
  if (ending.by === 'sweep') return true
  return ending.by === 'tidegate' && (ending.code === undefined || machinery.some((code) => code === ending.code))
}

/**
 * True for good, false for bad. `undefined` unless the candidate's own behaviour decided the outcome: a person, a gate or a
 * request that could not be met says nothing about it.
 */
function judgedAs({ outcome, release }: ReleaseFacts): boolean | undefined {
  const { ending } = release
  // It was neither: a part of it went back.
  if (putBackAlone(release).length > 0) return undefined
  if (outcome === 'promoted') return true
  const isBad = outcome === 'rolledBack' || outcome === 'rejected'
  return isBad && (isEvidence(ending?.by ?? '') || ending?.by === 'hook') ? false : undefined
}

/**
 * M11: the share of ended releases that were flaky. A release is flaky if the controller's own machinery ended it (the sweep
 * after a lost execution, AWS throttling or not answering, an unexpected error). It is also flaky if it ended differently from
 * the latest earlier release of the very same candidate in the period (one promoted, the other turned down by a verdict, an alarm
 * or a hook).
 */
export function flakiness(facts: Facts): Result {
  const all = ended(facts)
  const last = new Map<string, boolean>()
  const flaky = all.filter((one) => {
    const candidate = JSON.stringify([one.release.service.name, sorted(one.release.candidate)])
    const [before, now] = [last.get(candidate), judgedAs(one)]
    const broken = isBroken(one)
    // A release that broke for technical reasons says nothing about the candidate.
    if (now !== undefined && !broken) last.set(candidate, now)
    return broken || (now !== undefined && before !== undefined && before !== now)
  })
  return share(flaky.length, all.length, 'no release ended')
}

const sorted = (value: ReleaseFacts['release']['candidate']): unknown =>
  value.kind === 'versions' ? Object.entries(value.versions).sort(([a], [b]) => (a < b ? -1 : 1)) : value

/**
 * M12: p90 of the seconds from the candidate's first traffic to the decision, over changes that a verdict or an alarm rolled
 * back, or of which the verdict put a function back.
 */
export function timeToDetect(facts: Facts): Result {
  const seconds = changes(facts).flatMap((one) => detectSeconds(one) ?? [])
  return ofSpread(seconds, 'p90', 'nothing was rolled back by a verdict or an alarm')
}
