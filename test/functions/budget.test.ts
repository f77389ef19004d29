// The ledger of error budgets on the embedded cloud: what is counted, what is announced, and the effect of silence.
import { afterEach, describe, expect, it } from 'vitest'
import { steppedClock } from '../../cloud/local/time/clock.ts'
import { memoryCloud } from '../memory/memory.ts'
import { slotMs } from '../../core/budget/budget.ts'
import { budgetDetails } from '../../core/budget/news.ts'
import { Problem } from '../../core/problem.ts'
import type { Reading } from '../../core/verdict/evidence/evidence.ts'
import { budgetHandler } from '../../functions/listeners/budget.ts'
import { type Sandbox, type SandboxOptions, minute, openSandbox, startMs } from '../../local/sandbox.ts'
import { environment } from '../../local/installation.ts'
import { sampleService } from '../../local/sample-service.ts'
import { authorize } from '../scenarios/least-privilege.ts'
import { refusing } from '../scenarios/refusing.ts'
import { usesItsRights } from '../lib/used-rights.ts'

usesItsRights()

const slos = [{ name: 'available', objective: 99.9 }]
const here = { account: '000000000000', region: 'us-east-1' }
let sandbox: Sandbox
async function open(service: object = {}, options: SandboxOptions = {}): Promise<Sandbox> {
  sandbox = await openSandbox({ authorize, budgetMinutes: 5, sweepMinutes: 5, perMinute: 60, ...options })
  await sandbox.world.services.put(
    sampleService({
      hooks: [],
      plan: 'AllAtOnce',
      signals: { errors: 'off', latency: 'off', throttles: 'off', cost: 'off' },
      slos,
      ...service,
    }),
  )
  return sandbox
}
afterEach(() => sandbox.close())

const slots = async () =>
  (await sandbox.world.budgets.read('checkout', 'available', startMs, sandbox.clock.nowMs())).items
type News = { readonly type: string; readonly detail: Readonly<Record<string, unknown>> }
const told = (): readonly News[] =>
  sandbox.cloud.events
    .recorded()
    .filter((event) => event.source === 'tidegate.budget')
    .map((event) => {
      const type = event['detail-type'] as keyof typeof budgetDetails
      return { type, detail: budgetDetails[type].parse(event.detail) }
    })
const burningPages = () =>
  sandbox
    .pages()
    .filter(({ topicArn }) => topicArn === environment.TIDEGATE_TOPIC_ARN)
    .filter(({ subject }) => subject?.includes('error budget') === true)

/** Lets the schedule run on, catch up with the first day, and an hour pass. */
const settle = () => sandbox.minutes(40)

