// The head of a release: one line of a service's history. It is a projection of the log; if they disagree, the log wins.
import * as z from 'zod'
import { candidateWords } from '../service/candidate.ts'
import { quoted, withStop } from '../foreign-text.ts'
import { own } from '../own.ts'
import { AllCharges, chargesWith } from './charge.ts'
import { watchEnds } from '../definition/watch-end.ts'
import { Outcome } from './event.ts'
import { TargetFunction } from '../location.ts'
import type { Home } from '../origin.ts'
import { functionIn } from '../service/target.ts'
import { putBackAlone, type Release } from './release.ts'

export const Head = z.strictObject({
  releaseId: z.string().max(64),
  service: z.string().max(40),
  requestedAtMs: z.int().min(0),
  seq: z.int().min(1),
  phase: z.string().max(40),
  outcome: Outcome.optional(),
  because: z.string().max(1000).optional(),
  settledAtMs: z.int().min(0).optional(),
  candidate: z.string().max(1500),
  source: z.string().max(40),
  /** The candidate may have had traffic, and the service had error budgets. */
  chargeable: z.literal(true).optional(),
  /** What it burned of the error budgets, once known; with what came after its promotion, once that is known, too. */
  charges: AllCharges.optional(),
  /** How the watch after its promotion ended, and why. */
  watched: z.strictObject({ how: z.enum(watchEnds), because: z.string().max(1000), atMs: z.int().min(0) }).optional(),
  /** The link of event `seq` of its log (chain.ts): what the log is compared with later. */
  link: z.string().min(1).max(100).optional(),
  /** The promoted release that this one undid, if it is an undo release. */
  backFrom: z.string().max(64).optional(),
  /** The one-way step that it has passed, or that the release has passed which it fixed: nothing goes back behind it. */
  oneWay: z.strictObject({ reason: z.string().max(300), atMs: z.int().min(0) }).optional(),
  /** A rehearsal of the way back. */
  drill: z.literal(true).optional(),
  /** Who asked for it, by AWS's word; of what an event asked for, nobody is known. */
  by: z.string().max(600).optional(),
  /** Why they asked, and who ended it, as in the log. Absent in heads from before they were kept. */
  reason: z.string().max(1000).optional(),
  endedBy: z.string().max(1000).optional(),
  /** Functions that were put back alone before the end: of a promoted release, those that stayed on stable. */
  putBack: z.array(TargetFunction).min(1).max(20).optional(),
  /** By function: stable and candidate version. */
  versions: z.record(TargetFunction, z.strictObject({ stable: z.string().max(20), candidate: z.string().max(20) })),
})
export type Head = z.output<typeof Head>

/**
 * The key prefix of a release that undoes a promoted one: `back/RELEASE`, and behind another slash what tells several ways back
 * from the same release apart.
 */
export const backKey = 'back/'

/** The promoted release that a release with this key undoes. */
export const undoneBy = (key: string): string | undefined =>
  key.startsWith(backKey) ? key.slice(backKey.length).split('/')[0] : undefined

/** Whether a release undoes a promoted one. */
export const isWayBack = ({ key }: { readonly key: string }): boolean => undoneBy(key) !== undefined

/** @param link of the release's last event, if it is known */
export function headOf(release: Release, link?: string): Head {
  const { ending, state, reason } = release
  const by = release.provenance.requestedBy
  const backFrom = undoneBy(release.key)
  const alone = putBackAlone(release)
  return {
    releaseId: release.id,
    service: release.service.name,
    requestedAtMs: release.requestedAtMs,
    seq: release.seq,
    ...(link === undefined ? {} : { link }),
    phase: state.phase,
    ...(ending === undefined
      ? {}
      : { outcome: ending.outcome, because: ending.because.slice(0, 1000), endedBy: ending.by }),
    ...(state.phase === 'settled' ? { settledAtMs: state.atMs } : {}),
    candidate: candidateWords(release.candidate).slice(0, 1500),
    source: release.provenance.source,
    ...(release.exposure === undefined || release.service.slos.length === 0 ? {} : { chargeable: true as const }),
    ...(release.charges === undefined ? {} : { charges: chargesWith(release.charges, release.late?.charges ?? []) }),
    ...watchedOf(release),
    ...(backFrom === undefined ? {} : { backFrom }),
    ...(release.oneWay === undefined ? {} : { oneWay: { reason: release.oneWay.reason, atMs: release.oneWay.atMs } }),
    ...(release.drill === undefined ? {} : { drill: release.drill }),
    ...(by === undefined ? {} : { by }),
    ...(reason === undefined ? {} : { reason }),
    ...(alone.length === 0 ? {} : { putBack: [...alone] }),
    versions: Object.fromEntries(
      release.targets.map(({ functionName, stable, candidate }) => [functionName, { stable, candidate }]),
    ),
  }
}

