// Logs for the tests of a release's view, event by event.
import type { NewEvent, ReleaseEvent } from '../../../core/release/event.ts'
import type { SignalVerdict, Verdict } from '../../../core/verdict/evidence/evidence.ts'
import type { Beside } from '../../../core/view/release/release-view.ts'
import { numbered } from '../../../functions/steps/log.ts'
import { service, t0, target } from '../sample.ts'

export const minute = 60_000
export const beside = (nowMs: number, changes: Partial<Beside> = {}): Beside => ({
  nowMs,
  today: undefined,
  inCharge: { kind: 'inCharge' },
  allowances: [],
  ...changes,
})

export const logOf = (events: readonly NewEvent[]): readonly ReleaseEvent[] =>
  events.map((event, index) => numbered(event, index + 1))

type Request = Partial<Extract<NewEvent, { type: 'requested' }>>

export const requested = (changes: Request = {}): NewEvent => ({
  type: 'requested',
  atMs: t0,
  releaseId: 'checkout-0123456789',
  key: 'version/checkout:2',
  service: service(),
  candidate: { kind: 'versions', versions: { checkout: '2' } },
  provenance: { source: 'api' },
  ...changes,
})

const execution = 'arn:aws:states:eu-west-1:111122223333:execution:tidegate:checkout-0123456789'

/** Up to the first 10 %. */
export const begun = (changes: Request = {}, by = execution): readonly NewEvent[] => [
  requested(changes),
  { type: 'carried', atMs: t0, execution: by },
  { type: 'admitted', atMs: t0 },
  { type: 'prepared', atMs: t0, targets: [target], alarms: [] },
  {
    type: 'moveIntended',
    atMs: t0,
    move: {
      purpose: 'shift',
      weightBp: 1000,
      targets: [
        {
          functionName: 'checkout',
          alias: 'live',
          expected: 'r0',
          desired: { version: '1', additional: { version: '2', weightBp: 1000 } },
        },
      ],
    },
  },
  { type: 'moved', atMs: t0, purpose: 'shift', revisions: { checkout: 'r1' } },
]

export const errorsOf = (minutes: number, rate = 0.01): SignalVerdict => ({
  signal: 'errors',
  kind: 'unknown',
  because: `errors: ${20 * minutes} of 1000000 samples of the candidate at this weight, about 5 more minutes at this pace`,
  numbers: {
    candidateInvocations: 20 * minutes,
    candidateBad: Math.round(20 * minutes * rate),
    stableInvocations: 180 * minutes,
    stableBad: Math.round(180 * minutes * 0.01),
    ratio: rate / 0.01,
    ratioLow: rate / 0.02,
    ratioHigh: rate / 0.005,
    logE: 0.5,
    rollBackAtLogE: 3,
  },
})

/** Look number `n`, a minute after the one before, with what it has read. */
export function look(n: number, changes: Partial<Verdict> = {}): NewEvent {
  const [fromMs, toMs] = [t0 + (n - 1) * minute, t0 + n * minute]
  return {
    type: 'judged',
    atMs: t0 + (n + 1) * minute,
    verdict: {
      kind: 'unknown',
      quiet: false,
      because: errorsOf(n).because,
      window: { startMs: t0, endMs: toMs },
      signals: [errorsOf(n)],
      readings: {
        fromMs,
        toMs,
        complete: true,
        points: {
          '0.c.invocations': [[0, 20]],
          '0.s.invocations': [[0, 180]],
          '0.c.errors': [[0, 4]],
          '0.s.errors': [[0, 2]],
        },
      },
      ...changes,
    },
  }
}

export const looks = (count: number): readonly NewEvent[] =>
  Array.from({ length: count }, (_, index) => look(index + 1))