describe('a budget', () => {
  it('counts every request once, from the beginning of the traffic', async () => {
    await open()
    await settle()
    const counted = await slots()
    const mark = await sandbox.world.budgets.mark('checkout', 'available')
    // One a second, from the first second on.
    expect(counted.reduce((sum, { good }) => sum + good, 0)).toBe(((mark?.readToMs ?? 0) - startMs) / 1000 - 1)
    expect(counted.every(({ bad }) => bad === 0)).toBe(true)
    expect(told()).toEqual([])
    // Counting again changes nothing.
    await sandbox.ask('budget', { budgets: true })
    await sandbox.ask('budget', { budgets: true })
    expect(await slots()).toEqual(counted)
  })

  it('that burns pages once, names the release, and says when it is over', async () => {
    await open({ runbook: 'https://example.com/runbook' })
    await settle()
    const id = await sandbox.start({ version: await sandbox.publish('v3') })
    await sandbox.minutes(30)
    expect(burningPages()).toHaveLength(1)
    expect(burningPages()[0]?.message).toContain(`Release ${id} was live in that time.`)
    expect(burningPages()[0]?.message).toContain('Runbook: https://example.com/runbook')
    const burning = told().filter(({ type }) => type === 'Budget Burning')
    expect(burning.map(({ detail }) => detail['severity']).sort()).toEqual(['page', 'ticket'])
    expect(burning.find(({ detail }) => detail['severity'] === 'page')?.detail).toMatchObject({
      service: 'checkout',
      slo: 'available',
      releaseId: id,
      dedupKey: `checkout/available/page/${id}`,
      longWindowHours: 1,
    })
    await sandbox.ask('orderRollback', { verb: 'rollBack', service: 'checkout', by: 'ann', reason: 'it burns' })
    await sandbox.minutes(90)
    expect(burningPages()).toHaveLength(1)
    expect(told().filter(({ type }) => type === 'Budget Burn Ended')).toMatchObject([{ detail: { severity: 'page' } }])
    const changes = told().filter(({ type }) => type === 'Budget Changed')
    expect(changes.at(-1)?.detail).toMatchObject({ leftStep: 0 })
    expect(changes.at(-1)?.detail['leftPercent']).toBeLessThan(0)
  })

  it('that burns is not attributed to a release that waits at a gate and holds the lease', async () => {
    const from = new Date(startMs + 52 * minute).toISOString()
    const to = new Date(startMs + 600 * minute).toISOString()
    await open({ gates: { freezes: [{ from, to }] } })
    await settle()
    const id = await sandbox.start({ version: await sandbox.publish('v3') })
    await sandbox.minutes(3)
    expect((await sandbox.release(id)).ending?.outcome).toBe('promoted')
    const waiting = await sandbox.start({ version: await sandbox.publish('v1') })
    expect((await sandbox.release(waiting)).held).toMatchObject({ point: -1 })
    expect(await sandbox.world.leases.holder('checkout')).toBe(waiting)
    for (let passed = 0; burningPages().length === 0 && passed < 60; passed++) await sandbox.minutes(1)
    expect(burningPages()[0]?.message).toContain(`Release ${id} was live in that time.`)
  })

  it('that burns in a planned window is counted and not announced, and announced afterwards if it goes on', async () => {
    const at = (minutes: number): string => new Date(startMs + minutes * minute).toISOString()
    await open({ planned: [{ from: at(0), to: at(120) }] })
    await settle()
    await sandbox.start({ version: await sandbox.publish('v3') })
    await sandbox.minutes(60)
    expect(burningPages()).toEqual([])
    expect((await slots()).some(({ bad }) => bad > 0)).toBe(true)
    await sandbox.minutes(15)
    expect(burningPages()).toHaveLength(1)
  })

  it('is unknown while CloudWatch does not answer, and complete as soon as it does', async () => {
    let silent = false
    await open(
      {},
      refusing('GetMetricData', () => silent),
    )
    await settle()
    const before = await sandbox.world.budgets.mark('checkout', 'available')
    silent = true
    await sandbox.minutes(30)
    expect(await sandbox.world.budgets.mark('checkout', 'available')).toEqual(before)
    expect(
      sandbox.logged.some((line) => line['budget'] === 'checkout/available' && line['code'] === 'aws_unavailable'),
    ).toBe(true)
    silent = false
    await sandbox.minutes(10)
    const mark = await sandbox.world.budgets.mark('checkout', 'available')
    expect((await slots()).reduce((sum, { good }) => sum + good, 0)).toBe(((mark?.readToMs ?? 0) - startMs) / 1000 - 1)
  })

  it('counted hourly is counted by the hour', async () => {
    await open({ policy: { budgetEvery: '1h' } })
    await settle()
    const first = await sandbox.world.budgets.mark('checkout', 'available')
    await sandbox.minutes(10)
    expect(await sandbox.world.budgets.mark('checkout', 'available')).toEqual(first)
    await sandbox.minutes(40)
    expect((await sandbox.world.budgets.mark('checkout', 'available'))?.readToMs).toBeGreaterThan(first?.readToMs ?? 0)
    await sandbox.start({ version: await sandbox.publish('v3') })
    await sandbox.minutes(130)
    expect(told().filter(({ type }) => type === 'Budget Changed')).toMatchObject([{ detail: { leftStep: 0 } }])
  })
})