const watchedOf = ({ watched }: Release): Pick<Head, 'watched'> =>
  watched === undefined ? {} : { watched: { how: watched.how, because: watched.because, atMs: watched.atMs } }

// Which version a release has left in charge of a function. Nothing else says it: whoever asks what runs, what was undone or what
// can be gone back to, asks here.

type Left = Pick<Head, 'outcome' | 'versions' | 'putBack'>
type Turn = Pick<Head, 'settledAtMs'>

/**
 * The last that had its turn first. A history is in the order of requests, and a way back or a forward fix overtakes what waits:
 * what was asked for before it is promoted after it.
 */
export const byTurn = <H extends Turn>(heads: readonly H[]): readonly H[] =>
  heads.toSorted((one, other) => {
    const [its, others] = [one.settledAtMs ?? Infinity, other.settledAtMs ?? Infinity]
    return its === others ? 0 : others - its
  })

/** With functions called as the definition calls them now: at home, it may say the ARN where it said the name before. */
export function calledAsNow(
  heads: readonly Head[],
  targets: readonly { readonly functionName: string }[],
  home: Home,
): readonly Head[] {
  const now = new Map(targets.map(({ functionName }) => [functionIn(functionName, home), functionName]))
  const named = (name: string): string => now.get(functionIn(name, home)) ?? name
  return heads.map((head) => ({
    ...head,
    ...(head.putBack === undefined ? {} : { putBack: head.putBack.map(named) }),
    versions: Object.fromEntries(Object.entries(head.versions).map(([name, had]) => [named(name), had])),
  }))
}

/** `undefined` for a function that is not of the release, and where somebody else has moved the alias: it is theirs. */
function leftOn({ outcome, versions, putBack = [] }: Left, functionName: string): string | undefined {
  const had = own(versions, functionName)
  if (had === undefined || outcome === 'interrupted') return undefined
  return outcome === 'promoted' && !putBack.includes(functionName) ? had.candidate : had.stable
}

/** What the last release of a function has left it on; `undefined` where nobody knows. */
export function lastLeft(
  heads: readonly Head[],
  functionName: string,
): { readonly version: string; readonly releaseId: string } | undefined {
  const last = byTurn(heads).find(({ versions }) => own(versions, functionName) !== undefined)
  const version = last === undefined ? undefined : leftOn(last, functionName)
  return last === undefined || version === undefined ? undefined : { version, releaseId: last.releaseId }
}

/** The versions that have had all traffic of a function in this release, the last one first. */
export function hadWhole(head: Left, functionName: string): readonly string[] {
  const had = own(head.versions, functionName)
  return had === undefined ? [] : [...new Set([leftOn(head, functionName) ?? had.stable, had.stable])]
}

/** The functions that it has left on their candidate: what an undo takes back. */
export const tookOver = (head: Left): Head['versions'] =>
  Object.fromEntries(Object.entries(head.versions).filter(([name, { candidate }]) => leftOn(head, name) === candidate))

/** The same of a release, whose targets have more to them. */
export function takenTargets(release: Release): Release['targets'] {
  const head = headOf(release)
  return release.targets.filter(({ functionName, candidate }) => leftOn(head, functionName) === candidate)
}

/** The versions that it was about; of one that goes on or was promoted, without those that were put back alone. */
export const movedVersions = ({ outcome, versions, putBack = [] }: Left): Head['versions'] =>
  outcome === undefined || outcome === 'promoted'
    ? Object.fromEntries(Object.entries(versions).filter(([name]) => !putBack.includes(name)))
    : versions

/** The functions that were put back alone. */
export const wentAlone = ({ versions, putBack = [] }: Pick<Head, 'versions' | 'putBack'>): Head['versions'] =>
  Object.fromEntries(Object.entries(versions).filter(([name]) => putBack.includes(name)))

// Where a service can go back to when nothing of it is live. Its history says it: only what has had all traffic before may be
// gone back to without gates, by the right to roll back. Anything else is a release.

const isPromoted = ({ outcome }: Pick<Head, 'outcome'>): boolean => outcome === 'promoted'
const isChange = (head: Head): boolean => isPromoted(head) && head.backFrom === undefined

