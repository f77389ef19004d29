// What Application Auto Scaling does for the version before is moved to the new one after a release, and to nobody where it would
// replace what somebody has made, or do something else. The definition is that of docs/concurrency.md.
import { DeleteAliasCommand, CreateAliasCommand } from '@aws-sdk/client-lambda'
import { afterEach, describe, expect, it } from 'vitest'
import type { RequestInfo } from '../../../cloud/local/protocol/service.ts'
import type { Sandbox } from '../../../local/sandbox.ts'
import { usesItsRights } from '../../lib/used-rights.ts'
import { deregister, follow, plan, register, scalable, scale, whole } from './scalable.ts'
import { give, having, moving, openMoved, openWarm, promised } from './warm.ts'

usesItsRights()

let sandbox: Sandbox
afterEach(() => sandbox.close())

async function open(changes: object = {}): Promise<void> {
  sandbox = await openMoved({}, changes)
  await give(sandbox, '1')
  await sandbox.minutes(2)
}

async function release(code: 'v2' | 'v3' = 'v2'): Promise<string | undefined> {
  const id = await sandbox.start({ version: await sandbox.publish(code) })
  return (await sandbox.finish(id)).ending?.outcome
}

it('after a promotion all of it is on the new version, and nothing on the old one', async () => {
  await open()
  await scale(sandbox, '1')
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  while ((await sandbox.release(id)).state.phase !== 'settled') {
    const { version, weights } = await sandbox.alias()
    const isOver = version === '2' && Object.keys(weights).length === 0
    if (!isOver) expect(await scalable(sandbox)).toEqual({ 1: whole })
    await sandbox.minutes(1)
  }
  expect(await scalable(sandbox)).toEqual({ 2: whole })
  expect(await having(sandbox)).toEqual({ 2: { wanted: promised, available: promised } })
  await sandbox.minutes(6)
  expect(await scalable(sandbox)).toEqual({ 2: whole })
  expect((await sandbox.world.openReleases.list()).items).toEqual([])
})

it('after a bad release it is where it was, and the way back after the end takes it back', async () => {
  await open()
  await scale(sandbox, '1')
  expect(await release('v3')).toBe('rolledBack')
  expect(await scalable(sandbox)).toEqual({ 1: whole })
  expect(await release('v2')).toBe('promoted')
  expect(await scalable(sandbox)).toEqual({ 3: whole })
  const order = { verb: 'rollBack', service: 'checkout', by: 'ann', reason: 'to see' }
  const { releaseId } = (await sandbox.ask('orderRollback', order)) as { releaseId: string }
  await sandbox.finish(releaseId)
  expect(await scalable(sandbox)).toEqual({ 1: whole })
})

it('a version that nobody scales has nothing that would be moved', async () => {
  await open()
  expect(await release()).toBe('promoted')
  expect(await scalable(sandbox)).toEqual({})
})

it('while the old version is kept warm nobody scales it, and it keeps what it has', async () => {
  await open({ watch: { for: '1h', keepWarm: '10m' } })
  await scale(sandbox, '1')
  expect(await release()).toBe('promoted')
  const warm = { wanted: promised, available: promised }
  expect(await having(sandbox)).toEqual({ 1: warm, 2: warm })
  expect(await scalable(sandbox)).toEqual({ 2: whole })
  await sandbox.minutes(12)
  expect(await having(sandbox)).toEqual({ 2: warm })
  expect(await scalable(sandbox)).toEqual({ 2: whole })
})

it('a version that another alias points at keeps what scales it', async () => {
  await open()
  await scale(sandbox, '1')
  const beta = { FunctionName: 'checkout', Name: 'beta' }
  await sandbox.clients.lambda.send(new CreateAliasCommand({ ...beta, FunctionVersion: '1' }))
  expect(await release()).toBe('promoted')
  expect(await scalable(sandbox)).toEqual({ 1: whole })
  await sandbox.clients.lambda.send(new DeleteAliasCommand(beta))
  await sandbox.minutes(1)
  expect(await scalable(sandbox)).toEqual({ 2: whole })
})

it('without the field nothing is moved', async () => {
  sandbox = await openWarm()
  await give(sandbox, '1')
  await scale(sandbox, '1')
  expect(await release()).toBe('promoted')
  expect(await scalable(sandbox)).toEqual({ 1: whole })
})

