// The sweep with thousands of open releases: it stops in time, says what it has left, and comes to every release within a known
// number of minutes, whichever of them are slow or damaged.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { areAll, repeats } from '../../repeats.ts'
import { padded } from '../../memory/stores/table.ts'
import { logOf } from '../../memory/stores/journal.ts'
import { isSettled } from '../../../core/release/release.ts'
import { timeoutSeconds } from '../../../functions/rules.ts'
import { fromElsewhere } from '../../../functions/sweep/found.ts'
import { sweepSeconds } from '../../../functions/sweep/timing.ts'
import { requested } from '../../contract/samples.ts'
import { service } from '../../core/sample.ts'
import { type Flood, openFlood } from './machine.ts'

const minute = 60_000
const idOf = (number: number): string => `s${String(number).padStart(5, '0')}-1`

/** So many services, each with a live release whose execution is dead or alive. */
async function living(count: number, isDead: (number: number) => boolean = () => false): Promise<Flood> {
  const flood = await openFlood()
  const atMs = flood.nowMs()
  const definition = service({ signals: {} })
  for (let number = 0; number < count; number++) {
    const releaseId = idOf(number)
    const name = releaseId.slice(0, -2)
    const first = { ...requested(releaseId, atMs, name), service: { ...definition, name } }
    await flood.deps.openReleases.add({ releaseId, service: name, requestedAtMs: atMs, requested: first })
    const execution = await flood.deps.executions.start(releaseId, { releaseId })
    if (isDead(number)) flood.stop(execution)
    const link = await flood.deps.journal.append(releaseId, first)
    await flood.deps.journal.append(releaseId, { v: 1, seq: 2, type: 'carried', atMs, execution }, link)
    await flood.deps.leases.take(name, releaseId)
  }
  return flood
}

/** The releases whose logs were read by a sweep, its calls, and how long it took. */
async function swept(flood: Flood, msOf: (method: string, releaseId: string) => number) {
  const seen = new Set<string>()
  let calls = 0
  flood.cloud.faults.observe(({ method, args }) => {
    const [releaseId = ''] = args as readonly string[]
    calls += 1
    if (method === 'journal.read') seen.add(releaseId)
    flood.pass(msOf(method, releaseId))
    return undefined
  })
  const beganMs = flood.nowMs()
  const result = await flood.sweep({ sweep: true })
  const ms = flood.nowMs() - beganMs
  flood.setNow((Math.floor(beganMs / minute) + 1) * minute)
  return { seen, calls, ms, ...result }
}

const left = (flood: Flood) => flood.measured.filter(({ name }) => name === 'SweepLeft')

// Ten thousand take as long as two thousand whose calls take five times as long: a round is not enough for them.
const many = areAll ? ([10_000, 1, 2] as const) : ([2000, 5, 2] as const)

it.each([[2000, 1, 1] as const, many])(
  'comes to each of %d live releases, whose calls take %d times as long, in time, and is silent when none is left',
  async (count, slowness, wanted) => {
    const flood = await living(count)
    const covered = new Set<string>()
    let rounds = 0
    // Twenty at a time, 20 ms each.
    while (covered.size < count) {
      const { seen, ms, troubles } = await swept(flood, (method) => slowness * (method.startsWith('journal') ? 3 : 1))
      for (const id of seen) covered.add(id)
      rounds += 1
      expect(ms).toBeLessThan((sweepSeconds + 5) * 1000)
      expect(troubles).toEqual([])
      expect(left(flood).length > 0).toBe(covered.size < count || rounds > 1)
      if (rounds > 30) throw new Error(`${covered.size} of ${count} after ${rounds} rounds`)
    }
    expect(rounds).toBe(wanted)
  },
)

