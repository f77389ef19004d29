// A one-way step from its definition to its two ends: passed and promoted, or frozen after it, the line stopped, a person paged,
// and a forward fix that takes the place of the frozen release. Nothing that anybody does brings the version before back.
import { StopExecutionCommand } from '@aws-sdk/client-sfn'
import { afterEach, describe, expect, it } from 'vitest'
import { sampleService } from '../../../local/sample-service.ts'
import type { LocalHandler } from '../../../cloud/local/dispatch.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { usesItsRights } from '../../lib/used-rights.ts'
import { authorize } from '../least-privilege.ts'
import { setAlarm } from './firing.ts'

usesItsRights()

const reason = 'the old column is dropped'
const plan = {
  steps: [
    { weight: 10, bake: '3m' },
    { weight: 50, bake: '5m', oneWay: { reason } },
  ],
}
const signals = { alarms: ['checkout-errors'], errors: { minimumSamples: 20 }, latency: 'off' }
let sandbox: Sandbox
const opened = async (changes: Readonly<Record<string, unknown>> = {}) => {
  sandbox = await openSandbox({ authorize, sweepMinutes: 5, perMinute: 120, through: sleeping })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [], plan, signals, ...changes }))
}
afterEach(() => {
  isAsleep = false
  sandbox.close()
})

/** Version 1 of the function, as Lambda shows a version that it has put to sleep. */
let isAsleep = false
const sleeping =
  (handler: LocalHandler): LocalHandler =>
  async (request) => {
    const answer = await handler(request)
    if (!isAsleep || !request.path.endsWith('/configuration') || request.query.get('Qualifier') !== '1') return answer
    const body = JSON.parse(Buffer.from(answer.body).toString()) as object
    return { ...answer, body: JSON.stringify({ ...body, State: 'Inactive', StateReasonCode: 'Idle' }) }
  }

const begin = async (code = 'v2', call: Readonly<Record<string, unknown>> = {}): Promise<string> =>
  sandbox.start({ version: await sandbox.publish(code), requestId: `r-${code}`, ...call })
const approve = () => sandbox.ask('approve', { service: 'checkout', by: 'ben', before: 50 })
const types = async (id: string) => (await sandbox.events(id)).map(({ type }) => type)
const fire = async (value: 'ALARM' | 'OK') => {
  await setAlarm(sandbox, value)
  await sandbox.clock.settle()
}
/** A release with 50 % of the traffic, past its one-way step. */
async function past(): Promise<string> {
  const id = await begin()
  await sandbox.minutes(8)
  expect((await sandbox.release(id)).held?.because).toMatch(/^0 of 1 approvals before 50 %/)
  await approve()
  await sandbox.clock.settle()
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: { '2': 0.5 } })
  return id
}
async function frozen(): Promise<string> {
  const id = await past()
  await fire('ALARM')
  expect(await sandbox.release(id)).toMatchObject({
    frozen: { kind: 'oneWay', by: 'alarm checkout-errors', told: true },
  })
  return id
}
/** A forward fix is approved as every release is. */
async function startFix(id: string, code: string): Promise<string> {
  const fix = await begin(code, { fixes: id, requestId: 'fix' })
  await sandbox.clock.settle()
  await stays()
  await approve()
  await sandbox.clock.settle()
  return fix
}
const news = (type: string) =>
  sandbox.cloud.events.recorded().flatMap((event) => (event['detail-type'] === type ? [event.detail] : []))
const stays = async () => expect(await sandbox.alias()).toMatchObject({ version: '1', weights: { '2': 0.5 } })
const refused = { name: 'Tidegate.one_way_passed', message: expect.stringContaining(reason) as string }

