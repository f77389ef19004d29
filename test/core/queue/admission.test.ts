// Who waits behind whom: table by table, without a table, a lease or a clock.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  behind,
  entryOf,
  goesBefore,
  lanes,
  type QueueEntry,
  replaces,
  stageOf,
  takesPlaces,
} from '../../../core/queue/admission.ts'
import type { Release, State } from '../../../core/release/release.ts'
import { requested, t0 } from '../sample.ts'

type Policy = 'queue' | 'coalesce' | 'supersede' | 'refuse'
const release = (whileLive: Policy, changes: Partial<Release> = {}): Release => ({
  ...requested({ policy: { whileLive } }),
  ...changes,
})
const at = (releaseId: string, requestedAtMs: number, lane: QueueEntry['lane'] = 'usual'): QueueEntry => ({
  releaseId,
  requestedAtMs,
  lane,
  whileLive: 'queue',
})

describe('the order of the turns', () => {
  it.each([
    ['whoever was asked for first', at('z', 9), at('a', 10)],
    ['of the same moment, the first by its name', at('a', 10), at('b', 10)],
    ['a security fix before the others', at('z', 99, 'urgent'), at('a', 1)],
    ['a rollback before everybody', at('z', 99, 'back'), at('a', 1, 'urgent')],
  ])('%s', (_, first, second) => {
    expect([goesBefore(first, second), goesBefore(second, first)]).toEqual([true, false])
  })

  it('is strict and complete, so never do two wait for each other', () => {
    const entry = fc.record({
      releaseId: fc.constantFrom('a', 'b', 'c'),
      requestedAtMs: fc.integer({ min: 1, max: 3 }),
      lane: fc.constantFrom(...lanes),
      whileLive: fc.constantFrom('queue' as const, 'coalesce' as const),
    })
    fc.assert(
      fc.property(fc.array(entry, { minLength: 3, maxLength: 3 }), ([a, b, c]) => {
        if (a === undefined || b === undefined || c === undefined) return
        const isSame = a.releaseId === b.releaseId && a.requestedAtMs === b.requestedAtMs && a.lane === b.lane
        expect(Number(goesBefore(a, b)) + Number(goesBefore(b, a))).toBe(isSame ? 0 : 1)
        if (goesBefore(a, b) && goesBefore(b, c)) expect(goesBefore(a, c)).toBe(true)
      }),
      { seed: 17, numRuns: 500 },
    )
  })
})

it('an entry is in the lane that its key and its urgency say', () => {
  const lane = (changes: Partial<Release>) => entryOf(release('queue', changes)).lane
  expect([lane({}), lane({ urgent: true }), lane({ key: 'back/checkout-0' })]).toEqual(['usual', 'urgent', 'back'])
})

const baking: State = { phase: 'baking', step: 0, sinceMs: t0 }
const settled: State = { phase: 'settled', atMs: t0 }

it.each<[Policy, boolean, State, boolean, boolean]>([
  // policy, urgent; the older one's phase, whether that is urgent; replaced
  ['queue', false, { phase: 'requested' }, false, false],
  ['refuse', false, { phase: 'requested' }, false, false],
  ['supersede', false, baking, false, true],
  ['supersede', false, baking, true, false],
  ['supersede', false, settled, false, false],
  ['supersede', false, { phase: 'settling' }, false, false],
  ['coalesce', false, { phase: 'queued', behind: 'x' }, false, true],
  ['coalesce', false, { phase: 'preparing' }, false, true],
  ['coalesce', false, { phase: 'preparing' }, true, false],
  ['coalesce', false, baking, false, false],
  ['queue', true, baking, false, true],
  ['refuse', true, baking, true, true],
  ['supersede', true, settled, true, false],
])(
  'by policy %s, urgent %s, the place of one in %j, urgent %s, is taken: %s',
  (policy, urgent, state, isFix, taken) => {
    const newer = entryOf(release(policy, { urgent, id: 'checkout-2' }))
    const older = release('queue', { state, urgent: isFix })
    const stage = stageOf(older)
    expect(stage !== undefined && replaces(newer, entryOf(older), stage)).toBe(taken)
    // Nor does anybody take the place of a newer one.
    const reversed = { ...newer, requestedAtMs: older.requestedAtMs - 1 }
    expect(stage !== undefined && replaces(reversed, entryOf(older), stage)).toBe(false)
    // Whoever takes no places looks at nobody, so it must not take one.
    if (taken) expect(takesPlaces(newer)).toBe(true)
  },
)

it.each([
  ['a rollback takes the place of the live one', at('b', 10, 'back'), at('a', 9), 'begun', true],
  ['and of a security fix that is live', at('b', 10, 'back'), at('a', 9, 'urgent'), 'begun', true],
  ['but not of those that wait', at('b', 10, 'back'), at('a', 9), 'waiting', false],
  ['nobody takes the place of a rollback', at('b', 10, 'urgent'), at('a', 9, 'back'), 'begun', false],
  ['nor while it waits', { ...at('b', 10), whileLive: 'supersede' }, at('a', 9, 'back'), 'waiting', false],
  ['of the same moment, the one with the lease is older', at('a', 10, 'urgent'), at('b', 10), 'begun', true],
  ['of the same moment, the first by its name is older', at('a', 10, 'urgent'), at('b', 10), 'waiting', false],
] as const)('%s', (_, newer, older, stage, taken) => {
  expect(replaces(newer, older, stage)).toBe(taken)
})

it.each<[string, Release, object | undefined]>([
  ['waits', release('queue'), { type: 'queued', atMs: t0, behind: 'one' }],
  [
    'that waits behind it already is told nothing new',
    release('queue', { state: { phase: 'queued', behind: 'one' } }),
    undefined,
  ],
  [
    'that waits behind another is told so',
    release('queue', { state: { phase: 'queued', behind: 'two' } }),
    { type: 'queued', atMs: t0, behind: 'one' },
  ],
  [
    'is refused when its service takes one at a time',
    release('refuse'),
    {
      type: 'refused',
      atMs: t0,
      outcome: 'rejected',
      code: 'service_busy',
      because: 'Release one of checkout is live, and policy.whileLive is refuse.',
    },
  ],
  ['that is urgent is never refused', release('refuse', { urgent: true }), { type: 'queued', atMs: t0, behind: 'one' }],
  [
    'that is a rollback is never refused',
    release('refuse', { key: 'back/checkout-0' }),
    { type: 'queued', atMs: t0, behind: 'one' },
  ],
  ['that has begun meanwhile goes on', release('refuse', { state: { phase: 'preparing' } }), undefined],
  ['that has ended stays as it is', release('queue', { state: settled }), undefined],
])('a release behind another: one that %s', (_, one, event) => {
  expect(behind(one, 'one', t0)).toEqual(event)
})