/** The last release that was promoted, be it a change or a way back. */
export const lastPromoted = <H extends Turn & Pick<Head, 'outcome'>>(heads: readonly H[]): H | undefined =>
  byTurn(heads).find(isPromoted)

/**
 * Whether every version had all traffic of its function before the last change was promoted. What the last change brought did
 * not: it is what one goes back from, also once that has been done.
 */
export function ranBefore(all: readonly Head[], versions: Readonly<Record<string, string>>): boolean {
  const heads = byTurn(all)
  const change = heads.findIndex(isChange)
  if (change < 0) return false
  const since = heads.slice(change).filter(isPromoted)
  return Object.entries(versions).every(([name, version]) =>
    since.some((head, index) => {
      const had = own(head.versions, name)
      return had?.stable === version || (index > 0 && leftOn(head, name) === version)
    }),
  )
}

type PastOneWay = Head & { readonly oneWay: NonNullable<Head['oneWay']> }

/**
 * The release past whose one-way step the service would go, back to these versions: the latest of those that came after a version
 * had all traffic, however it ended. A version that never had is no way back. Without versions: to what ran before the release
 * that was promoted last.
 */
export function oneWayBehind(
  all: readonly Head[],
  versions?: Readonly<Record<string, string>>,
): PastOneWay | undefined {
  const heads = byTurn(all)
  const last = heads.findIndex(isPromoted)
  // How many of the heads came after the version had all traffic.
  const since = ([name, version]: readonly [string, string]): number => {
    const ends = heads.flatMap((head, index) => {
      const had = own(head.versions, name)
      const ran = isPromoted(head) || head.oneWay !== undefined
      return [
        ...(isPromoted(head) && leftOn(head, name) === version && index >= last ? [index] : []),
        ...(ran && had?.stable === version ? [index + 1] : []),
      ]
    })
    return ends.length === 0 ? 0 : Math.min(...ends)
  }
  const end = versions === undefined ? last + 1 : Math.max(0, ...Object.entries(versions).map(since))
  return heads.slice(0, end).find((head): head is PastOneWay => head.oneWay !== undefined)
}

/** How many releases have set out to undo this one, and ended without having the traffic. */
export const failedWaysBack = (heads: readonly Head[], from: string): number =>
  heads.filter(({ backFrom, outcome }) => backFrom === from && outcome !== undefined && outcome !== 'promoted').length

export const outcomeWords: Readonly<Record<Outcome, string>> = {
  promoted: 'promoted',
  rolledBack: 'rolled back',
  aborted: 'aborted',
  superseded: 'superseded',
  rejected: 'rejected',
  interrupted: 'interrupted',
  alreadyReleased: 'already released',
}

/** Promoted without functions that were put back alone. */
export const isInPart = <
  E extends Readonly<{ outcome?: Outcome | undefined; putBack?: readonly string[] | undefined }>,
>(
  one: E,
): one is E & { readonly putBack: readonly string[] } => one.outcome === 'promoted' && one.putBack !== undefined

/** `promoted`, or `promoted without checkout`. */
export function endedWords(outcome: Outcome, putBack: readonly string[] = []): string {
  const without = outcome === 'promoted' && putBack.length > 0 ? ` without ${putBack.join(', ')}` : ''
  return `${outcomeWords[outcome]}${without}`
}

/** Who asks for a way back after a late fault. */
export const watchName = 'tidegate watch'

const ownNames = ['verdict', 'policy', 'gate', 'hook', 'tidegate', 'sweep', watchName, 'CloudFormation', 'unknown']

/** Whether the controller itself decides under this name. A person may not take it (functions/orders/order.ts). */
export const isOwn = (by: string): boolean => ownNames.includes(by) || /^(alarm|release) /.test(by)

/** Why it ended. What a person gave as the reason is quoted; of an interruption, the words are ours and `by` is who was seen. */
export function whyWords({ outcome, because, by }: NonNullable<Release['ending']>): string {
  return isOwn(by) || outcome === 'interrupted' ? because : quoted(because, by)
}

/** What a message about a rehearsal begins with. */
export const drillWord = 'DRILL: '

/** The sentence that tells a person how a release ended. */
export function sentenceOf({ id, service, ending, drill, targets }: Release): string {
  const { outcome = 'aborted' } = ending ?? {}
  const because = ending === undefined ? '' : whyWords(ending)
  return `${drill === undefined ? '' : drillWord}Release ${id} of ${service.name} was ${endedWords(outcome, putBackAlone({ targets }))}: ${withStop(because)}`.slice(
    0,
    1000,
  )
}
