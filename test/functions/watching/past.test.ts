// Which weeks before a release are its past: the time of what went back, whole or in part, is no noise of the service.
import { expect, it } from 'vitest'
import type { Head } from '../../../core/release/head.ts'
import { dayMs } from '../../../core/time.ts'
import { learnPast, slotMs } from '../../../core/watch/past.ts'
import type { Watch } from '../../../core/watch/watch.ts'
import { withPast } from '../../../functions/watching/past.ts'

const endMs = Date.UTC(2026, 5, 15)
const startMs = endMs - 28 * dayMs
const [fromMs, toMs, undoneMs] = [endMs - 3 * dayMs, endMs - 2 * dayMs, endMs - dayMs]
const days = { none: [0, 0], one: [fromMs, toMs], two: [fromMs, undoneMs], open: [fromMs, Infinity] } as const

/** Calm, and from `fromMs` on every third request fails. */
const slots = Array.from({ length: (28 * dayMs) / slotMs }, (_, index) => {
  const atMs = startMs + index * slotMs
  return { atMs, invocations: 1000, bad: atMs >= fromMs ? 333 : 1 }
})
const learnt = ([from, to]: readonly [number, number]) =>
  learnPast(slots.filter(({ atMs }) => atMs + slotMs <= from || atMs >= to || from === to))

const points = (of: 'invocations' | 'bad') => ({
  kind: 'points' as const,
  points: slots.map((slot) => ({ minuteMs: slot.atMs, value: slot[of] })),
})
const head = (changes: Partial<Head>): Head => ({
  ...{ releaseId: 'r1', service: 'checkout', seq: 9, candidate: 'x', source: 'api', phase: 'settled' },
  ...{ requestedAtMs: fromMs, settledAtMs: toMs, versions: { checkout: { stable: '1', candidate: '2' } } },
  ...changes,
})
const { settledAtMs: _, ...live } = head({ phase: 'baking' })
const back = head({ releaseId: 'r2', requestedAtMs: toMs, settledAtMs: undoneMs, outcome: 'promoted', backFrom: 'r1' })

async function pastWith(items: readonly Head[]) {
  const watch = {
    ...{ service: 'checkout', releaseId: 'r9', requestedAtMs: endMs },
    targets: [{ functionName: 'checkout', alias: 'live' }],
  } as unknown as Watch
  const deps = {
    telemetry: { read: () => Promise.resolve([points('invocations'), points('bad')]) },
    history: { list: () => Promise.resolve({ items, unreadable: [] }) },
    journal: { latest: () => Promise.resolve([]) },
    log: () => undefined,
  } as unknown as Parameters<typeof withPast>[0]
  return (await withPast(deps, watch, [{ service: 'checkout', functionName: 'checkout', alias: 'live' }])).targets[0]
    ?.past
}

it.each<readonly [string, keyof typeof days, readonly Head[]]>([
  ['there was none', 'none', []],
  ['it was promoted', 'none', [head({ outcome: 'promoted' })]],
  ['it was promoted without a function, which had failed', 'one', [head({ outcome: 'promoted', putBack: ['pay'] })]],
  ['it went back', 'one', [head({ outcome: 'rolledBack' })]],
  ['it was called off', 'one', [head({ outcome: 'aborted' })]],
  ['it was promoted, and undone later', 'two', [back, head({ outcome: 'promoted' })]],
  ['it has not ended', 'open', [live]],
  ['it moved nothing', 'none', [head({ outcome: 'rejected' })]],
  ['it was there already', 'none', [head({ outcome: 'alreadyReleased' })]],
])('of a release: %s; what is left out of the past: %s', async (_, gone, heads) => {
  const past = learnt(days[gone])
  expect(past).toBeDefined()
  expect(await pastWith(heads)).toEqual(past)
  // The test tells the cases apart.
  const others = Object.values(days).filter((one) => one !== days[gone])
  for (const other of others) expect(learnt(other)).not.toEqual(past)
})