it('comes to all the others while the first five hundred hang, and damaged ones are told of', async () => {
  const hangs = (id: string): boolean => id < idOf(500)
  const flood = await living(2000, (number) => number === 1999)
  for (let number = 500; number < 520; number++) flood.cloud.inspect.corrupt(logOf(idOf(number)), padded(1), '{"v":1')
  const covered = new Set<string>()
  const troubles: string[] = []
  let rounds = 0
  for (; covered.size < 1500 && rounds < 60; rounds++) {
    // No answer for 25 seconds, of which 20 pass at the same time.
    const found = await swept(flood, (method, id) => (method === 'journal.read' && hangs(id) ? 1250 : 1))
    for (const id of found.seen) if (!hangs(id)) covered.add(id)
    troubles.push(...found.troubles)
    expect(found.ms).toBeLessThan(timeoutSeconds('reconcile') * 1000)
  }
  expect(covered.size).toBe(1500)
  // Each round gets past 24 of them: whatever the order, they take 21.
  expect(rounds).toBeLessThanOrEqual(21)
  expect(left(flood).length).toBeGreaterThan(0)
  // By its entry, a release without a log is ended; nothing of it had moved.
  expect(troubles).toEqual([])
  expect(await flood.deps.openReleases.get({ service: 's00500', releaseId: idOf(500) })).toBeUndefined()
  // Of those that were come to, the one whose execution was dead has another one.
  expect(flood.deps.inspect.executions.size).toBe(2001)
})

it('begins so far from where it began before that every part of the list has its turn', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3000 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 0, max: 40_000_000 }),
      (length, parts, fromMinute) => {
        const list = Array.from({ length }, (_, index) => index)
        const reach = Math.ceil(length / parts)
        const covered = new Set<number>()
        // 2.62 is the square of the golden ratio.
        const rounds = Math.ceil(2.62 * parts) + 1
        for (let round = 0; round < rounds; round++)
          for (const one of fromElsewhere((fromMinute + round) * minute, list).slice(0, reach)) covered.add(one)
        expect(covered.size).toBe(length)
      },
    ),
    { seed: 17, numRuns: repeats(300, 100) },
  )
})

it('takes no call for those that only wait, but for a share of them, and gives those of older code their place', async () => {
  const flood = await openFlood({ waitingMost: 1000 })
  for (let number = 0; number < 1000; number++) {
    flood.pass(1)
    await flood.ask(`w${number}`)
  }
  await flood.run()
  await flood.deps.queues.remove('checkout', (await flood.queue())[0]!)
  const calls = []
  const covered = new Set<string>()
  for (let round = 0; round < 6; round++) {
    const found = await swept(flood, () => 0)
    calls.push(found.calls)
    for (const id of found.seen) covered.add(id)
  }
  expect(covered.size).toBe(1000)
  // Two reads and a question for each of two hundred, and a few for all of them together.
  expect(Math.max(...calls)).toBeLessThanOrEqual(3 * 200 + 20)
  expect(await flood.queue()).toHaveLength(999)
  expect((await flood.queue())[0]?.releaseId).toBe(flood.idOf('w1'))
})

it('the status of an execution is about its release alone', async () => {
  const flood = await openFlood({ waitingMost: 1000 })
  for (let number = 0; number <= 300; number++) await flood.ask(`w${number}`)
  await flood.run()
  const [live = ''] = [...flood.deps.inspect.executions.keys()]
  flood.stop(live)
  const status = (executionArn: string) =>
    flood.sweep({
      source: 'aws.states',
      ...flood.deps.home,
      detail: { executionArn, status: 'ABORTED' },
    })
  const dead = await flood.counted(() => status(live))
  expect(dead).toBeLessThanOrEqual(25)
  await flood.run()
  // Nothing of it had moved, so a successor goes on with it.
  expect((await flood.release(flood.idOf('w0')))?.executions).toEqual([live, `${live}-2`])
  await flood.order('abort', { releaseId: flood.idOf('w0') })
  await flood.run()
  expect(isSettled((await flood.release(flood.idOf('w0')))!)).toBe(true)
  // It has settled, and so nothing is left to do.
  expect(await flood.counted(() => status(`${live}-2`))).toBeLessThanOrEqual(4)
})