describe('is left where it is', () => {
  const metric = (value: string) => ({
    TargetValue: 1,
    CustomizedMetricSpecification: {
      ...{ MetricName: 'Depth', Namespace: 'checkout', Statistic: 'Average' as const },
      Dimensions: [{ Name: 'Resource', Value: value }],
    },
  })
  const cases: Readonly<Record<string, (sandbox: Sandbox) => Promise<unknown>>> = {
    'where the new version has other bounds': (one) => register(one, '2', { MaxCapacity: 300 }),
    'where a policy of the new version has the same name and says something else': async (one) => {
      await register(one, '2', { SuspendedState: { ScheduledScalingSuspended: true } })
      await follow(one, '2', { TargetTrackingScalingPolicyConfiguration: { ...metric('checkout:live') } })
    },
    'where the new version has a scheduled action that the old one has not': async (one) => {
      await register(one, '2', { SuspendedState: { ScheduledScalingSuspended: true } })
      await plan(one, '2', { ScheduledActionName: 'evening' })
    },
    'with a step scaling policy, whose alarms name it': (one) =>
      follow(one, '1', {
        ...{ PolicyName: 'steps', PolicyType: 'StepScaling', TargetTrackingScalingPolicyConfiguration: undefined },
        StepScalingPolicyConfiguration: { AdjustmentType: 'ChangeInCapacity' },
      }),
    'with a policy by a metric of the old version': (one) =>
      follow(one, '1', { PolicyName: 'depth', TargetTrackingScalingPolicyConfiguration: metric('checkout:1') }),
  }
  it.each(Object.entries(cases))('%s', async (_, make) => {
    await open()
    await scale(sandbox, '1')
    await sandbox.publish('v2')
    await make(sandbox)
    const before = await scalable(sandbox)
    const id = await sandbox.start({ version: '2' })
    expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
    await sandbox.minutes(7)
    expect(await scalable(sandbox)).toEqual(before)
    expect((await sandbox.world.openReleases.list()).items).toEqual([])
  })
})

it('a metric of the alias goes along; what has run once does not, and a beginning that is over is left out', async () => {
  await open()
  await register(sandbox, '1')
  const said = { ScalableTargetAction: { MinCapacity: 30 } }
  const soon = new Date(sandbox.clock.nowMs() + 60_000)
  await plan(sandbox, '1', { ScheduledActionName: 'begun', Schedule: 'rate(1 day)', StartTime: soon, ...said })
  const at = (hours: number) => new Date(sandbox.clock.nowMs() + hours * 3_600_000).toISOString().slice(0, 19)
  for (const [name, hours, Timezone] of [
    ['run', -1, 'UTC'],
    ['to come', 1, undefined],
    ['run there', 4, 'Asia/Tokyo'],
    ['to come there', -4, 'America/New_York'],
  ] as const)
    await plan(sandbox, '1', { ScheduledActionName: name, Schedule: `at(${at(hours)})`, Timezone, ...said })
  const Dimensions = [{ Name: 'Resource', Value: 'checkout:live' }]
  const CustomizedMetricSpecification = { MetricName: 'Depth', Namespace: 'checkout', Statistic: 'Maximum', Dimensions }
  await follow(sandbox, '1', {
    TargetTrackingScalingPolicyConfiguration: { TargetValue: 0.5, CustomizedMetricSpecification } as never,
  })
  expect(await release()).toBe('promoted')
  const moved = (await scalable(sandbox)) as Record<string, { actions: { name: string; StartTime?: Date }[] }>
  expect(Object.keys(moved)).toEqual(['2'])
  expect(moved['2']?.actions.map(({ name, StartTime }) => [name, StartTime])).toEqual([
    ['begun', undefined],
    ['to come', undefined],
    ['to come there', undefined],
  ])
  expect(moved['2']).toMatchObject({ policies: [{ name: 'load', TargetValue: 0.5, CustomizedMetricSpecification }] })
})

