// Who waits behind whom: table by table, without a table, a lease or a clock.
import { describe, expect, it } from 'vitest'
import { behind, isReplacedBy, olderThan, takesPlaces } from '../../../core/queue/admission.ts'
import type { Release, State } from '../../../core/release/release.ts'
import { requested, t0 } from '../sample.ts'

type Policy = 'queue' | 'coalesce' | 'supersede' | 'refuse'
const release = (whileLive: Policy, changes: Partial<Release> = {}): Release => ({
  ...requested({ policy: { whileLive } }),
  ...changes,
})
const at = (releaseId: string, requestedAtMs: number) => ({ releaseId, requestedAtMs })
const damaged = (id: string, requestedAtMs: number) => ({ id, requestedAtMs })

describe('who was asked for before it', () => {
  const own = { id: 'm', requestedAtMs: 10 }

  it.each([
    ['nobody is there', [], [], undefined, []],
    ['it is there itself', [at('m', 10)], [], undefined, []],
    ['others are older and younger', [at('z', 8), at('y', 9), at('a', 11)], [], undefined, ['z', 'y']],
    ['two were asked for at the same moment', [at('a', 10), at('z', 10)], [], undefined, ['a']],
    ['one of the same moment has the lease', [at('a', 10), at('z', 10)], [], 'z', ['a', 'z']],
    ['it has the lease itself', [at('a', 10), at('z', 10)], [], 'm', []],
    ['it has the lease, and one is older all the same', [at('z', 9)], [], 'm', ['z']],
    ['whoever has the lease is younger', [at('a', 11)], [], 'a', []],
    [
      'an entry is damaged, and its log is not',
      [at('b', 9)],
      [damaged('a', 8), damaged('c', 12)],
      undefined,
      ['a', 'b'],
    ],
    ['an entry is damaged, and so is its log', [at('b', 9)], [undefined], undefined, ['b']],
    ['a damaged one is of the same moment', [], [damaged('a', 10), damaged('z', 10)], undefined, ['a']],
  ] as const)('when %s', (_, listed, known, holder, older) => {
    expect(olderThan(own, listed, known, holder)).toEqual(older)
  })

  it('is the other way round for the other one, so that never both wait', () => {
    for (const holder of [undefined, 'a', 'm', 'b'])
      for (const [first, second] of [
        [at('a', 10), at('m', 10)],
        [at('a', 9), at('m', 10)],
        [at('a', 11), at('m', 10)],
      ] as const) {
        const one = olderThan(damaged('a', first.requestedAtMs), [first, second], [], holder)
        const other = olderThan(damaged('m', second.requestedAtMs), [first, second], [], holder)
        expect([...one, ...other]).toHaveLength(1)
      }
  })
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
    const newer = release(policy, { urgent })
    expect(isReplacedBy(newer, release('queue', { state, urgent: isFix }))).toBe(taken)
    // Whoever takes no places looks at nobody's log, so it must not take one.
    if (taken) expect(takesPlaces(newer)).toBe(true)
  },
)

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
  ['that has begun meanwhile goes on', release('refuse', { state: { phase: 'preparing' } }), undefined],
  ['that has ended stays as it is', release('queue', { state: settled }), undefined],
])('a release behind another: one that %s', (_, one, event) => {
  expect(behind(one, 'one', t0)).toEqual(event)
})
