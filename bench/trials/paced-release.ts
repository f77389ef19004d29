// One release on synthetic traffic, minute by minute, using the engine's own judge and transitions, with a plan that may be made
// smaller before each shift. The data of a minute become known two minutes after it began.
import { advance, begin } from '../../core/release/advance.ts'
import type { NewEvent } from '../../core/release/event.ts'
import { wayForward } from '../../core/release/move.ts'
import type { Plan } from '../../core/service/plan.ts'
import type { Release } from '../../core/release/release.ts'
import type { Service } from '../../core/service/service.ts'
import type { Verdict } from '../../core/verdict/evidence/evidence.ts'
import { type Carry, judge } from '../../core/verdict/judge/judge.ts'
import type { CountMinute } from '../../core/verdict/processes/split-process.ts'
import { numbered } from '../../functions/steps/log.ts'
import { learnedFrom } from '../rivals/e-processes.ts'
import { countReadings, type WeightedMinute } from '../rivals/recorded.ts'
import { type Rival, total } from '../rivals/rival.ts'
import { minuteMs } from '../../core/time.ts'

/** The verdict on the minutes that are known at `atMs`. */
type Judge = (release: Release, known: readonly WeightedMinute[], atMs: number) => Verdict

/** The plan to continue with, before the shift to `step`. */
export type PlanNext = (plan: Plan, step: number, seen: CountMinute, atMs: number) => Plan

export type Run = {
  readonly outcome: 'promoted' | 'rolledBack'
  readonly because: string
  /** The minutes with traffic on the candidate, up to the promotion or the rollback. */
  readonly minutes: readonly WeightedMinute[]
}

export function runRelease(
  service: Service,
  startMs: number,
  minuteOf: (minute: number, weightBp: number) => WeightedMinute,
  judged: Judge,
  planNext: PlanNext,
): Run {
  const minutes: WeightedMinute[] = []
  let release = prepared(service, startMs)
  for (;;) {
    const atMs = startMs + minutes.length * minuteMs
    const known = minutes.slice(0, -1)
    if (minutes.length > 0) release = after(release, { type: 'judged', atMs, verdict: judged(release, known, atMs) })
    if (release.state.phase === 'shifting') release = shifted(release, known, atMs, planNext)
    const { state, ending } = release
    if (state.phase === 'settling') return { outcome: 'promoted', because: '', minutes }
    if (state.phase !== 'baking') return { outcome: 'rolledBack', because: ending?.because ?? state.phase, minutes }
    minutes.push(minuteOf(minutes.length, release.shifts.at(-1)?.weightBp ?? 0))
  }
}

const after = (release: Release, event: NewEvent): Release => advance(release, numbered(event, release.seq + 1))

export function prepared(service: Service, atMs: number): Release {
  const target = { functionName: 'paced', alias: 'live', stable: '1', candidate: '2', revision: 'r', codeSha256: 'x' }
  const requested = numbered(
    {
      type: 'requested',
      atMs,
      releaseId: 'paced-1',
      key: 'version/paced:2',
      service,
      candidate: { kind: 'versions', versions: { paced: '2' } },
      provenance: { source: 'api' },
    },
    1,
  )
  if (requested.type !== 'requested') throw new Error('unreachable')
  const admitted = after(begin(requested), { type: 'admitted', atMs })
  return after(admitted, { type: 'prepared', atMs, targets: [target], alarms: [] })
}

export function shifted(before: Release, known: readonly WeightedMinute[], atMs: number, planNext: PlanNext): Release {
  if (before.state.phase !== 'shifting') return before
  const { service, state } = before
  const plan = planNext(service.plan, state.step, total(known), atMs)
  const release = { ...before, service: { ...service, plan } }
  const move = wayForward(release, state.step)
  const intended = after(release, { type: 'moveIntended', atMs, move })
  return after(intended, { type: 'moved', atMs, purpose: move.purpose, revisions: { paced: 'r' } })
}

/**
 * Our engine, which carries state from look to look.
 * @param past stable's minutes before the release, from which it learns as the task `prepare` does
 */
export function engine(service: Service, past: readonly WeightedMinute[] = []): Judge {
  let carry: Carry | undefined
  const learned = past.length === 0 ? undefined : learnedFrom(service, past, [])
  const baseline = { thresholdsMs: [], ...(learned === undefined ? {} : { learned }) }
  return ({ shifts, targets }, known, atMs) => {
    const startMs = shifts[0]?.sinceMs ?? atMs
    const fromMs = Math.max(startMs, carry?.uptoMs ?? startMs)
    const readings = new Map(countReadings(known.slice((fromMs - startMs) / minuteMs), fromMs))
    const found = judge(
      service,
      {
        ...{ atMs, shifts, alarms: [], excludedAlarms: [], readings, isRecorded: true },
        targets: targets.map((target) => ({ ...target, baseline })),
      },
      carry,
    )
    carry = found.carry
    return found.verdict
  }
}

/** A rule that rolls back, and otherwise lets the plan continue, as the alarms of deployment tools do. */
export function alarm(rule: Rival, stableRate: number): Judge {
  return ({ service }, known, atMs) => {
    const isFail = rule.judge(known, { alpha: service.policy.alpha, stableRate }).at(-1)?.said === 'fail'
    const window = { startMs: atMs, endMs: atMs }
    return { kind: isFail ? 'fail' : 'pass', quiet: false, because: rule.about, window, signals: [] }
  }
}
