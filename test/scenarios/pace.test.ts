// Many releases at the same moment: Lambda's control plane accepts 15 calls a second (docs/aws.md §1.4), and gets no more.
import { afterEach, expect, it } from 'vitest'
import { type Sandbox, minute, openSandbox, startMs } from '../../local/sandbox.ts'
import { parseDefinition } from '../../core/service/definition.ts'

let sandbox: Sandbox
const calls: number[] = []
afterEach(() => sandbox.close())

const control = (operation: string): boolean => !['Invoke', 'CreateFunction', 'CreateAlias'].includes(operation)

async function openMany(count: number, gates: object = {}): Promise<void> {
  let nowMs = (): number => 0
  sandbox = await openSandbox({
    perMinute: 1,
    onRequest: ({ service, operation, phase, caller }) => {
      const isOurs = caller.arn.includes('assumed-role/tidegate')
      if (service === 'lambda' && phase === 'before' && isOurs && control(operation)) calls.push(nowMs())
    },
  })
  nowMs = () => sandbox.clock.nowMs()
  for (let index = 0; index < count; index++) {
    const name = `service-${index}`
    await sandbox.addFunction(name)
    const plan = index % 2 === 0 ? 'AllAtOnce' : { steps: [{ weight: 10, bake: '2m' }] }
    await sandbox.world.services.put(
      parseDefinition({ name, targets: [{ function: name, alias: 'live' }], plan, gates }),
    )
  }
}

/** The most calls in any second. */
function busiest(): number {
  let most = 0
  for (const [index, atMs] of calls.entries()) {
    let end = index
    while (end < calls.length && (calls[end] ?? 0) < atMs + 1000) end++
    most = Math.max(most, end - index)
  }
  return most
}

it('40 simultaneous releases begin one after the other, are all looked at every minute, and stay below the quota', async () => {
  await openMany(40)
  calls.length = 0
  const ask = (index: number) => sandbox.ask('start', { service: `service-${index}`, version: '2' })
  await Promise.all(Array.from({ length: 40 }, (_, index) => ask(index)))
  await sandbox.clock.settle()
  await sandbox.clock.advanceTo(sandbox.clock.nowMs() + 5 * minute)
  expect(calls.length).toBeGreaterThan(40 * 6)
  expect(busiest()).toBeLessThanOrEqual(15)
  const open = (await sandbox.world.openReleases.list()).items
  // Those without a bake are promoted; the others have a tenth, and wait for traffic that does not come.
  expect(open).toHaveLength(20)
  for (const { releaseId } of open) expect((await sandbox.release(releaseId)).state.phase).toBe('baking')
  const [first] = (await sandbox.world.history.list('service-0', 1)).items
  expect(first?.outcome).toBe('promoted')
})

it('releases that a window opens for at the same moment begin one after the other, too', async () => {
  const opensMs = startMs + 15 * minute
  const windows = [{ from: new Date(opensMs).toISOString(), to: new Date(opensMs + 400 * minute).toISOString() }]
  await openMany(20, { windows })
  calls.length = 0
  for (let index = 0; index < 20; index++) await sandbox.ask('start', { service: `service-${index}`, version: '2' })
  await sandbox.clock.advanceTo(opensMs - 1)
  expect(calls).toEqual([])
  await sandbox.clock.advanceTo(opensMs + 3 * minute)
  expect(calls.length).toBeGreaterThanOrEqual(20 * 6)
  expect(busiest()).toBeLessThanOrEqual(15)
  const open = (await sandbox.world.openReleases.list()).items
  for (const { releaseId } of open) expect((await sandbox.release(releaseId)).held).toBeUndefined()
})

it('the way back is not paced: it begins in the second of the order', async () => {
  await openMany(20)
  for (let index = 1; index < 20; index += 2) await sandbox.ask('start', { service: `service-${index}`, version: '2' })
  await sandbox.minutes(3)
  const before = sandbox.clock.nowMs()
  const stop = (index: number) =>
    sandbox.ask('orderRollback', { verb: 'rollBack', service: `service-${index}`, by: 'ann', reason: 'all of them' })
  await Promise.all(Array.from({ length: 10 }, (_, index) => stop(2 * index + 1)))
  await sandbox.clock.settle()
  expect(sandbox.clock.nowMs()).toBe(before)
  for (let index = 1; index < 20; index += 2)
    expect(await sandbox.alias(`service-${index}`)).toMatchObject({ version: '1', weights: {} })
})
