// A function reads each event once, and trusts a snapshot only as far as it goes: warm, cold, or from the log alone, a release
// and every verdict about it are the same.
import { hash } from 'node:crypto'
import { expect, it } from 'vitest'
import { replayedRelease } from '../../cli/replay/evidence.ts'
import { chance } from '../../cloud/local/time/chance.ts'
import { memoryCloud } from '../memory/memory.ts'
import { verifyLog } from '../../core/release/chain.ts'
import { only, split } from '../../core/service/routing.ts'
import { readSnapshot, snapshotText } from '../../core/release/snapshot.ts'
import { replayVerdicts } from '../../core/verdict/judge/replayed-verdicts.ts'
import type { ReleaseEvent } from '../../core/release/event.ts'
import { bakeHandler } from '../../functions/tasks/bake.ts'
import { judgeHandler } from '../../functions/tasks/judge.ts'
import { asOf, load, loadWhole, numbered, record } from '../../functions/steps/log.ts'
import type { World } from '../../functions/steps/world.ts'
import { service, t0, target } from '../core/sample.ts'

const minute = 60_000
const id = 'checkout-1'
const input = { releaseId: id, execution: 'by hand' }

/** A release in a bake of a day, with a tenth of the traffic. */
async function open() {
  let nowMs = t0
  const cloud = memoryCloud({ clock: { nowMs: () => nowMs } })
  const random = chance(5, 'minutes')
  const counts = Array.from({ length: 400 }, () => ({
    stable: 900 + Math.floor(random() * 50),
    bad: random() < 0.1 ? 1 : 0,
  }))
  cloud.inspect.answerReadings(({ metric, dimensions }, { startMs, endMs }) => {
    const isCandidate = dimensions['ExecutedVersion'] === '2'
    const points = []
    for (let atMs = startMs; atMs < Math.min(endMs, nowMs); atMs += minute) {
      const { stable = 0, bad = 0 } = counts[(atMs - t0) / minute] ?? {}
      const isSpared = isCandidate && atMs % (9 * minute) !== 0
      const value = metric === 'Invocations' ? (isCandidate ? 100 : stable) : isSpared ? 0 : bad
      points.push({ minuteMs: atMs, value })
    }
    return { kind: 'points', points }
  })
  const reads: { afterSeq: number; items: number }[] = []
  const journal: World['journal'] = {
    ...cloud.journal,
    read: async (releaseId, part) => {
      const found = await cloud.journal.read(releaseId, part)
      reads.push({ afterSeq: part?.afterSeq ?? 0, items: found.events.length })
      return found
    },
  }
  const deps = { ...cloud, journal }
  const signals = { latency: 'off', cost: 'off', throttles: 'off', alarms: [] }
  const plan = { steps: [{ weight: 10, bake: '6h' }] }
  const events: Parameters<typeof numbered>[0][] = [
    {
      type: 'requested',
      atMs: t0,
      releaseId: id,
      key: 'version/checkout:2',
      service: service({ signals, plan }),
      candidate: { kind: 'versions', versions: { checkout: '2' } },
      provenance: { source: 'api' },
    },
    { type: 'admitted', atMs: t0 },
    { type: 'prepared', atMs: t0, targets: [target], alarms: [] },
  ]
  for (const [index, event] of events.entries()) await journal.append(id, numbered(event, index + 1))
  cloud.inspect.setVersion('checkout', '1')
  cloud.inspect.setVersion('checkout', '2')
  cloud.inspect.moveByHand({ functionName: 'checkout', alias: 'live' }, only('1'))
  const write = (event: Parameters<typeof numbered>[0]) => load(deps, id).then((now) => record(deps, now, () => event))
  const { move } = moveOf()
  await write({ type: 'moveIntended', atMs: t0, move })
  await write({ type: 'moved', atMs: t0, purpose: 'shift', revisions: { checkout: 'r1' } })
  cloud.inspect.moveByHand({ functionName: 'checkout', alias: 'live' }, split('1', '2', 1000))
  const at = (ms: number): void => void (nowMs = ms)
  return { deps, cloud, reads, write, at }
}

const moveOf = (): Pick<Extract<ReleaseEvent, { type: 'moveIntended' }>, 'move'> => ({
  move: {
    purpose: 'shift',
    weightBp: 1000,
    targets: [{ functionName: 'checkout', alias: 'live', expected: 'r0', desired: split('1', '2', 1000) }],
  },
})

/** The same log for a function that remembers nothing. */
const cold = <D extends Pick<World, 'journal'>>(deps: D, changes: Partial<World['journal']> = {}): D => ({
  ...deps,
  journal: { ...deps.journal, ...changes },
})

const chainOf = async ({ journal }: Pick<World, 'journal'>) =>
  verifyLog((text) => hash('sha256', text, 'base64url'), id, await journal.items(id))

it('a warm function reads only what is new since its last read, and so does one that only waits', async () => {
  const { deps, reads, at } = await open()
  const [judge, bake] = [judgeHandler(deps), bakeHandler(cold(deps))]
  for (let look = 1; look <= 100; look++) {
    at(t0 + look * minute + 90_000)
    reads.length = 0
    await judge(input)
    await bake({ ...input, token: deps.inspect.openTask() })
    if (look > 1) expect(reads.map(({ items }) => items)).toEqual([0, 1])
  }
})

