// Who spent the budget: a release is charged once, after its end, for what its candidate burned beyond stable.
import { afterEach, describe, expect, it } from 'vitest'
import { details } from '../../core/release/announcement.ts'
import type { Charge } from '../../core/release/charge.ts'
import { chargeReleases } from '../../functions/budgets/charge.ts'
import { type Sandbox, type SandboxOptions, minute, openSandbox } from '../../local/sandbox.ts'
import { sampleService } from '../../local/sample-service.ts'
import { authorize } from '../scenarios/least-privilege.ts'
import { refusing } from '../scenarios/refusing.ts'

const slos = [
  { name: 'available', objective: 99.9, window: '1d' },
  { name: 'fast', objective: 99, window: '1d', sli: { fasterThanMs: 300 } },
]
let sandbox: Sandbox
async function open(service: object = {}, options: SandboxOptions = {}): Promise<Sandbox> {
  sandbox = await openSandbox({ authorize, budgetMinutes: 5, sweepMinutes: 5, perMinute: 120, ...options })
  const plan = { steps: [{ weight: 10, bake: '5m' }] }
  await sandbox.world.services.put(sampleService({ hooks: [], plan, slos, ...service }))
  await sandbox.minutes(10)
  // Regardless of the schedule: gates let nothing begin while the remaining budget is unknown.
  await sandbox.ask('budget', { budgets: true })
  return sandbox
}
afterEach(() => sandbox.close())

async function release(code: string): Promise<string> {
  const id = await sandbox.start({ version: await sandbox.publish(code) })
  await sandbox.finish(id)
  return id
}
const chargesOf = async (id: string): Promise<readonly Charge[] | undefined> => (await sandbox.release(id)).charges
const headOf = async (id: string) =>
  (await sandbox.world.history.list('checkout', 10)).items.find(({ releaseId }) => releaseId === id)
const countedOf = async (id: string, slo: string) => {
  const found = (await chargesOf(id))?.find((charge) => charge.slo === slo)
  if (found?.kind !== 'counted') throw new Error(`not counted: ${JSON.stringify(found)}`)
  return found
}
const eventsOf = async (id: string) => (await sandbox.events(id)).filter(({ type }) => type === 'charged')

