// Each AWS service down for ten and for thirty minutes in the middle of a canary, with a bad and with a good version: what
// docs/operate.md says, row by row. In `npm test` only CloudWatch is down for thirty.
import { PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { areAll } from '../repeats.ts'
import { backendOnAws } from '../../cli/backend/aws-backend.ts'
import { order } from '../../cli/orders/orders.ts'
import { exitCodes, screenOn } from '../../cli/backend/screen.ts'
import { type Sandbox, minute, openSandbox } from '../../local/sandbox.ts'
import { authorize } from './least-privilege.ts'
import { sampleService } from '../../local/sample-service.ts'
import { type AwayPart, awayPort } from './away.ts'
import { usesItsRights } from '../lib/used-rights.ts'

usesItsRights()

const second = 1000
const { away, options } = awayPort()
let sandbox: Sandbox
let version: string
let services = 0

beforeAll(async () => {
  // The alarm says that the version is bad, so no customer traffic is needed.
  sandbox = await openSandbox({ authorize, perMinute: 0, ...options })
  await setAlarm('OK')
  version = await sandbox.publish('v3')
})
afterEach(async () => {
  away.clear()
  await setAlarm('OK')
  await sandbox.minutes(2)
})
afterAll(() => sandbox.close())

const setAlarm = (StateValue: 'ALARM' | 'OK') =>
  sandbox.clients.cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: 'checkout-errors',
      Namespace: 'Shop',
      MetricName: 'Orders',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      // No orders arrive: that is bad, or it is night.
      TreatMissingData: StateValue === 'ALARM' ? 'breaching' : 'notBreaching',
    }),
  )

/** A release of its own service that has traffic. */
async function canary(): Promise<{ readonly id: string; readonly service: string }> {
  services += 1
  const service = `shop-${services}`
  const signals = { alarms: ['checkout-errors'], errors: {} }
  const plan = { steps: [{ weight: 10, bake: '2d' }] }
  await sandbox.world.services.put(sampleService({ name: service, slos: [], hooks: [], gates: {}, signals, plan }))
  const id = await sandbox.start({ service, version, requestId: service })
  await sandbox.clock.advanceTo(sandbox.clock.nowMs() + 2 * second)
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: { [version]: 0.1 } })
  return { id, service }
}

const isBack = async (): Promise<boolean> => Object.keys((await sandbox.alias()).weights).length === 0

/** Lets time pass, and notes when the traffic was first seen back. */
async function watched(untilMs: number, backAtMs: number | undefined): Promise<number | undefined> {
  let seen = backAtMs
  while (sandbox.clock.nowMs() < untilMs) {
    await sandbox.clock.advanceTo(Math.min(untilMs, sandbox.clock.nowMs() + 15 * second))
    if (seen === undefined && (await isBack())) seen = sandbox.clock.nowMs()
  }
  return seen
}

const parts: readonly AwayPart[] = ['DynamoDB', 'Step Functions', 'CloudWatch', 'Lambda', 'EventBridge', 'SNS']
const rows = parts
  .flatMap((part) => [10, 30].map((minutes) => [part, minutes] as const))
  .filter(([part, minutes]) => areAll || minutes === 10 || part === 'CloudWatch')

async function outage(part: AwayPart, minutes: number, kind: 'bad' | 'good') {
  const one = await canary()
  const startMs = sandbox.clock.nowMs()
  const before = sandbox.pages().length
  const endMs = startMs + minutes * minute
  away.add(part)
  await sandbox.clock.advanceTo(startMs + 30 * second)
  if (kind === 'bad') await setAlarm('ALARM')
  let backAtMs = await watched(endMs, undefined)
  away.delete(part)
  backAtMs = await watched(endMs + 3 * minute, backAtMs)
  const pages = sandbox.pages().slice(before)
  return { ...one, startMs, endMs, backAtMs: backAtMs ?? Number.POSITIVE_INFINITY, pages }
}

