// What a promoted version failed is charged to it, once, when that is over, on the embedded cloud in virtual time: the event, the
// history, the budget's spenders and the bus have it.
import { afterEach, describe, expect, it } from 'vitest'
import type { RequestInfo } from '../../../cloud/local/protocol/service.ts'
import { pointsOf } from '../../../core/measures/points.ts'
import { details } from '../../../core/release/announcement.ts'
import type { ReleaseEvent } from '../../../core/release/event.ts'
import { loadRelease } from '../../../functions/views/release.ts'
import { loadService } from '../../../functions/views/service.ts'
import type { Sandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { usesItsRights } from '../../lib/used-rights.ts'
import { areAll } from '../../repeats.ts'
import { endOf, faulty, openPromoted, pass, plain, promote, watchesOf } from './promoted.ts'

usesItsRights()

let sandbox: Sandbox
afterEach(() => sandbox.close())

const slos = [
  { name: 'available', objective: 99, window: '1d' },
  { name: 'fast', objective: 99, window: '1d', sli: { fasterThanMs: 300 } },
]
async function open(watch: unknown, options: Parameters<typeof openPromoted>[1] = {}, more = {}): Promise<string> {
  const opened = await openPromoted(watch, { budgetMinutes: 'slos' in more ? 5 : 1440, ...options }, more)
  sandbox = opened.sandbox
  return opened.id
}
type Late = Extract<ReleaseEvent, { type: 'lateCharged' }>
const lateOf = async (id: string): Promise<readonly Late[]> =>
  (await sandbox.events(id)).filter((event) => event.type === 'lateCharged')
const headOf = async (id: string) =>
  (await sandbox.world.history.list('checkout', 20)).items.find(({ releaseId }) => releaseId === id)
const told = () => sandbox.cloud.events.recorded().filter((event) => event['detail-type'] === 'Release Charged Late')
const rollBack = async (): Promise<void> => {
  await sandbox.orderAs('ann')('roll-back', 'checkout', { reason: 'errors' })
  await sandbox.clock.settle()
}

describe('a late fault is charged to its release', () => {
  it('once it is back and the last points are in: event, history, spenders, page, bus', async () => {
    const id = await open({ onFault: 'rollBack' }, {}, { slos: slos.slice(0, 1) })
    for (const ExecutedVersion of ['1', '2']) {
      const dimensionSets = [{ FunctionName: 'checkout', Resource: 'checkout:live', ExecutedVersion }]
      const point = { namespace: 'AWS/Lambda', dimensionSets, unit: 'Count', atMs: sandbox.clock.nowMs() }
      sandbox.cloud.cloudwatch.record({ ...point, name: 'Invocations', value: 200 })
      sandbox.cloud.cloudwatch.record({ ...point, name: 'Errors', value: ExecutedVersion === '2' ? 3 : 0 })
    }
    await pass(sandbox, 60)
    for (let left = 30; left > 0 && (await endOf(sandbox, id)).length === 0; left -= 5) await pass(sandbox, 5, faulty)
    await pass(sandbox, 15)
    expect(await lateOf(id)).toEqual([])
    expect((await loadRelease(sandbox.world, id))?.harm.shares.join()).toContain('not known yet')
    expect((await loadService(sandbox.world, 'checkout'))?.watch ?? '').not.toContain('no fault seen')
    await pass(sandbox, 15)
    const [event, ...more] = await lateOf(id)
    expect(more).toEqual([])
    if (event?.excess.kind !== 'counted') throw new Error('it was not counted')
    const { fromMs, failed, bad } = event.excess
    expect(event).toMatchObject({ until: 'back' })
    expect(event.toMs - fromMs).toBeLessThanOrEqual(31 * 60_000)
    // A tenth fails where one in a thousand is usual, up to the minute of the way back.
    expect(failed).toBeGreaterThanOrEqual(200)
    expect(bad).toBeGreaterThan(0.97 * failed)
    expect(event.charges).toMatchObject([
      { kind: 'counted', slo: 'available', bad, budgetPpm: expect.any(Number) as number },
    ])
    expect((await sandbox.release(id)).charges).toMatchObject([{ bad: 3 }])
    expect((await headOf(id))?.charges).toMatchObject([{ kind: 'counted', bad: bad + 3 }])
    const service = await loadService(sandbox.world, 'checkout')
    const [budget] = service?.budgets ?? []
    expect(budget !== undefined && 'spending' in budget ? budget.spending.charged : []).toContainEqual(
      expect.objectContaining({ releaseId: id, bad: bad + 3, sure: true }),
    )
    const view = await loadRelease(sandbox.world, id)
    expect(view?.harm).toMatchObject({ tone: 'bad' })
    expect(view?.harm.shares.at(-1)).toMatch(/^After its promotion: from .* until release \S+ went back from it at /)
    expect(view?.timeline.map(({ words }) => words).join('\n')).toContain('more than are usual at these hours')
    expect(told().map(({ detail }) => details['Release Charged Late'].parse(detail))).toMatchObject([
      { until: 'back', excess: { failed, bad }, incident: { severity: 'error' } },
    ])
    expect(pointsOf(await sandbox.events(id), await sandbox.release(id))).toMatchObject([
      { name: 'tidegate.release.bad_requests', value: bad },
    ])
    expect(await watchesOf(sandbox)).toEqual([])
  })

  it('until a newer version has its place, whatever became of the definition meanwhile', async () => {
    const id = await open({})
    await pass(sandbox, 60)
    await pass(sandbox, 25, faulty)
    expect(await endOf(sandbox, id)).toMatchObject([{ how: 'fault', onFault: 'page' }])
    await sandbox.world.services.put(sampleService(plain))
    // One that a person takes back: of what it failed, nobody knows whose it is.
    const third = await sandbox.start({ version: await sandbox.publish('v2b') })
    await pass(sandbox, 5, faulty)
    await sandbox.orderAs('ann')('roll-back', 'checkout', { releaseId: third, reason: 'not today' })
    await pass(sandbox, 15, faulty)
    expect(await lateOf(id)).toEqual([])
    const fourth = await promote(sandbox, 'v2c')
    await pass(sandbox, 30)
    const [event] = await lateOf(id)
    expect(event).toMatchObject({ until: 'release', by: fourth, excess: { kind: 'counted' } })
    // 45 minutes without those of the third.
    const failed = event?.excess.kind === 'counted' ? event.excess.failed : 0
    expect(failed).toBeGreaterThanOrEqual(36 * 20)
    expect(failed).toBeLessThanOrEqual(41 * 20)
  })

  it('as far as it is seen, where nobody puts it back for a day; without budgets, too', async () => {
    const id = await open({}, { watchMinutes: 15 })
    await pass(sandbox, 60)
    await pass(sandbox, 30, faulty)
    await pass(sandbox, 60)
    await pass(sandbox, 23 * 60, 'nothing')
    expect(await lateOf(id)).toEqual([])
    await pass(sandbox, 60, 'nothing')
    const [event] = await lateOf(id)
    expect(event).toMatchObject({ until: 'time', charges: [], excess: { failed: 600, all: 6000 } })
    expect(told()[0]?.detail).not.toHaveProperty('incident')
    expect(await watchesOf(sandbox)).toEqual([])
  })
})

describe('a person who goes back while it is watched', () => {
  it('charges what it failed, sooner than the watch is sure; and nothing if nothing was wrong', async () => {
    const id = await open({})
    await pass(sandbox, 30)
    await pass(sandbox, 5, faulty)
    await rollBack()
    await pass(sandbox, 35)
    expect(await endOf(sandbox, id)).toMatchObject([{ how: 'rolledBack' }])
    expect(await lateOf(id)).toMatchObject([{ until: 'back', excess: { kind: 'counted', failed: 100 } }])
    const next = await promote(sandbox, 'v2b')
    await pass(sandbox, 30)
    await rollBack()
    await pass(sandbox, 35)
    expect(await lateOf(next)).toMatchObject([{ excess: { kind: 'none' }, charges: [] }])
    expect(await watchesOf(sandbox)).toEqual([])
  })

  it('before the watch had begun to look charges it as well', async () => {
    const id = await open({}, { watchMinutes: 30 })
    await pass(sandbox, 10, faulty)
    await rollBack()
    await pass(sandbox, 95)
    expect(await lateOf(id)).toMatchObject([{ until: 'back', excess: { kind: 'counted' } }])
  })

  it('is told that it is not known when CloudWatch does not answer for two days', async () => {
    let isAway = false
    const onRequest = ({ phase, operation }: RequestInfo): void => {
      if (isAway && phase === 'before' && operation === 'GetMetricData') throw new Error('away')
    }
    const id = await open({}, { onRequest, watchMinutes: 60, budgetMinutes: 60 }, { slos })
    await pass(sandbox, 60)
    await rollBack()
    isAway = true
    await pass(sandbox, 47 * 60, 'nothing')
    expect(await lateOf(id)).toEqual([])
    await pass(sandbox, 3 * 60, 'nothing')
    expect(await lateOf(id)).toMatchObject([
      { excess: { kind: 'unknown' }, charges: [{ kind: 'unknown' }, { kind: 'unknown' }] },
    ])
    expect(await watchesOf(sandbox)).toEqual([])
  })
})

describe('a charge that dies', () => {
  const all = [1, 2, 3]
  // Once it is in the log; once it is in the history.
  it.each(areAll ? all : [1, 2])('after its effect %i is written once', async (dieAfter) => {
    let [made, isDying] = [0, false]
    const effects = new Set(['PutItem', 'DeleteItem'])
    const onRequest = ({ phase, operation, caller }: RequestInfo): void => {
      if (!isDying || !caller.arn.includes('tidegate-watch')) return
      if (phase === 'before' && made >= dieAfter) throw new Error('the process is dead')
      if (phase === 'after' && effects.has(operation)) made += 1
    }
    const id = await open({}, { onRequest }, { slos })
    await pass(sandbox, 60)
    await pass(sandbox, 10, faulty)
    await rollBack()
    await pass(sandbox, 15)
    isDying = true
    await pass(sandbox, 20)
    expect(made).toBe(dieAfter)
    isDying = false
    await pass(sandbox, 10)
    expect(await lateOf(id)).toMatchObject([{ excess: { kind: 'counted', failed: 200 } }])
    expect((await headOf(id))?.seq).toBe((await lateOf(id))[0]?.seq)
    expect(await watchesOf(sandbox)).toEqual([])
    expect(told()).toHaveLength(1)
  })
})
