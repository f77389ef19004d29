// Any events of a release, in any order, for properties that hold whatever happens.
import fc from 'fast-check'
import { advance } from '../../../core/release/advance.ts'
import type { NewEvent, ReleaseEvent } from '../../../core/release/event.ts'
import { gatePoint } from '../../../core/release/gating.ts'
import { pendingMove, wayBack, wayForward } from '../../../core/release/move.ts'
import { hasTraffic, type Release } from '../../../core/release/release.ts'
import { numbered } from '../../../functions/steps/log.ts'
import { t0, target, verdict } from '../sample.ts'

export const minute = 60_000
export const judged = (atMs: number, kind: 'pass' | 'fail' | 'unknown', quiet = false): NewEvent => ({
  type: 'judged',
  atMs,
  verdict: verdict(kind, quiet),
})

export const anyAt = fc.integer({ min: 0, max: 200 }).map((minutes) => t0 + minutes * minute)
const points = ['beforeTraffic', 'beforeStep', 'afterPromotion', 'afterRollback'] as const

/** Any event, whether or not it makes sense now. Moves are those that the handlers would make. */
export type Make = (release: Release) => NewEvent | undefined
const noCounts = { seenMinutes: 0, minutes: 60, invocations: 0, bad: 0, expected: 0 }
const noExcess = { excess: { kind: 'none' as const }, toMs: 0, until: 'time' as const }

export const anyEvent: fc.Arbitrary<Make> = fc.oneof(
  {
    weight: 4,
    arbitrary: anyAt.map(
      (atMs): Make =>
        (release) =>
          release.state.phase === 'shifting'
            ? { type: 'moveIntended', atMs, move: wayForward(release, release.state.step) }
            : { type: 'moveIntended', atMs, move: wayBack(release) },
    ),
  },
  {
    weight: 4,
    arbitrary: anyAt.map((atMs): Make => (release) => {
      const move = pendingMove(release)
      const revisions = Object.fromEntries(release.targets.map((one) => [one.functionName, `r${atMs}`]))
      return { type: 'moved', atMs, purpose: move?.purpose ?? 'shift', revisions }
    }),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(anyAt, fc.constantFrom('pass', 'fail', 'unknown'), fc.boolean()).map(
      ([atMs, kind, quiet]): Make =>
        () =>
          judged(atMs, kind, quiet),
    ),
  },
  fc
    .tuple(anyAt, fc.constantFrom(...points), fc.nat(3), fc.nat(1), fc.integer({ min: 1, max: 3 }))
    .map(([atMs, point, step, index, attempt]): Make => () => ({
      type: 'hookCalled',
      atMs,
      point,
      step,
      index,
      attempt,
    })),
  fc.tuple(anyAt, fc.constantFrom('pass', 'fail', 'unknown')).map(
    ([atMs, answer]): Make =>
      ({ state }) =>
        state.phase === 'hooks'
          ? {
              type: 'hookAnswered',
              atMs,
              point: state.point,
              step: state.step,
              index: state.index,
              attempt: state.attempt,
              answer: answer as 'pass',
              because: 'x',
            }
          : undefined,
  ),
  {
    weight: 4,
    arbitrary: fc
      .tuple(anyAt, fc.boolean(), fc.boolean(), fc.integer({ min: -1, max: 3 }))
      .map(([atMs, allowed, isHere, elsewhere]): Make => (release) => {
        const point = isHere ? (gatePoint(release) ?? elsewhere) : elsewhere
        const closed = { gates: ['freeze', 'approvals'], missingWaves: ['second', 'constructor'] }
        return { type: 'gated', atMs, point, allowed, because: 'x', ...(allowed ? { gates: [] } : closed) }
      }),
  },
  fc.tuple(anyAt, fc.constantFrom({}, { wave: 'second' }, { wave: 'constructor' })).map(([atMs, wave]): Make => () => ({
    type: 'approved',
    atMs,
    beforeBp: 0,
    by: 'ann',
    answer: 'approve',
    ...wave,
  })),
  anyAt.map((atMs): Make => () => ({ type: 'overridden', atMs, by: 'ann', reason: 'x' })),
  anyAt.map((atMs): Make => () => ({ type: 'gateReopened', atMs, because: 'x' })),
  anyAt.map((atMs): Make => () => ({ type: 'paused', atMs, by: 'ann', reason: 'x' })),
  anyAt.map((atMs): Make => () => ({ type: 'resumed', atMs, by: 'ann' })),
  anyAt.map((atMs): Make => () => ({ type: 'promoteOrdered', atMs, by: 'ann', reason: 'x' })),
  fc.tuple(anyAt, fc.boolean()).map(([atMs, fast]): Make => (release) => ({
    type: 'returnOrdered',
    atMs,
    by: 'alarm',
    reason: 'x',
    outcome: 'rolledBack',
    ...(fast && hasTraffic(release) ? { move: wayBack(release) } : {}),
  })),
  anyAt.map((atMs): Make => () => ({ type: 'interrupted', atMs, functionName: 'a', because: 'x' })),
  anyAt.map((atMs): Make => () => ({ type: 'settled', atMs })),
  anyAt.map((atMs): Make => () => ({ type: 'charged', atMs, charges: [] })),
  anyAt.map((atMs): Make => () => ({ type: 'watched', atMs, how: 'fault', because: 'x', ...noCounts })),
  anyAt.map((atMs): Make => () => ({ type: 'lateCharged', atMs, ...noExcess, charges: [] })),
  anyAt.map((atMs): Make => () => ({ type: 'admitted', atMs })),
  anyAt.map((atMs): Make => () => ({ type: 'prepared', atMs, targets: [target], alarms: [] })),
  anyAt.map((atMs): Make => () => ({ type: 'refused', atMs, outcome: 'rejected', code: 'x', because: 'x' })),
  anyAt.map((atMs): Make => () => ({ type: 'queued', atMs, behind: 'x' })),
)
export const anyStory = fc.array(anyEvent, { maxLength: 60 })
/** Each wave has steps of its own, and what stands before it. */
const inWaves = {
  targets: ['a', 'b', 'c'].map((name) => ({ function: name, alias: 'live' })),
  hooks: [{ at: 'beforeStep', function: 'hook' }],
  waves: [
    { name: 'first', targets: ['a'], plan: { steps: [{ weight: 100, bake: '5m' }] }, holdBack: 0 },
    { name: 'second', targets: ['b'], approval: true },
    { name: 'third', targets: ['c'], plan: { steps: [{ weight: 1, bake: '5m' }] }, pause: true },
  ],
}
export const services = fc.constantFrom(
  {},
  {
    targets: [
      { function: 'a', alias: 'live' },
      { function: 'b', alias: 'live' },
    ],
  },
  { hooks: points.map((at) => ({ at, function: 'hook' })) },
  { plan: 'AllAtOnce' },
  { plan: 'Linear10PercentEvery1Minute' },
  inWaves,
)

/** Applies a sequence of events after the request or the preparation, checking `claim` after each. */
export function tell(
  start: Release,
  story: readonly Make[],
  claim: (now: Release, before: Release, event: ReleaseEvent) => void,
): Release {
  let release = start
  for (const make of story) {
    const wanted = make(release)
    if (wanted === undefined) continue
    const event = numbered(wanted, release.seq + 1)
    const now = advance(release, event)
    claim(now, release, event)
    release = now
  }
  return release
}
