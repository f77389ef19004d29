// Many releases that wait for one service: the cost of another one does not depend on how many wait.
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { memoryCloud } from '../memory/memory.ts'
import { accept } from '../../functions/steps/accept.ts'
import { admitHandler } from '../../functions/tasks/admit.ts'
import { bakeHandler } from '../../functions/tasks/bake.ts'
import { load } from '../../functions/steps/log.ts'
import { reconcileHandler } from '../../functions/listeners/reconcile.ts'
import { settle } from '../../functions/tasks/settle.ts'
import { orderRollbackHandler } from '../../functions/orders/order-rollback.ts'
import { service, t0 } from '../core/sample.ts'

async function open() {
  let nowMs = t0
  let calls = 0
  const cloud = memoryCloud({ clock: { nowMs: () => nowMs } })
  cloud.faults.observe(() => {
    calls++
    return undefined
  })
  const deps = {
    ...cloud,
    digest: (text: string) => createHash('sha256').update(text).digest('hex'),
    log: () => undefined,
    trouble: () => undefined,
  }
  await deps.services.put(service({ policy: { waitingMost: 1000 } }))
  const task = (releaseId: string) => ({ releaseId, execution: `arn:${releaseId}`, machine: 2 })
  /** Requests a release and admits it, or makes it wait. @returns the number of calls that took */
  const arrive = async (version: string, urgent = false): Promise<{ readonly id: string; readonly calls: number }> => {
    nowMs += 5000
    calls = 0
    const candidate = { kind: 'versions' as const, versions: { checkout: version } }
    const wish = { service: 'checkout', key: `call/${version}`, candidate, provenance: { source: 'api' as const } }
    const [id = ''] = await accept(deps, urgent ? { ...wish, urgent: true } : wish)
    const { next } = await admitHandler(deps)({ input: { releaseId: id }, execution: `arn:${id}`, machine: 2 })
    if (next === 'queue') await bakeHandler(deps)({ ...task(id), token: deps.inspect.openTask() })
    return { id, calls }
  }
  const counted = async (work: () => Promise<unknown>): Promise<number> => {
    calls = 0
    await work()
    return calls
  }
  return { deps, arrive, counted, at: (ms: number): void => void (nowMs = ms) }
}

it('the 200th waiting release takes as many calls as the 2nd, and so does the end of the live one', async () => {
  const { deps, arrive, counted } = await open()
  const live = await arrive('1')
  const second = await arrive('2')
  for (let version = 3; version <= 200; version++) await arrive(String(version))
  const last = await arrive('201')
  expect(last.calls).toBe(second.calls)
  expect(last.calls).toBeLessThanOrEqual(16)
  await orderRollbackHandler(deps)({ verb: 'abort', releaseId: live.id, by: 'ann', reason: 'no' })
  const before = deps.inspect.answers.length
  expect(await counted(() => settle(deps, live.id))).toBeLessThanOrEqual(16)
  // Only the oldest is woken, and it is the next one.
  expect(deps.inspect.answers.length - before).toBe(1)
  await admitHandler(deps)({ input: { releaseId: second.id }, execution: `arn:${second.id}`, machine: 2 })
  expect((await load(deps, second.id)).release.admittedAtMs).toBeDefined()
  expect(await deps.leases.holder('checkout')).toBe(second.id)
})

it('a security fix replaces 20 waiting releases with a few calls for each, and begins without a turn', async () => {
  const { deps, arrive } = await open()
  const live = await arrive('1')
  for (let version = 2; version <= 21; version++) await arrive(String(version))
  const fix = await arrive('22', true)
  expect(fix.calls).toBeLessThanOrEqual(16 + 21 * 8)
  await settle(deps, live.id)
  const again = await admitHandler(deps)({ input: { releaseId: fix.id }, execution: `arn:${fix.id}`, machine: 2 })
  expect(again.next).toBe('gate')
  expect(await deps.leases.holder('checkout')).toBe(fix.id)
})

it('a sweep of 600 open releases asks Step Functions 200 times a minute, and covers each of them in three minutes', async () => {
  const { deps, arrive, at } = await open()
  const world = { ...deps, trouble: () => undefined, emit: () => undefined }
  await arrive('1')
  for (let version = 2; version <= 600; version++) await arrive(String(version))
  const asked: string[] = []
  const executions = {
    ...deps.executions,
    status: (execution: string) => {
      asked.push(execution)
      return Promise.resolve('running' as const)
    },
  }
  const sweep = reconcileHandler({ ...world, executions })
  const counts: number[] = []
  for (let minute = 0; minute < 3; minute++) {
    at(t0 + 3_600_000 + minute * 60_000)
    const before = asked.length
    await sweep({ sweep: true })
    counts.push(asked.length - before)
  }
  for (const count of counts) expect(count).toBeLessThanOrEqual(203)
  expect(new Set(asked).size).toBe(600)
})
