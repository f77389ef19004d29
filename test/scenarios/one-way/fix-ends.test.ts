// Whatever becomes of a forward fix: while it is prepared the frozen release lives on, and if the fix ends before it takes its
// place, that is frozen, holds the lease and is told of again. Nobody is left with a split that no release looks after.
import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { StopExecutionCommand } from '@aws-sdk/client-sfn'
import { afterEach, describe, expect, it } from 'vitest'
import type { RequestInfo } from '../../../cloud/local/protocol/service.ts'
import { logKey } from '../../../core/release/log-key.ts'
import { nowOf } from '../../../core/view/release/now.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { openSandbox, type Sandbox } from '../../../local/sandbox.ts'
import { usesItsRights } from '../../lib/used-rights.ts'
import { authorize } from '../least-privilege.ts'
import { firedAlarm, policyRules, setAlarm } from './firing.ts'

usesItsRights()

const plan = { steps: [{ weight: 50, bake: '5m', oneWay: { reason: 'the column goes', yes: 'policy' } }] }
const signals = { alarms: [firedAlarm], errors: { minimumSamples: 20 }, latency: 'off' }
const approvals = [{ before: 'begin', count: 1 }]

let sandbox: Sandbox
let isDying = false
/** The first write of `settle` is the last thing that it does. */
const onRequest = ({ phase, operation, caller }: RequestInfo): void => {
  if (!isDying || phase !== 'after' || operation !== 'PutItem' || !caller.arn.includes('tidegate-settle')) return
  isDying = false
  throw new Error('the process dies, and hears no answer')
}
afterEach(() => {
  isDying = false
  sandbox.close()
})

/** A release that is frozen at 50 %; what comes after it needs an approval before it begins. */
async function frozen(gates: object = { rules: policyRules, approvals }): Promise<string> {
  sandbox = await openSandbox({ authorize, sweepMinutes: 1, perMinute: 60, onRequest })
  const define = (own: object) =>
    sandbox.world.services.put(sampleService({ slos: [], hooks: [], plan, signals, gates: own }))
  await define({ rules: policyRules })
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.minutes(1)
  await setAlarm(sandbox, 'ALARM')
  await sandbox.clock.settle()
  expect(await sandbox.release(id)).toMatchObject({ frozen: { kind: 'oneWay', told: true } })
  await define(gates)
  return id
}

async function startFix(fixes: string, call: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const version = call['version'] ?? (await sandbox.publish('v4'))
  const fix = await sandbox.start({ version, requestId: 'fix', fixes, ...call })
  await sandbox.clock.settle()
  return fix
}

const holder = () => sandbox.world.leases.holder('checkout')
const stays = async () => expect(await sandbox.alias()).toMatchObject({ version: '1', weights: { '2': 0.5 } })
const told = () => sandbox.pages().filter(({ subject }) => subject?.includes('frozen at 50 %'))

async function isFrozenAgain(id: string, fix: string, why: RegExp): Promise<void> {
  await stays()
  const release = await sandbox.release(id)
  expect(release).toMatchObject({ state: { phase: 'baking' }, frozen: { told: true, unfixed: { by: fix } } })
  expect(release.frozen).not.toHaveProperty('fix')
  expect(await holder()).toBe(id)
  expect(await sandbox.world.line.stopped('checkout')).toMatchObject({ release: id })
  expect(told()).toHaveLength(2)
  expect(told().at(-1)?.message).toMatch(why)
  expect(told().at(-1)?.message).toContain(`--fixes ${id}`)
  const news = sandbox.cloud.events.recorded().filter((event) => event['detail-type'] === 'Release Frozen')
  expect(news).toHaveLength(2)
}