describe('a one-way step', () => {
  it('is passed once a person says yes and the way back is proven, and the release is promoted', async () => {
    await opened()
    const id = await past()
    const log = await types(id)
    const passed = log.indexOf('oneWayPassed')
    expect(log.slice(passed - 1, passed + 3)).toEqual(['gated', 'oneWayPassed', 'moveIntended', 'moved'])
    expect(await sandbox.world.returns.get(id)).toMatchObject({ oneWay: { reason, isPassed: true } })
    expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
    expect((await sandbox.world.history.list('checkout', 1)).items[0]).toMatchObject({ oneWay: { reason } })
    for (const to of [undefined, '1'])
      await expect(
        sandbox.orderAs('ann')('roll-back', 'checkout', { reason: 'orders drop', ...(to && { to }) }),
      ).rejects.toMatchObject(refused)
    const old = await sandbox.start({ version: '1', requestId: 'old' })
    expect((await sandbox.finish(old)).ending).toMatchObject({ outcome: 'rejected', code: 'one_way_passed' })
    expect(await sandbox.alias()).toMatchObject({ version: '2', weights: {} })
  })

  it('is not passed while the way back cannot be proven', async () => {
    await opened()
    const id = await begin()
    await sandbox.minutes(8)
    isAsleep = true
    await approve()
    await sandbox.minutes(2)
    const { held } = await sandbox.release(id)
    expect(held).toMatchObject({ gates: ['wayBack'] })
    expect(held?.because).toBe(
      'the way back cannot be proven before a one-way step: version 1 of checkout is sleeping, not active',
    )
    expect(await types(id)).not.toContain('oneWayPassed')
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: { '2': 0.1 } })
    isAsleep = false
    expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  })

  it('freezes a fail after it: the line is stopped, a person is paged, and no order goes back', async () => {
    await opened()
    const id = await frozen()
    await stays()
    expect(await sandbox.world.line.stopped('checkout')).toMatchObject({ by: 'tidegate', release: id })
    const [page] = sandbox.pages()
    expect(page?.subject).toBe(`Release ${id} of checkout is frozen at 50 %, past its one-way step.`)
    expect(page?.message).toContain(`--fixes ${id}`)
    const order = sandbox.orderAs('ann')
    await expect(order('roll-back', 'checkout', { reason: 'back' })).rejects.toMatchObject(refused)
    await expect(order('roll-back', 'checkout', { releaseId: id, reason: 'back' })).rejects.toMatchObject(refused)
    await expect(order('roll-back', 'checkout', { to: '1', reason: 'back' })).rejects.toMatchObject({
      name: expect.stringMatching(/one_way_passed|nothing_to_return_to/) as string,
    })
    await expect(order('abort', 'checkout', { reason: 'off' })).rejects.toMatchObject(refused)
    await expect(sandbox.start({ version: '1', fixes: id, requestId: 'old' })).rejects.toMatchObject(refused)
    await sandbox.minutes(60)
    await stays()
    expect((await types(id)).filter((type) => type === 'frozenTold')).toHaveLength(1)
    expect(news('Release Frozen')).toMatchObject([{ kind: 'oneWay', weightPercent: 50, by: 'alarm checkout-errors' }])
    expect(await sandbox.release(id)).toMatchObject({ state: { phase: 'baking' }, frozen: { told: true } })
  })

  it('is fixed forward: the fix takes over the share, is promoted, and the line starts', async () => {
    await opened()
    const id = await frozen()
    const usual = await sandbox.start({ version: await sandbox.publish('v4'), requestId: 'usual' })
    const fix = await startFix(id, 'v2')
    expect((await sandbox.release(id)).ending).toMatchObject({ outcome: 'superseded', by: `release ${fix}` })
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: { '4': 0.5 } })
    expect(await sandbox.release(fix)).toMatchObject({ oneWay: { reason, weightBp: 5000 }, fixes: id })
    await expect(sandbox.orderAs('ann')('roll-back', 'checkout', { reason: 'back' })).rejects.toMatchObject(refused)
    await fire('OK')
    expect((await sandbox.finish(fix)).ending?.outcome).toBe('promoted')
    expect(await sandbox.alias()).toMatchObject({ version: '4', weights: {} })
    expect(await sandbox.world.line.stopped('checkout')).toBeUndefined()
    await sandbox.minutes(2)
    expect((await sandbox.release(usual)).admittedAtMs).toBeDefined()
    expect(news('Release Settled')).toMatchObject([{ frozen: 'taken' }, { outcome: 'promoted', fixed: id }])
    expect(news('Release Settled')[1]).not.toHaveProperty('frozen')
    expect(news('Release Frozen')).toMatchObject([
      { incident: { title: expect.stringContaining('is frozen') as string, priority: 'P1' } },
    ])
  })

  it('counts for its forward fix too: one that fails freezes as well', async () => {
    await opened()
    const first = await frozen()
    await fire('OK')
    const fix = await startFix(first, 'v3')
    await fire('ALARM')
    const release = await sandbox.release(fix)
    expect(release).toMatchObject({ frozen: { kind: 'oneWay' } })
    expect(await sandbox.world.line.stopped('checkout')).toMatchObject({ release: fix })
    await expect(begin('v2d', { fixes: 'checkout-00000000000000000000' })).rejects.toMatchObject({
      name: 'Tidegate.release_missing',
    })
  })

  it('freezes whatever else would send the release back: the sweep after a lost execution, a newer release', async () => {
    await opened({ policy: { whileLive: 'supersede' } })
    const id = await past()
    await sandbox.start({ version: await sandbox.publish('v2b'), requestId: 'newer' })
    await sandbox.clock.settle()
    expect((await sandbox.release(id)).frozen).toBeUndefined()
    const execution = (await sandbox.release(id)).executions.at(-1) ?? ''
    await sandbox.clients.sfn.send(new StopExecutionCommand({ executionArn: execution }))
    await sandbox.minutes(7)
    await stays()
    expect(await sandbox.release(id)).toMatchObject({ frozen: { by: 'sweep', told: true } })
    // A person goes on: the line is stopped for it, and it is the one that passes.
    await sandbox.ask('pause', { verb: 'resume', service: 'checkout', by: 'ann' })
    expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
    expect(news('Release Settled')[0]).toMatchObject({ outcome: 'promoted', frozen: 'over' })
    expect(await sandbox.world.line.stopped('checkout')).toBeUndefined()
  })
})