it('without the rights the concurrency is settled all the same, and it is tried again until there are rights', async () => {
  let isGranted = false
  const lacking = 'application-autoscaling:RegisterScalableTarget'
  sandbox = await openMoved({
    authorize: ({ action, caller }) => isGranted || action !== lacking || !caller.arn.includes('tidegate-'),
  })
  await give(sandbox, '1')
  await scale(sandbox, '1')
  await sandbox.minutes(2)
  expect(await release()).toBe('promoted')
  expect(await having(sandbox)).toEqual({ 2: { wanted: promised, available: promised } })
  await sandbox.minutes(20)
  expect(await scalable(sandbox)).toEqual({ 1: whole })
  isGranted = true
  await sandbox.minutes(1)
  expect(await scalable(sandbox)).toEqual({ 2: whole })
  expect((await sandbox.world.openReleases.list()).items).toEqual([])
})

/** Runs once, right before a function of the controller makes its first such call. */
function before(operation: string, then: () => Promise<unknown>) {
  let isDone = false
  return async (info: RequestInfo): Promise<void> => {
    if (isDone || info.phase !== 'before' || info.operation !== operation || !info.caller.arn.includes('tidegate-'))
      return
    isDone = true
    await then()
  }
}

it('a registration that is not seen at once is gone on with a minute later, and is no trouble', async () => {
  const onRequest = before('PutScalingPolicy', () => deregister(sandbox, '2'))
  // With keepWarm the entry of the release does not stay open for what may come late.
  sandbox = await openMoved({ onRequest }, { watch: { for: '1h', keepWarm: '10m' } })
  await give(sandbox, '1')
  await scale(sandbox, '1')
  await sandbox.minutes(2)
  expect(await release()).toBe('promoted')
  expect(await scalable(sandbox)).toEqual({ 1: whole })
  await sandbox.minutes(1)
  expect(await scalable(sandbox)).toEqual({ 2: whole })
  expect(sandbox.logged.filter(({ level }) => level === 'error')).toEqual([])
})

it('nothing is begun when another release has just begun, and it is done when that one is gone', async () => {
  const next = () => sandbox.world.leases.hand('checkout', id, 'next')
  sandbox = await openMoved({ onRequest: before('DescribeScheduledActions', next) })
  await give(sandbox, '1')
  await scale(sandbox, '1')
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.finish(id)
  expect(await scalable(sandbox)).toEqual({ 1: whole })
  // There is no such release, so the sweep drops its lease.
  await sandbox.minutes(2)
  expect(await scalable(sandbox)).toEqual({ 2: whole })
})

it('the rights make no alarm but through Application Auto Scaling, and scale nothing but Lambda', async () => {
  await open()
  const caller = { accessKeyId: '', arn: 'arn:aws:sts::000000000000:assumed-role/tidegate-settle/x' }
  const may = (action: string, resource: string, context: Readonly<Record<string, readonly string[]>> = {}) =>
    moving.authorize({ caller, action, resource: `arn:aws:${resource}`, context })
  const via = { 'aws:CalledViaLast': ['application-autoscaling.amazonaws.com'] }
  const alarm = (name: string) => `cloudwatch:us-east-1:000000000000:alarm:${name}`
  for (const action of ['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms']) {
    expect(await may(action, alarm('TargetTracking-function:checkout:1-AlarmHigh-x'))).toBe(false)
    expect(await may(action, alarm('checkout-errors'), via)).toBe(false)
    expect(await may(action, alarm('TargetTracking-function:checkout-2:1-AlarmHigh-x'), via)).toBe(false)
    expect(await may(action, alarm('TargetTracking-function:checkout:9-AlarmHigh-x'), via)).toBe(true)
  }
  const target = 'application-autoscaling:us-east-1:000000000000:scalable-target/0123456789ab'
  const of = (namespace: string, dimension: string) => ({
    'application-autoscaling:service-namespace': [namespace],
    'application-autoscaling:scalable-dimension': [dimension],
  })
  const deregister = 'application-autoscaling:DeregisterScalableTarget'
  expect(await may(deregister, target, of('ecs', 'ecs:service:DesiredCount'))).toBe(false)
  expect(await may(deregister, `${target}c`)).toBe(false)
  expect(await may(deregister, `${target}d`, of('lambda', 'lambda:function:ProvisionedConcurrency'))).toBe(true)
})
