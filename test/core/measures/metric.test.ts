// The metrics of a release, calculated by hand from a short log.
import { expect, it } from 'vitest'
import { replay } from '../../../core/release/advance.ts'
import { numbered } from '../../../functions/steps/log.ts'
import type { NewEvent, ReleaseEvent } from '../../../core/release/event.ts'
import { metricsOf } from '../../../core/measures/metric.ts'
import { service, t0, target, verdict } from '../sample.ts'

const seconds = 1000
const move = (purpose: 'shift' | 'rollBack', weightBp: number) => ({
  purpose,
  weightBp,
  targets: [
    {
      functionName: 'checkout',
      alias: 'live',
      expected: target.revision,
      desired: weightBp === 0 ? { version: '1' } : { version: '1', additional: { version: '2', weightBp } },
    },
  ],
})
const revisions = { checkout: 'r9' }
const story: readonly NewEvent[] = [
  {
    type: 'requested',
    atMs: t0,
    releaseId: 'r1',
    key: 'k',
    service: service(),
    candidate: { kind: 'versions', versions: { checkout: '2' } },
    provenance: { source: 'api' },
  },
  { type: 'admitted', atMs: t0 },
  { type: 'prepared', atMs: t0, targets: [target], alarms: [] },
  { type: 'moveIntended', atMs: t0, move: move('shift', 1000) },
  { type: 'moved', atMs: t0, purpose: 'shift', revisions },
  { type: 'judged', atMs: t0 + 60 * seconds, verdict: verdict('unknown') },
  {
    type: 'returnOrdered',
    atMs: t0 + 90 * seconds,
    by: 'alarm a',
    reason: 'it fired',
    outcome: 'rolledBack',
    move: move('rollBack', 0),
  },
  { type: 'moved', atMs: t0 + 90.4 * seconds, purpose: 'rollBack', revisions },
  { type: 'settled', atMs: t0 + 92 * seconds },
]
const events: readonly ReleaseEvent[] = story.map((event, index) => numbered(event, index + 1))

it('a weight, a way back and an end are counted once each, from the events that record them', () => {
  const counted = events.flatMap((_, index) => {
    const log = events.slice(0, index + 1)
    const release = replay(log)
    return release === undefined ? [] : metricsOf(log, release)
  })
  expect(counted.map(({ name, value, unit, dimensions }) => [name, value, unit, dimensions])).toEqual([
    ['CandidateWeight', 10, 'Percent', { service: 'checkout' }],
    ['CandidateWeight', 0, 'Percent', { service: 'checkout' }],
    ['WayBackSeconds', 0.4, 'Seconds', { service: 'checkout' }],
    ['ReleaseSeconds', 92, 'Seconds', { service: 'checkout', outcome: 'rolledBack' }],
    // From the first traffic to the alarm.
    ['DetectSeconds', 90, 'Seconds', { service: 'checkout' }],
  ])
  for (const { releaseId, dimensions } of counted) {
    expect(releaseId).toBe('r1')
    expect(JSON.stringify(dimensions)).not.toContain('r1')
  }
})

it('a promotion is counted with the time since its commit, if that is known', () => {
  const promoted = (provenance: { readonly committedAtMs?: number }) => {
    const done: readonly NewEvent[] = [
      ...story.slice(0, 3).map((event) =>
        event.type === 'requested'
          ? {
              ...event,
              service: service({ plan: 'AllAtOnce' }),
              provenance: { source: 'api' as const, ...provenance },
            }
          : event,
      ),
      { type: 'moveIntended', atMs: t0, move: { ...move('shift', 10_000), purpose: 'promote' } },
      { type: 'moved', atMs: t0 + 30 * seconds, purpose: 'promote', revisions },
      { type: 'settled', atMs: t0 + 31 * seconds },
    ]
    const log = done.map((event, index) => numbered(event, index + 1))
    const release = replay(log)
    return release === undefined ? [] : metricsOf(log, release).map(({ name, value }) => [name, value])
  }
  expect(promoted({})).toEqual([['ReleaseSeconds', 31]])
  expect(promoted({ committedAtMs: t0 - 60 * seconds })).toEqual([
    ['ReleaseSeconds', 31],
    ['LeadSeconds', 90],
  ])
})