describe('a release is charged', () => {
  it('with every request that its candidate failed, once its points have arrived, and announces it', async () => {
    await open()
    const id = await release('v3')
    expect((await sandbox.release(id)).ending?.outcome).toBe('rolledBack')
    await sandbox.minutes(15)
    expect(await chargesOf(id)).toBeUndefined()
    await sandbox.minutes(10)
    const { good = 0, bad = 0 } = sandbox.traffic.answered()['2'] ?? {}
    expect(bad).toBeGreaterThan(1)
    // Stable has not failed once.
    const available = await countedOf(id, 'available')
    expect(available).toMatchObject({ all: good + bad, elsewhen: 0, bad })
    // Of the budget of four weeks, of which half an hour has been seen.
    expect(available.budgetPpm).toBeGreaterThan(0)
    expect(available.budgetPpm).toBeLessThan(200_000)
    expect(await countedOf(id, 'fast')).toMatchObject({ all: good + bad, bad: 0, budgetPpm: 0 })
    expect((await headOf(id))?.charges).toEqual(await chargesOf(id))
    const told = sandbox.cloud.events.recorded().filter((event) => event['detail-type'] === 'Release Charged')
    expect(told.map((event) => details['Release Charged'].parse(event.detail).charges)).toEqual([await chargesOf(id)])
    // Events after the end do not change the end.
    expect((await sandbox.release(id)).state.phase).toBe('settled')
    await sandbox.minutes(30)
    expect(await eventsOf(id)).toHaveLength(1)
  })

  it("with requests slower than the SLO's threshold", async () => {
    await open({ signals: { errors: 'off', latency: { thresholdMs: 300 }, throttles: 'off', cost: 'off' } })
    const id = await release('v4')
    await sandbox.minutes(25)
    const { good = 0 } = sandbox.traffic.answered()['2'] ?? {}
    expect(await countedOf(id, 'fast')).toMatchObject({ all: good, bad: good })
    expect(await countedOf(id, 'available')).toMatchObject({ all: good, bad: 0 })
  })

  it('with nothing if it was good and is promoted', async () => {
    await open()
    const id = await release('v2')
    expect((await sandbox.release(id)).ending?.outcome).toBe('promoted')
    await sandbox.minutes(25)
    const available = await countedOf(id, 'available')
    expect(available.bad).toBe(0)
    // Ten percent for some minutes, and at most two minutes of all traffic.
    expect(available.all).toBeLessThan(0.1 * 120 * 15 + 2 * 120 + 1)
  })

  it('not at all if it was rejected before any traffic', async () => {
    await open()
    const id = await sandbox.start({ version: '99' })
    await sandbox.finish(id)
    expect((await sandbox.release(id)).ending?.outcome).toBe('rejected')
    await sandbox.minutes(40)
    expect(await chargesOf(id)).toBeUndefined()
    expect(await headOf(id)).not.toHaveProperty('chargeable')
  })

  it('with late points as well', async () => {
    await open({ signals: { alarms: [] } }, { metricDelayMs: 12 * minute })
    const id = await sandbox.start({ version: await sandbox.publish('v3') })
    await sandbox.minutes(4)
    await sandbox.ask('pause', { verb: 'pause', service: 'checkout', by: 'ann', reason: 'to see' })
    await sandbox.minutes(10)
    await sandbox.ask('orderRollback', { verb: 'rollBack', service: 'checkout', by: 'ann', reason: 'it fails' })
    await sandbox.finish(id)
    await sandbox.minutes(25)
    expect((await countedOf(id, 'available')).bad).toBe(sandbox.traffic.answered()['2']?.bad)
  })

  it('once, however many callers look at the same time', async () => {
    await open({}, { budgetMinutes: 60 * 24 })
    const id = await release('v3')
    await sandbox.minutes(21)
    const services = (await sandbox.world.services.list()).items
    // Each with its own clock, because identical events would be written once anyway.
    const clocks = [1, 2, 3].map((ms) => ({ nowMs: () => sandbox.clock.nowMs() + ms }))
    const runs = await Promise.all(clocks.map((clock) => chargeReleases({ ...sandbox.world, clock }, services)))
    expect(runs.filter((charged) => charged.includes(id)).length).toBeGreaterThan(1)
    expect(await eventsOf(id)).toHaveLength(1)
    expect((await headOf(id))?.charges).toEqual(await chargesOf(id))
  })

  it('again only in its head, if that was not written', async () => {
    let lost = true
    await open(
      {},
      {
        budgetMinutes: 60 * 24,
        onRequest: ({ phase, operation, caller }) => {
          if (lost && phase === 'before' && operation === 'PutItem' && caller.arn.endsWith('budget') && puts++ === 1)
            throw new Error('refused')
        },
      },
    )
    let puts = 0
    const id = await release('v3')
    await sandbox.minutes(21)
    await sandbox.ask('budget', { budgets: true }).catch(() => undefined)
    lost = false
    await sandbox.ask('budget', { budgets: true })
    expect(await eventsOf(id)).toHaveLength(1)
    expect((await headOf(id))?.charges).toEqual(await chargesOf(id))
  })
})

describe('an unknown charge', () => {
  it('waits while CloudWatch does not answer, and is then the same', async () => {
    let silent = false
    await open(
      {},
      refusing('GetMetricData', () => silent),
    )
    const id = await release('v3')
    const bad = sandbox.traffic.answered()['2']?.bad
    silent = true
    await sandbox.minutes(60)
    expect(await chargesOf(id)).toBeUndefined()
    silent = false
    await sandbox.minutes(10)
    expect((await countedOf(id, 'available')).bad).toBe(bad)
  })

  it('is unknown for good after a day, and never zero', async () => {
    let silent = false
    await open(
      { signals: { errors: 'off', latency: 'off', throttles: 'off', cost: 'off' } },
      { perMinute: 1, budgetMinutes: 30, sweepMinutes: 30, ...refusing('GetMetricData', () => silent) },
    )
    const id = await release('v2')
    silent = true
    await sandbox.minutes(23 * 60)
    expect(await chargesOf(id)).toBeUndefined()
    await sandbox.minutes(70)
    expect(await chargesOf(id)).toMatchObject([
      { kind: 'unknown', slo: 'available' },
      { kind: 'unknown', slo: 'fast' },
    ])
    expect(await eventsOf(id)).toHaveLength(1)
  })

  it('is unknown if the budget is counted in slices of time', async () => {
    await open({ slos: [{ ...slos[0], slices: { minutes: 5, objective: 99 } }] })
    const id = await release('v3')
    await sandbox.minutes(25)
    expect(await chargesOf(id)).toEqual([
      {
        kind: 'unknown',
        slo: 'available',
        because: 'its budget is counted in slices of time, and a slice is of both versions',
      },
    ])
  })
})
