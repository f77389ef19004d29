// The log of a release, as it is written while the release bakes, is held and goes on.
import { replay } from '../../../core/release/advance.ts'
import type { NewEvent, ReleaseEvent } from '../../../core/release/event.ts'
import type { Release } from '../../../core/release/release.ts'
import type { Verdict } from '../../../core/verdict/evidence/evidence.ts'
import { numbered } from '../../../functions/steps/log.ts'
import { service, t0, target } from '../../core/sample.ts'

const minute = 60_000
export const at = (minutes: number): number => t0 + minutes * minute

export const logOf = (...events: readonly NewEvent[]): readonly ReleaseEvent[] =>
  events.map((event, index) => numbered(event, index + 1))

export function releaseOf(events: readonly ReleaseEvent[]): Release {
  const release = replay(events)
  if (release === undefined) throw new Error('there is no event')
  return release
}

/** Until the candidate has 10 %. */
export const shiftedLog = (reason?: string): readonly NewEvent[] => [
  {
    type: 'requested',
    atMs: t0,
    releaseId: 'checkout-1',
    key: 'version/checkout:2',
    service: service(),
    candidate: { kind: 'versions', versions: { checkout: '2' } },
    provenance: { source: 'api' },
    ...(reason === undefined ? {} : { reason }),
  },
  { type: 'admitted', atMs: t0 },
  { type: 'carried', atMs: t0, execution: 'arn:checkout-1' },
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

export function look(minutes: number, kind: Verdict['kind'], samples: number): NewEvent {
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