it('a cold function reads the beginning, a snapshot, and what came after it', async () => {
  const { deps, reads, at } = await open()
  const judge = judgeHandler(deps)
  // The last look stores a snapshot, and nothing comes after it.
  for (let look = 1; look <= 195; look++) {
    at(t0 + look * minute + 90_000)
    await judge(input)
  }
  reads.length = 0
  at(t0 + 196 * minute + 90_000)
  await judgeHandler(cold(deps))(input)
  await bakeHandler(cold(deps))({ ...input, token: deps.inspect.openTask() })
  expect(Math.max(...reads.map(({ items }) => items))).toBeLessThanOrEqual(60)
  expect(reads.reduce((sum, { items }) => sum + items, 0)).toBeLessThan(180)
  expect((await chainOf(deps)).without).toEqual([2, 3])
  // The snapshot does not grow with the log.
  expect((await deps.journal.kept(id))?.length).toBeLessThan(20_000)
})

it('every verdict is the same as from the whole log, with any mix of warm, cold and misled functions', async () => {
  const { deps, at } = await open()
  const random = chance(11, 'who looks')
  const foreign = async (): Promise<string> => snapshotText('other code', await loadWhole(deps, id))
  const elsewhere = async (): Promise<string> =>
    snapshotText('source', {
      ...(await loadWhole(deps, id)),
      release: { ...(await loadWhole(deps, id)).release, id: 'other' },
    })
  const warm = judgeHandler(deps)
  const lookers = [
    () => warm,
    () => judgeHandler(cold(deps)),
    () => judgeHandler(cold(deps, { kept: () => Promise.resolve(undefined) })),
    () => judgeHandler(cold(deps, { kept: () => Promise.resolve('{"by":"source","release":{}}') })),
    () => judgeHandler(cold(deps, { kept: foreign })),
    () => judgeHandler(cold(deps, { kept: elsewhere })),
  ]
  for (let look = 1; look <= 150; look++) {
    at(t0 + look * minute + 90_000)
    await lookers[Math.floor(random() * lookers.length)]?.()(input)
  }
  const { release } = await loadWhole(deps, id)
  const judged = (await deps.journal.read(id)).events.flatMap((one) => (one.type === 'judged' ? [one.verdict] : []))
  expect(judged).toHaveLength(150)
  const { service: policy, recorded } = replayedRelease(release, undefined)
  const again = replayVerdicts(policy, recorded)
  for (const { window, kind, signals } of judged) {
    if (window.endMs <= window.startMs) continue
    const expected = again[(window.endMs - window.startMs) / minute - 1]
    expect(kind).toBe(expected?.kind)
    expect(signals.map(({ numbers }) => numbers)).toEqual(expected?.signals.map(({ numbers }) => numbers))
  }
  // Each event carries the link of the one before, whoever wrote it; `open` gives none.
  const chain = await chainOf(deps)
  expect([chain.broken, chain.fromSeq, chain.without]).toEqual([undefined, 1, [2, 3]])
  // The release is also the same, except for the readings that are no longer needed.
  for (const deps1 of [deps, cold(deps)]) {
    const loaded = await load(deps1, id)
    expect({ ...loaded.release, readings: [] }).toEqual({ ...release, readings: [] })
    expect(release.readings.slice(-loaded.release.readings.length)).toEqual(loaded.release.readings)
  }
})

it('a snapshot that cannot be stored does not fail a look', async () => {
  const { deps, at } = await open()
  const judge = judgeHandler(deps)
  for (let look = 1; look <= 80; look++) {
    at(t0 + look * minute + 90_000)
    deps.faults.next('journal.keep', 'throttle')
    await judge(input)
  }
  expect(await deps.journal.kept(id)).toBeUndefined()
  expect((await load(deps, id)).release.seq).toBe(85)
})

it('an announcer knows the release before the event, or reads the log', async () => {
  const { deps, write } = await open()
  const other = cold(deps)
  await load(other, id)
  const { release } = await write({ type: 'paused', atMs: t0, by: 'ann', reason: 'lunch' })
  expect((await asOf(other, id, release.seq))?.seq).toBe(release.seq - 1)
  expect(await asOf(other, id, release.seq - 1)).toBeUndefined()
  expect(await asOf(cold(deps), id, release.seq)).toBeUndefined()
})

it('a snapshot parses to what was written, and nothing else parses at all', async () => {
  const { deps } = await open()
  const { release, readFromMs } = await loadWhole(deps, id)
  const snapshot = { release, readFromMs, carry: { uptoMs: 5, targets: [], signals: [] } }
  const text = snapshotText('code 1', snapshot)
  expect(readSnapshot('code 1', id, text)).toEqual(snapshot)
  for (const bad of ['', 'null', '[]', '{}', text.slice(0, -1), text.replace('"seq":5', '"seq":"5"')])
    expect(readSnapshot('code 1', id, bad)).toBeUndefined()
  expect(readSnapshot('code 2', id, text)).toBeUndefined()
  expect(readSnapshot('code 1', 'checkout-2', text)).toBeUndefined()
})
