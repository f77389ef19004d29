// What a release holds ends with it, whatever arrives late: a second `admit`, a gate, a slow `prepare`. Each trace is in the
// order in which it happened; the other calls happen just before the late call's own write.
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { memoryCloud } from '../memory/memory.ts'
import { only } from '../../core/service/routing.ts'
import { parseDefinition } from '../../core/service/definition.ts'
import { accept } from '../../functions/steps/accept.ts'
import { admitHandler } from '../../functions/tasks/admit.ts'
import { gateHandler } from '../../functions/tasks/gate.ts'
import { load } from '../../functions/steps/log.ts'
import { pauseHandler } from '../../functions/orders/pause.ts'
import { prepareHandler } from '../../functions/tasks/prepare.ts'
import { promoteHandler } from '../../functions/orders/promote.ts'
import { reconcileHandler } from '../../functions/listeners/reconcile.ts'
import { settle } from '../../functions/tasks/settle.ts'
import { orderRollbackHandler } from '../../functions/orders/order-rollback.ts'
import { expectProblem } from '../contract/samples.ts'

const noonMs = Date.UTC(2026, 10, 24, 12)
const target = { functionName: 'orders-api', alias: 'live' }

async function open({ gates = {} }: { readonly gates?: object } = {}) {
  let nowMs = noonMs
  const logged: Readonly<Record<string, unknown>>[] = []
  const cloud = memoryCloud({ clock: { nowMs: () => nowMs } })
  const deps = {
    ...cloud,
    digest: (text: string) => createHash('sha256').update(text).digest('hex'),
    log: (line: Readonly<Record<string, unknown>>) => void logged.push(line),
    emit: () => undefined,
    trouble: () => undefined,
  }
  for (const version of ['1', '2', '3']) cloud.inspect.setVersion('orders-api', version)
  cloud.inspect.moveByHand(target, only('1'))
  cloud.inspect.setAlarm({ name: 'orders errors', state: 'ok' })
  await deps.services.put(
    parseDefinition({
      name: 'orders',
      targets: [{ function: 'orders-api', alias: 'live' }],
      plan: { steps: [{ weight: 10, bake: '5m' }] },
      signals: { alarms: ['orders errors'] },
      gates,
    }),
  )
  const ask = async (version: string): Promise<string> => {
    const request = {
      key: `call/${version}`,
      candidate: { kind: 'versions' as const, versions: { 'orders-api': version } },
    }
    const [id = ''] = await accept(deps, { service: 'orders', ...request, provenance: { source: 'api' } })
    return id
  }
  const admit = (id: string, world = deps) =>
    admitHandler(world)({ input: { releaseId: id }, execution: `arn:${id}`, machine: 2 })
  const task = (id: string) => ({ releaseId: id, execution: `arn:${id}`, machine: 2 })
  const end = async (id: string): Promise<void> => {
    await orderRollbackHandler(deps)({ verb: 'abort', releaseId: id, by: 'ann', reason: 'no longer wanted' })
    await settle(deps, id)
  }
  const sweep = () => reconcileHandler(deps)({ sweep: true })
  const at = (ms: number): void => void (nowMs = ms)
  return { deps, cloud, ask, admit, task, end, sweep, at, logged }
}
type Opened = Awaited<ReturnType<typeof open>>

/** Leases whose next `take` of `name` happens after `before`. */
function latecomer({ deps }: Opened, before: () => Promise<unknown>, name = 'orders'): Opened['deps'] {
  let due = true
  const take: Opened['deps']['leases']['take'] = async (wanted, id) => {
    if (due && wanted === name) {
      due = false
      await before()
    }
    return deps.leases.take(wanted, id)
  }
  return { ...deps, leases: { ...deps.leases, take } }
}

/** Leaves the service's lease with a release that has settled. */
async function leak(sandbox: Opened): Promise<string> {
  const id = await sandbox.ask('2')
  const late = latecomer(sandbox, async () => {
    await sandbox.admit(id)
    await sandbox.end(id)
  })
  let isDead = false
  const leases: Opened['deps']['leases'] = {
    ...late.leases,
    take: (...wanted) => late.leases.take(...wanted).finally(() => (isDead = true)),
  }
  const journal: Opened['deps']['journal'] = {
    ...late.journal,
    read: (read) => (isDead ? Promise.reject(new Error('the function was killed')) : late.journal.read(read)),
  }
  await expect(sandbox.admit(id, { ...late, leases, journal })).rejects.toThrow('killed')
  expect(await sandbox.deps.leases.holder('orders')).toBe(id)
  expect((await load(sandbox.deps, id)).release.state.phase).toBe('settled')
  return id
}

it('an admit that continues after its release has settled leaves no lease behind', async () => {
  const sandbox = await open()
  const id = await sandbox.ask('2')
  const late = latecomer(sandbox, async () => {
    await sandbox.admit(id)
    await sandbox.end(id)
  })
  expect(await sandbox.admit(id, late)).toMatchObject({ next: 'settle' })
  expect(await sandbox.deps.leases.holder('orders')).toBeUndefined()
  sandbox.at(noonMs + 60_000)
  expect(await sandbox.admit(await sandbox.ask('3'))).toMatchObject({ next: 'gate' })
})

it('an admit that runs twice keeps the lease while its release is live', async () => {
  const sandbox = await open()
  const id = await sandbox.ask('2')
  await sandbox.admit(
    id,
    latecomer(sandbox, () => sandbox.admit(id)),
  )
  expect(await sandbox.deps.leases.holder('orders')).toBe(id)
})