describe('down in the middle of a canary', () => {
  it.each(rows)(
    '%s for %d minutes, a bad version: back within two minutes after the outage, and paged',
    async (part, minutes) => {
      const { id, startMs, endMs, backAtMs, pages } = await outage(part, minutes, 'bad')
      expect(backAtMs).toBeLessThanOrEqual(endMs + 2 * minute)
      const heardMs = Math.min(...pages.map((page) => page.atMs))
      expect(heardMs).toBeLessThanOrEqual(part === 'SNS' ? endMs + 2 * minute : startMs + 3 * minute)
      const release = await sandbox.release(id)
      expect(release).toMatchObject({ state: { phase: 'settled' }, ending: { outcome: 'rolledBack' } })
      expect(release.ending?.because).toContain('checkout-errors')
      const subjects = pages.map((page) => page.subject)
      expect(new Set(subjects).size).toBe(subjects.length)
      expect((await sandbox.world.openReleases.list()).items).toEqual([])
    },
  )

  it.each(rows)('%s for %d minutes, a good version: paged once, and it goes on', async (part, minutes) => {
    const { id, startMs, pages, service } = await outage(part, minutes, 'good')
    const live = await sandbox.release(id)
    if (minutes === 10 && part !== 'Lambda') expect(live.state.phase).toBe('baking')
    if (part !== 'SNS') expect(Math.min(...pages.map((page) => page.atMs))).toBeLessThanOrEqual(startMs + 3 * minute)
    const subjects = pages.map((page) => page.subject)
    expect(new Set(subjects).size).toBe(subjects.length)
    if (live.state.phase !== 'settled')
      await sandbox.ask('orderRollback', { verb: 'abort', service, by: 'ann', reason: 'the test is over' })
    await sandbox.minutes(1)
  })
})

describe('an operator, during an outage', () => {
  const command =
    'aws lambda update-alias --function-name checkout --name live --function-version 1 --routing-config \'{"AdditionalVersionWeights":{}}\''
  const rollBack = async (service: string, targets = [{ functionName: 'checkout', alias: 'live' }]) => {
    const said: string[] = []
    const backend = backendOnAws({}, sandbox.clientsFor('cli').place)
    const screen = screenOn((line) => said.push(line), false)
    const code = await order({ backend, screen }, { verb: 'rollBack', service, reason: 'test', targets })
    return { code, said: said.join('\n') }
  }

  it.each(parts.filter((part) => part !== 'DynamoDB' && part !== 'Lambda'))(
    '%s: rollback puts the traffic back before the outage ends',
    async (part) => {
      const { id, service } = await canary()
      away.add(part)
      const { code, said } = await rollBack(service)
      expect(code).toBe(exitCodes.done)
      expect(await isBack()).toBe(true)
      expect(said).toContain(
        `${id}  The traffic is back: checkout:live is on version 1. Rolled back: user/cli says "test".`,
      )
      expect(said.includes('The traffic has moved. Step Functions does not answer')).toBe(part === 'Step Functions')
      away.clear()
      await sandbox.minutes(3)
      expect((await sandbox.release(id)).state.phase).toBe('settled')
    },
  )

  it('Lambda: the order is logged, the command is printed, and the traffic is back within two minutes after the outage', async () => {
    const { id, service } = await canary()
    away.add('Lambda')
    const { code, said } = await rollBack(service, [])
    expect(code).toBe(exitCodes.byHand)
    expect(said).toContain(command)
    await sandbox.minutes(5)
    away.clear()
    await sandbox.minutes(2)
    expect(await isBack()).toBe(true)
    expect((await sandbox.release(id)).ending).toMatchObject({ outcome: 'rolledBack', by: 'user/cli' })
  })

  it('DynamoDB: asks for the aliases, prints the command, and the manual move ends the release', async () => {
    const { id, service } = await canary()
    away.add('DynamoDB')
    const unnamed = await rollBack(service, [])
    expect(unnamed.code).toBe(exitCodes.byHand)
    expect(unnamed.said).toContain(`tidegate rollback ${service} --target FUNCTION:ALIAS`)
    expect(unnamed.said).toContain('The table could not be read: ')
    const { code, said } = await rollBack(service)
    expect(code).toBe(exitCodes.byHand)
    expect(said).toContain(command)
    await sandbox.moveByHand('1')
    await sandbox.minutes(5)
    away.clear()
    await sandbox.minutes(3)
    expect(await isBack()).toBe(true)
    expect((await sandbox.release(id)).state.phase).toBe('settled')
  })
})