describe('a forward fix that ends before it takes over', () => {
  it('leaves the frozen release live while it waits at its gates, and nobody lets that one go on', async () => {
    const id = await frozen()
    const fix = await startFix(id)
    const { lookedAtMs = 0 } = await sandbox.release(id)
    await sandbox.minutes(2)
    // It is looked at as before.
    const lent = await sandbox.release(id)
    expect(lent).toMatchObject({ state: { phase: 'baking' }, frozen: { fix } })
    expect(lent.lookedAtMs).toBeGreaterThan(lookedAtMs)
    expect(await holder()).toBe(fix)
    const nowMs = sandbox.clock.nowMs()
    expect(nowOf(lent, nowMs).more).toContain(`Its forward fix, release ${fix}, is being prepared.`)
    expect(nowOf(await sandbox.release(fix), nowMs).more).toContain(`Release ${id} stays frozen where it is`)
    const order = sandbox.orderAs('ann')
    for (const [verb, why] of [
      ['resume', {}],
      ['promote', { reason: 'go on' }],
    ] as const)
      await expect(order(verb, 'checkout', { releaseId: id, ...why })).rejects.toMatchObject({
        name: 'Tidegate.verb_not_now',
        message: expect.stringContaining(`its forward fix, release ${fix}`) as string,
      })
    const second = await startFix(id, { version: await sandbox.publish('v2'), requestId: 'second' })
    expect(await sandbox.release(second)).toMatchObject({ state: { phase: 'queued', behind: fix } })
    await sandbox.ask('approve', { service: 'checkout', by: 'ben', answer: 'decline' })
    await sandbox.minutes(1)
    expect((await sandbox.release(fix)).ending).toMatchObject({ outcome: 'rejected' })
    // The second one has its turn now.
    expect(await sandbox.release(id)).toMatchObject({ frozen: { fix: second } })
    expect(await holder()).toBe(second)
    expect(told().at(-1)?.message).toContain(`Release ${fix} of checkout`)
    await sandbox.ask('approve', { service: 'checkout', by: 'ben' })
    await setAlarm(sandbox, 'OK')
    expect((await sandbox.finish(second)).ending?.outcome).toBe('promoted')
    expect((await sandbox.release(id)).ending).toMatchObject({ outcome: 'superseded', by: `release ${second}` })
    await sandbox.minutes(2)
    expect(await sandbox.world.line.stopped('checkout')).toBeUndefined()
    expect((await sandbox.world.openReleases.list()).items).toEqual([])
  })

  it.each([
    ['a gate says no', () => sandbox.ask('approve', { service: 'checkout', by: 'ben', answer: 'decline' })],
    ['a person stops it', () => sandbox.orderAs('ann')('abort', 'checkout', { reason: 'not that one' })],
    [
      'its end is not told by who should',
      async () => {
        isDying = true
        await sandbox.orderAs('ann')('abort', 'checkout', { reason: 'not that one' })
      },
    ],
  ])('is frozen again when %s', async (_, end) => {
    const id = await frozen()
    const fix = await startFix(id)
    await end()
    await sandbox.minutes(2)
    await isFrozenAgain(id, fix, new RegExp(`came to nothing: Release ${fix} of checkout was (rejected|aborted)`))
  })

  it('is frozen again when the checks refuse it', async () => {
    const id = await frozen({ rules: policyRules })
    const fix = await startFix(id, { version: '99' })
    await sandbox.minutes(1)
    await isFrozenAgain(id, fix, /came to nothing: .* There is no checkout:99/)
  })

  it('is frozen again when the log of the fix is lost', async () => {
    const id = await frozen()
    const fix = await startFix(id)
    const { pk, sk } = logKey(fix, (await sandbox.release(fix)).seq + 1)
    const Item = { pk: { S: pk }, sk: { S: sk }, body: { S: 'not JSON' } }
    await sandbox.clients.dynamodb.send(new PutItemCommand({ TableName: 'tidegate', Item }))
    await sandbox.minutes(3)
    await isFrozenAgain(id, fix, /its log|The log of release/)
  })
})

describe('a forward fix that has taken over', () => {
  it('freezes when its execution is lost, as the release before it did', async () => {
    const id = await frozen({ rules: policyRules, approvals: [{ before: 50, count: 1 }] })
    const fix = await startFix(id)
    expect((await sandbox.release(id)).ending).toMatchObject({ outcome: 'superseded' })
    const executionArn = (await sandbox.release(fix)).executions.at(-1) ?? ''
    await sandbox.clients.sfn.send(new StopExecutionCommand({ executionArn }))
    await sandbox.minutes(2)
    await stays()
    expect(await sandbox.release(fix)).toMatchObject({ frozen: { kind: 'oneWay', by: 'sweep', told: true } })
    expect(await sandbox.world.line.stopped('checkout')).toMatchObject({ release: fix })
    expect(await holder()).toBe(fix)
    await expect(sandbox.orderAs('ann')('abort', 'checkout', { reason: 'off' })).rejects.toMatchObject({
      name: 'Tidegate.one_way_passed',
    })
  })

  it('leaves the line stopped and tells a person when somebody moves the alias by hand', async () => {
    const id = await frozen({ rules: policyRules, approvals: [{ before: 50, count: 1 }] })
    const fix = await startFix(id)
    await sandbox.moveByHand('2')
    expect((await sandbox.finish(fix, 5)).ending).toMatchObject({ outcome: 'interrupted' })
    expect(sandbox.pages().at(-1)?.subject).toContain(`Release ${fix} of checkout was interrupted`)
    expect(await sandbox.world.line.stopped('checkout')).toMatchObject({ release: id })
    expect(await sandbox.alias()).toMatchObject({ version: '2', weights: {} })
  })

  it('may be urgent: no calendar, budget or bolder plan takes the step from it', async () => {
    const windows = [{ days: ['mon'], from: '03:00', to: '03:01' }]
    const id = await frozen({ rules: policyRules.replace('context.urgent', 'context.overridden'), windows })
    await setAlarm(sandbox, 'OK')
    const version = await sandbox.publish('v4')
    const { releases } = (await sandbox.ask('start', {
      ...{ service: 'checkout', versions: { checkout: version }, requestId: 'fix', fixes: id },
      ...{ urgent: true, by: 'ann', reason: 'orders fail' },
    })) as { readonly releases: readonly { readonly releaseId: string }[] }
    const fix = releases[0]?.releaseId ?? ''
    await sandbox.clock.settle()
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: { [version]: 0.5 } })
    expect(await sandbox.release(fix)).toMatchObject({ urgent: true, fixes: id, oneWay: { weightBp: 5000 } })
    expect((await sandbox.finish(fix)).ending?.outcome).toBe('promoted')
    expect(await sandbox.world.line.stopped('checkout')).toBeUndefined()
  })
})