it('a lease that a dead call left to a settled release blocks no new release', async () => {
  const sandbox = await open()
  await leak(sandbox)
  sandbox.at(noonMs + 60_000)
  const next = await sandbox.ask('3')
  expect(await sandbox.admit(next)).toMatchObject({ next: 'gate' })
  expect(await sandbox.deps.leases.holder('orders')).toBe(next)
})

it('nor does an order mistake it for a live release', async () => {
  const sandbox = await open()
  await leak(sandbox)
  const order = { service: 'orders', by: 'ann', reason: 'why not' }
  await expectProblem('no_live_release', pauseHandler(sandbox.deps)({ verb: 'pause', ...order }))
  await expectProblem('no_live_release', promoteHandler(sandbox.deps)(order))
  await expectProblem('no_live_release', orderRollbackHandler(sandbox.deps)({ verb: 'abort', ...order }))
  await expectProblem('nothing_to_return_to', orderRollbackHandler(sandbox.deps)({ verb: 'rollBack', ...order }))
})

it('the sweep drops it, and a lease whose log is gone, and keeps those of live releases', async () => {
  const sandbox = await open()
  await leak(sandbox)
  await sandbox.deps.leases.take('billing', 'billing-0123456789')
  expect(await sandbox.sweep()).toEqual({ finished: [], troubles: [] })
  expect((await sandbox.deps.leases.list()).items).toEqual([])
  const id = await sandbox.ask('3')
  await sandbox.deps.executions.start(id, { releaseId: id })
  await sandbox.admit(id)
  await sandbox.sweep()
  expect(await sandbox.deps.leases.holder('orders')).toBe(id)
})

it('a rollback right after a promotion undoes it, even before its head is in the history', async () => {
  const sandbox = await open()
  const id = await sandbox.ask('2')
  await sandbox.admit(id)
  const { release } = await load(sandbox.deps, id)
  const events = [
    { type: 'refused', outcome: 'alreadyReleased', code: 'alreadyReleased', because: 'it has all traffic' },
    { type: 'settled' },
  ] as const
  for (const [index, event] of events.entries())
    await sandbox.deps.journal.append(id, { v: 1, seq: release.seq + 1 + index, atMs: noonMs, ...event })
  const order = { verb: 'rollBack', service: 'orders', by: 'ann', reason: 'it is bad' }
  await expectProblem('nothing_to_return_to', orderRollbackHandler(sandbox.deps)(order))
  expect((await sandbox.deps.history.list('orders', 1)).items[0]?.releaseId).toBe(id)
})

it('a live release that is missing from the open ones is added again', async () => {
  const sandbox = await open()
  const id = await sandbox.ask('2')
  await sandbox.admit(id)
  const [entry] = (await sandbox.deps.openReleases.list()).items
  await sandbox.deps.openReleases.remove({ service: 'orders', releaseId: id })
  await sandbox.sweep()
  expect((await sandbox.deps.openReleases.list()).items).toEqual([entry])
})

it('a place that a gate takes after its release has settled is released, and one that stays is given to the next', async () => {
  const sandbox = await open({ gates: { concurrency: { group: 'night', max: 1 } } })
  const id = await sandbox.ask('2')
  await sandbox.admit(id)
  await gateHandler(latecomer(sandbox, () => sandbox.end(id), '#night/1'))(sandbox.task(id))
  expect((await sandbox.deps.leases.list()).items).toEqual([])
  await sandbox.deps.leases.take('#night/1', id)
  sandbox.at(noonMs + 60_000)
  const next = await sandbox.ask('3')
  await sandbox.admit(next)
  expect(await gateHandler(sandbox.deps)(sandbox.task(next))).toMatchObject({ next: 'prepare' })
  expect(await sandbox.deps.leases.holder('#night/1')).toBe(next)
})

async function preparing(sandbox: Opened): Promise<string> {
  const id = await sandbox.ask('2')
  await sandbox.admit(id)
  expect(await gateHandler(sandbox.deps)(sandbox.task(id))).toMatchObject({ next: 'prepare' })
  return id
}

it('a slow prepare writes no alias once its release has ended', async () => {
  const sandbox = await open()
  const id = await preparing(sandbox)
  const versions: Opened['deps']['versions'] = {
    ...sandbox.deps.versions,
    describe: async (...asked) => {
      if ((await load(sandbox.deps, id)).release.state.phase === 'preparing') await sandbox.end(id)
      return sandbox.deps.versions.describe(...asked)
    },
  }
  const before = sandbox.cloud.inspect.aliasWrites.length
  expect(await prepareHandler({ ...sandbox.deps, versions })(sandbox.task(id))).toMatchObject({ next: 'settle' })
  expect(sandbox.cloud.inspect.aliasWrites).toHaveLength(before)
  expect(await sandbox.deps.alarmWatch.releases('orders errors')).toEqual([])
})

it('a slow prepare leaves no alarm watch; one that dies meanwhile leaves one until the next day', async () => {
  const sandbox = await open()
  const id = await preparing(sandbox)
  const alarmWatch: Opened['deps']['alarmWatch'] = {
    ...sandbox.deps.alarmWatch,
    add: async (...watch) => {
      await sandbox.end(id)
      await sandbox.deps.alarmWatch.add(...watch)
    },
  }
  await prepareHandler({ ...sandbox.deps, alarmWatch })(sandbox.task(id))
  expect(await sandbox.deps.alarmWatch.releases('orders errors')).toEqual([])
  await sandbox.deps.alarmWatch.add('orders errors', id)
  await sandbox.sweep()
  expect(await sandbox.deps.alarmWatch.releases('orders errors')).toEqual([id])
  sandbox.at(Date.UTC(2026, 10, 25, 0, 0, 30))
  await sandbox.sweep()
  expect(await sandbox.deps.alarmWatch.releases('orders errors')).toEqual([])
})
