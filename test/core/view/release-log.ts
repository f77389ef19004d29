// Logs for the tests of what people are shown of a release, event by event, as they are written while it bakes, is held and
// goes on.
import { replay } from '../../../core/release/advance.ts'
import type { NewEvent, ReleaseEvent } from '../../../core/release/event.ts'
import type { Release } from '../../../core/release/release.ts'
import type { SignalVerdict, Verdict } from '../../../core/verdict/evidence/evidence.ts'
import type { Beside } from '../../../core/view/release/release-view.ts'
import { numbered } from '../../../functions/steps/log.ts'
import { service, t0, target } from '../sample.ts'

export const minute = 60_000
export const at = (minutes: number): number => t0 + minutes * minute
export const beside = (nowMs: number, changes: Partial<Beside> = {}): Beside => ({
  nowMs,
  today: undefined,
  inCharge: { kind: 'inCharge' },
  allowances: [],
  ...changes,
})

export const logOf = (events: readonly NewEvent[]): readonly ReleaseEvent[] =>
  events.map((event, index) => numbered(event, index + 1))

export function releaseOf(events: readonly ReleaseEvent[]): Release {
  const release = replay(events)
  if (release === undefined) throw new Error('there is no event')
  return release
}

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
  { type: 'admitted', atMs: t0 },
  { type: 'carried', atMs: t0, execution: by },
  { type: 'prepared', atMs: t0, targets: [target], alarms: [{ name: 'checkout-errors', state: 'ok' }] },
  { type: 'gated', atMs: t0, point: 0, allowed: true, because: 'the gates are open', gates: [] },
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

/** The looks of few samples, with a signal of each kind. */
export function fewSamples(minutes: number, kind: Verdict['kind'], samples: number): NewEvent {
  const because = `errors: ${samples} of 20 samples of the candidate at this weight, about 2 more minutes at this pace`
  return {
    type: 'judged',
    atMs: at(minutes),
    verdict: {
      kind,
      quiet: false,
      because,
      window: { startMs: t0, endMs: at(minutes) },
      signals: [
        { signal: 'alarms', kind: 'pass', because: 'alarm checkout-errors is OK' },
        { signal: 'errors', kind: kind === 'pass' ? 'pass' : 'unknown', because },
        { signal: 'throttles', kind: 'excluded', because: 'throttles: CloudWatch has no point of it' },
      ],
      readings: {
        fromMs: t0,
        toMs: at(minutes),
        complete: true,
        points: { '0.s.invocations': [[1, 88]], '0.c.invocations': [[1, samples]] },
      },
    },
  }
}

export const held = (minutes: number): NewEvent => ({
  type: 'gated',
  atMs: at(minutes),
  point: 1,
  allowed: false,
  because: 'there is a freeze until 2026-01-02T00:00Z',
  gates: ['freeze'],
})