describe('a budget that burns while a release is live', () => {
  it('is announced at a look, long before the schedule would have noticed it, and once', async () => {
    const plan = { steps: [{ weight: 90, bake: '30m' }] }
    await open({ plan, policy: { budgetEvery: '1h' }, pace: { damage: 100 } }, { budgetMinutes: 60 })
    // The schedule has just run, and runs again in an hour.
    await sandbox.minutes(51)
    expect((await sandbox.world.budgets.mark('checkout', 'available'))?.readToMs).toBe(startMs + 60 * minute)
    const id = await sandbox.start({ version: await sandbox.publish('v3') })
    // A quarter of all requests fails: two minutes use up what six hours may burn, based on one hour of data.
    for (let passed = 0; burningPages().length === 0 && passed < 60; passed++) await sandbox.minutes(1)
    expect(sandbox.clock.nowMs()).toBeLessThan(startMs + 65 * minute)
    expect(burningPages()[0]?.message).toContain(`Release ${id} was live in that time.`)
    await sandbox.minutes(20)
    expect(burningPages()).toHaveLength(1)
    expect(told().filter(({ type }) => type === 'Budget Burn Ended')).toEqual([])
    // The unfinished slot is not in the ledger.
    const mark = await sandbox.world.budgets.mark('checkout', 'available')
    expect((mark?.readToMs ?? 0) % slotMs).toBe(0)
    expect((await slots()).every(({ atMs }) => atMs < (mark?.readToMs ?? 0))).toBe(true)
  })

  it('counts no other service at a look', async () => {
    await open({ policy: { budgetEvery: '1h' } }, { budgetMinutes: 60 * 24 })
    const other = { name: 'cart', targets: [{ function: 'cart', alias: 'live' }], triggers: {}, hooks: [] }
    await sandbox.world.services.put(sampleService({ ...other, slos }))
    const look = {
      ...here,
      source: 'tidegate.release',
      'detail-type': 'Release Judged',
      detail: { service: 'checkout' },
    }
    expect(await sandbox.ask('budget', look)).toEqual({ updated: ['checkout/available'], troubles: [], charged: [] })
    await expect(sandbox.ask('budget', { ...look, 'detail-type': 'Release Paused' })).rejects.toThrow('Neither a call')
  })
})

describe('an unfinished slot', () => {
  it('begins a burn, ends none, and is followed by a finished one', async () => {
    sandbox = await openSandbox({ perMinute: 1 })
    const clock = steppedClock(startMs)
    const cloud = memoryCloud({ clock })
    await cloud.services.put(sampleService({ slos: [{ ...slos[0], window: '1d' }] }))
    // In the unfinished slot every request fails, or none does; before it, all was well.
    let share = 1
    cloud.inspect.answerReadings(({ metric }, { startMs: from, endMs: to }): Reading => {
      const points = []
      for (let at = from; at < to; at += slotMs) {
        const bad = at === startMs + slotMs ? 100 * share : 0
        points.push({ minuteMs: at, value: metric === 'Errors' ? bad : 100 })
      }
      return { kind: 'points', points }
    })
    const tick = budgetHandler({ ...cloud, clock, trouble: () => undefined })
    const look = {
      ...here,
      source: 'tidegate.release',
      'detail-type': 'Release Judged',
      detail: { service: 'checkout' },
    }
    const heard = () => cloud.inspect.announced.map(({ detailType }) => detailType)
    for (let time = 0; time < 3; time++) await tick({ budgets: true })
    await clock.advanceTo(startMs + slotMs)
    share = 0
    await tick(look)
    expect(heard()).toEqual([])
    share = 1
    await clock.advanceTo(startMs + slotMs + minute)
    await tick(look)
    expect(heard()).toContain('Budget Burning')
    expect(cloud.inspect.pages).toHaveLength(1)
    share = 0
    await clock.advanceTo(startMs + slotMs + 2 * minute)
    await tick(look)
    expect(heard()).not.toContain('Budget Burn Ended')
    share = 1
    await clock.advanceTo(startMs + slotMs + 3 * minute)
    await tick(look)
    expect(cloud.inspect.pages).toHaveLength(1)
    share = 0
    await clock.advanceTo(startMs + 2 * slotMs + minute)
    await tick(look)
    expect(heard()).toContain('Budget Burn Ended')
  })
})

describe('a query that CloudWatch refuses', () => {
  it('is unknown, and does not stop other services from being counted', async () => {
    sandbox = await openSandbox({ perMinute: 1 })
    const clock = steppedClock(startMs)
    const cloud = memoryCloud({ clock })
    const both = [...slos, { name: 'fast', objective: 99, sli: { fasterThanMs: 300 } }]
    await cloud.services.put(sampleService({ slos: both.map((slo) => ({ ...slo, window: '1d' })) }))
    cloud.inspect.answerReadings(({ metric }) => ({
      kind: 'points',
      points: [{ minuteMs: startMs - slotMs, value: metric === 'Errors' ? 1 : 10 }],
    }))
    const read: typeof cloud.telemetry.read = (questions, asked) =>
      questions.some(({ stat }) => stat.startsWith('TC'))
        ? Promise.reject(new Problem('aws_unavailable', 'ValidationError: TC is not for this.'))
        : cloud.telemetry.read(questions, asked)
    const tick = budgetHandler({ ...cloud, clock, telemetry: { ...cloud.telemetry, read }, trouble: () => undefined })
    expect(await tick({ budgets: true })).toEqual({
      updated: ['checkout/available'],
      troubles: [expect.stringContaining('checkout/fast: The budget of checkout/fast cannot be read') as string],
      charged: [],
    })
    expect((await cloud.budgets.read('checkout', 'available', startMs - 3_600_000, startMs)).items).toEqual([
      { atMs: startMs - slotMs, good: 9, bad: 1 },
    ])
    expect(await cloud.budgets.mark('checkout', 'fast')).toBeUndefined()
  })
})

describe('late points', () => {
  it('replace the readings of the last three hours, and nothing is counted twice', async () => {
    sandbox = await openSandbox({ perMinute: 1 })
    const clock = steppedClock(startMs)
    const cloud = memoryCloud({ clock })
    await cloud.services.put(sampleService({ slos: [{ ...slos[0], window: '1d' }] }))
    let arrived = 0.5
    cloud.inspect.answerReadings((question, { startMs: from, endMs: to }): Reading => {
      const points = []
      for (let at = from; at < to; at += slotMs) {
        const value = question.metric === 'Errors' ? 1 : 100
        points.push({ minuteMs: at, value: at === startMs - slotMs ? value * arrived : value })
      }
      return { kind: 'points', points }
    })
    const tick = budgetHandler({ ...cloud, clock, trouble: () => undefined })
    // One day per run, as far as there is to go.
    for (let time = 0; time < 3; time++) await tick({ budgets: true })
    const last = async () =>
      (await cloud.budgets.read('checkout', 'available', startMs - 3_600_000, startMs)).items.at(-1)
    expect(await last()).toEqual({ atMs: startMs - slotMs, good: 49.5, bad: 0.5 })
    arrived = 1
    await clock.advanceTo(startMs + slotMs)
    await tick({ budgets: true })
    await tick({ budgets: true })
    expect(await last()).toEqual({ atMs: startMs - slotMs, good: 99, bad: 1 })
    expect((await cloud.budgets.read('checkout', 'available', startMs - 86_400_000, startMs)).items).toHaveLength(288)
  })
})
