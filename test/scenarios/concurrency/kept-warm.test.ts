// The version before, kept warm for the first part of the watch after a promotion (`watch.keepWarm`, docs/watch.md): a way back
// finds its environments ready, it is let go of in time, and at once when nothing leads back to it or another release begins.
import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { CreateAliasCommand, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda'
import { afterEach, describe, expect, it } from 'vitest'
import type { RequestInfo } from '../../../cloud/local/protocol/service.ts'
import { minuteWords } from '../../../core/time.ts'
import { tell } from '../../../core/view/release/told.ts'
import { minute, type Sandbox, type SandboxOptions } from '../../../local/sandbox.ts'
import { parseDefinition } from '../../../core/service/definition.ts'
import type { Forecast } from '../../../functions/orders/dry-run.ts'
import { allServices, planFor } from '../../../functions/versions/plan.ts'
import { usesItsRights } from '../../lib/used-rights.ts'
import { definition, give, having, openWarm, promised } from './warm.ts'

usesItsRights()

let sandbox: Sandbox
afterEach(() => sandbox.close())

const plan = { steps: [{ weight: 50, bake: '2m' }] }
const keepMinutes = 30
const keeping = { plan, watch: { for: '2h', keepWarm: `${keepMinutes}m` } }
const warm = { wanted: promised, available: promised }
const minuteMs = 60_000

/** Version 2 has just been promoted, and version 1 was warm all the time. @returns the id of the release */
async function promotedWith(changes: object, options: SandboxOptions = {}): Promise<string> {
  sandbox = await openWarm(options, changes)
  await give(sandbox, '1')
  await sandbox.minutes(2)
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
  return id
}
const all = () => sandbox.world.openReleases.all()
const apply = (changes: object) => sandbox.world.services.put(parseDefinition({ ...definition, ...changes }))
const goBack = async (): Promise<string> => {
  const order = { verb: 'rollBack', service: 'checkout', by: 'ann', reason: 'carts are lost' }
  return ((await sandbox.ask('orderRollback', order)) as { releaseId: string }).releaseId
}
function measured(atMs: number, invocations: number, errors: number): void {
  const dimensionSets = [{ FunctionName: 'checkout', Resource: 'checkout:live' }]
  const point = { namespace: 'AWS/Lambda', dimensionSets, unit: 'Count', atMs }
  sandbox.cloud.cloudwatch.record({ ...point, name: 'Invocations', value: invocations })
  sandbox.cloud.cloudwatch.record({ ...point, name: 'Errors', value: errors })
}
const promotedAt = async (id: string) => (await sandbox.release(id)).shifts.at(-1)?.sinceMs ?? 0

describe('a good release', () => {
  it('keeps the old version warm for so long after its promotion, and a sweep more, and is no open release', async () => {
    const id = await promotedWith(keeping)
    const fromMs = await promotedAt(id)
    expect(await sandbox.world.openReleases.list()).toEqual({ items: [], unreadable: [] })
    expect(await all()).toMatchObject({ open: [], warm: [{ releaseId: id, untilMs: fromMs + keepMinutes * minuteMs }] })
    const seen: boolean[] = []
    while ((await all()).warm.length > 0 && seen.length < 100) {
      const has = await having(sandbox)
      expect(has).toMatchObject({ 2: warm })
      seen.push('1' in has)
      await sandbox.minutes(1)
    }
    expect(seen).not.toContain(false)
    const keptMs = sandbox.clock.nowMs() - fromMs
    expect(keptMs / minuteMs).toBeGreaterThanOrEqual(keepMinutes)
    expect(keptMs / minuteMs).toBeLessThanOrEqual(keepMinutes + 2)
    expect(await having(sandbox)).toEqual({ 2: warm })
  })

  it('says in its log what may still be paid for', async () => {
    const id = await promotedWith(keeping)
    const settled = (await sandbox.events(id)).at(-1)
    const release = await sandbox.release(id)
    const { untilMs = 0 } = (await all()).warm[0] ?? {}
    const hours = ((untilMs - (settled?.atMs ?? 0)) / 3_600_000) * promised
    expect(hours).toBeGreaterThan(20)
    expect(settled && tell(settled, release).words).toMatch(/besides.*; checkout:1 stays warm until /)
    expect(settled && tell(settled, release).words).toContain(
      `stays warm until ${minuteWords(untilMs)} at the latest, for up to ${hours.toFixed(1)} environment-hours more`,
    )
  })
})

describe('the way back', () => {
  /** What the version that the traffic goes back to has in the moment in which it gets it, and in each minute until the end. */
  async function environmentsOnTheWay(back: string): Promise<readonly number[]> {
    const seen: number[] = []
    for (let minutes = 0; minutes < 20; minutes++) {
      if ((await sandbox.alias()).version === '1') seen.push((await having(sandbox))[1]?.available ?? 0)
      if ((await sandbox.release(back)).state.phase === 'settled') return seen
      await sandbox.minutes(1)
    }
    throw new Error('the way back does not end')
  }

  it.each([
    ['finds its environments ready', keeping, promised],
    ['leads to cold ones where nothing is kept warm', { plan, watch: { for: '2h' } }, 0],
  ])('%s', async (_, changes, atOnce) => {
    await promotedWith(changes)
    await sandbox.minutes(20)
    const back = await goBack()
    await sandbox.clock.settle()
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
    const [first, ...rest] = await environmentsOnTheWay(back)
    expect(first).toBe(atOnce)
    if (atOnce === promised) expect(new Set(rest).size).toBeLessThanOrEqual(1)
    await sandbox.minutes(8)
    expect((await sandbox.release(back)).ending?.outcome).toBe('promoted')
    expect(await having(sandbox)).toEqual({ 1: warm })
    expect(await all()).toEqual({ open: [], warm: [] })
  })

  it('of the watch finds them ready as well: a fault does not end what is kept', async () => {
    const watch = { for: '2h', onFault: 'rollBack', keepWarm: '1h' }
    const id = await promotedWith({ plan, watch }, { watchMinutes: 5 })
    for (let slot = 1; slot <= 288; slot++) measured(sandbox.clock.nowMs() - slot * 5 * minute - 3_600_000, 1000, 1)
    for (let minutes = 0; (await sandbox.alias()).version === '2'; minutes++) {
      expect(minutes).toBeLessThan(50)
      expect(await having(sandbox)).toMatchObject({ 1: warm })
      measured(sandbox.clock.nowMs(), 200, minutes < 15 ? 0 : 150)
      await sandbox.minutes(1)
    }
    expect((await sandbox.release(id)).watched).toMatchObject({ how: 'fault' })
    expect(await having(sandbox)).toMatchObject({ 1: warm })
    await sandbox.minutes(8)
    expect(await having(sandbox)).toEqual({ 1: warm })
    expect(await all()).toEqual({ open: [], warm: [] })
  })

  it('is not kept warm for itself: what it came from has nothing', async () => {
    await promotedWith(keeping)
    const back = await goBack()
    await sandbox.finish(back)
    await sandbox.minutes(1)
    expect(Object.keys(await having(sandbox))).toEqual(['1'])
  })
})

describe('it is over before its time', () => {
  it('when another release begins, which is told of no trouble although there was no room', async () => {
    await promotedWith(keeping)
    await sandbox.minutes(10)
    expect(Object.keys(await having(sandbox))).toEqual(['1', '2'])
    const ReservedConcurrentExecutions = 2 * promised
    await sandbox.clients.lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName: 'checkout', ReservedConcurrentExecutions }),
    )
    const next = await sandbox.start({ version: await sandbox.publish('v4'), requestId: 'next' })
    expect((await sandbox.release(next)).held).toMatchObject({ gates: ['allocating'] })
    expect((await sandbox.release(next)).held?.because).toBe(
      'waits for the room of checkout:1, which was kept warm until now',
    )
    await sandbox.minutes(1)
    expect(Object.keys(await having(sandbox))).not.toContain('1')
    expect((await sandbox.finish(next)).ending?.outcome).toBe('promoted')
    const news = sandbox.cloud.events.recorded().map((event) => event['detail-type'])
    expect(news).not.toContain('Release Held')
    expect(await having(sandbox)).toEqual({ 2: warm, 3: warm })
    expect((await all()).warm.map(({ targets }) => targets[0]?.stable)).toEqual(['2'])
  })

  it('and only the version that is kept is taken then: what the next one comes from is for that one', async () => {
    await promotedWith(keeping)
    const version = await sandbox.publish('v4')
    await sandbox.ask('stopLine', { service: 'checkout', by: 'ben', reason: 'freeze' })
    await sandbox.start({ version, requestId: 'next' })
    await sandbox.moveByHand(version)
    await sandbox.minutes(2)
    expect(await having(sandbox)).toEqual({ 2: warm })
  })

  it('and a late call of a gate that still gives it environments is undone', async () => {
    await promotedWith(keeping)
    const next = await sandbox.start({ version: await sandbox.publish('v4'), requestId: 'next' })
    await sandbox.minutes(1)
    expect(Object.keys(await having(sandbox))).not.toContain('1')
    await give(sandbox, '1')
    await sandbox.minutes(1)
    expect((await sandbox.release(next)).state.phase).not.toBe('settled')
    expect(Object.keys(await having(sandbox))).not.toContain('1')
  })

  it('but not in a moment in which another one takes the lease: first it is asked what that one wants', async () => {
    let isRacing = false
    const onRequest = async ({ phase, operation, caller }: RequestInfo): Promise<void> => {
      if (!isRacing || phase !== 'after' || operation !== 'ListAliases' || !caller.arn.includes('reconcile')) return
      isRacing = false
      await sandbox.world.leases.take('checkout', 'another')
    }
    await promotedWith(keeping, { onRequest: (info) => void onRequest(info) })
    await sandbox.minutes(8)
    await apply({ plan, watch: { for: '2h' } })
    isRacing = true
    await sandbox.minutes(1)
    expect(isRacing).toBe(false)
    expect(Object.keys(await having(sandbox))).toEqual(['1', '2'])
    await sandbox.minutes(1)
    expect(Object.keys(await having(sandbox))).toEqual(['2'])
  })

  it('but not when that one leads to the version that is kept', async () => {
    await promotedWith(keeping)
    await sandbox.minutes(2)
    await sandbox.ask('stopLine', { service: 'checkout', by: 'ben', reason: 'freeze' })
    const again = await sandbox.start({ version: '1', requestId: 'again' })
    await sandbox.minutes(3)
    // No alias points at it, and nothing is prepared yet: only the call says what is wanted.
    expect(await sandbox.release(again)).toMatchObject({ state: { phase: 'preparing' }, held: { gates: ['stop'] } })
    expect(await having(sandbox)).toMatchObject({ 1: warm })
    await sandbox.ask('startLine', { service: 'checkout', by: 'ben' })
    for (let minutes = 0; (await sandbox.release(again)).state.phase !== 'settled'; minutes++) {
      expect(minutes).toBeLessThan(30)
      expect(await having(sandbox)).toMatchObject({ 1: warm })
      await sandbox.minutes(1)
    }
    expect((await sandbox.release(again)).ending?.outcome).toBe('promoted')
    await sandbox.minutes(2)
    // It keeps the one that it came from, in its turn.
    expect(await having(sandbox)).toEqual({ 1: warm, 2: warm })
    expect((await all()).warm).toMatchObject([{ releaseId: again }])
  })

  it.each([
    ['keepWarm', { plan, watch: { for: '2h' } }],
    ['watch', { plan }],
    ['provisionedConcurrency', { plan, targets: [{ function: 'checkout', alias: 'live' }] }],
    ['a part of the time', { plan, watch: { for: '2h', keepWarm: '10m' } }],
  ])('when the definition no longer has %s', async (_, changes) => {
    await promotedWith(keeping)
    await sandbox.minutes(8)
    expect(Object.keys(await having(sandbox))).toEqual(['1', '2'])
    await apply(changes)
    await sandbox.minutes(4)
    expect(await having(sandbox)).toEqual({ 2: warm })
    expect(await all()).toEqual({ open: [], warm: [] })
  })

  it('when somebody has moved the alias back by hand: the version that serves keeps what it has', async () => {
    await promotedWith(keeping)
    await sandbox.minutes(8)
    await sandbox.moveByHand('1')
    await sandbox.minutes(2)
    expect(await having(sandbox)).toEqual({ 1: warm })
    expect(await all()).toEqual({ open: [], warm: [] })
  })
})

it('it is over in time even if nobody can read the definition any more', async () => {
  await promotedWith({ plan, watch: { for: '2h', keepWarm: '12m' } })
  const Item = { pk: { S: 'SERVICE' }, sk: { S: 'checkout' }, body: { S: '{}' } }
  await sandbox.clients.dynamodb.send(new PutItemCommand({ TableName: 'tidegate', Item }))
  await sandbox.minutes(8)
  expect(await having(sandbox)).toEqual({ 1: warm, 2: warm })
  await sandbox.minutes(5)
  expect(await having(sandbox)).toEqual({ 2: warm })
  expect(await all()).toEqual({ open: [], warm: [] })
})

describe('what else looks at it', () => {
  it('no version is deleted that is kept warm, and nothing says that a release has not ended', async () => {
    await promotedWith({ ...keeping, versions: { keep: 3, keepFor: '7d' } })
    await sandbox.minutes(8)
    const plan = await planFor(sandbox.world, 'checkout', await allServices(sandbox.world))
    const why = plan.versions.find(({ version }) => version === '1')?.because.join('; ')
    expect(why).toContain('provisioned concurrency')
    expect(why).not.toContain('has not ended')
  })

  it('a release is foretold that it has its room, and what the next one keeps', async () => {
    await promotedWith(keeping)
    await sandbox.clients.lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName: 'checkout', ReservedConcurrentExecutions: 2 * promised }),
    )
    const version = await sandbox.publish('v4')
    const answer = (await sandbox.orderAs('ann')('ask', 'checkout', { release: { version } })) as Forecast
    const room = answer.checks.find(({ what }) => what === 'provisioned concurrency checkout')
    expect(room).toMatchObject({ isOk: true })
    expect(room?.because).toMatch(/; after a promotion the old version stays warm for 30m: up to 25\.0 environment-/)
  })

  it('another service with the function leaves alone what this one keeps, and it goes when its time is over', async () => {
    sandbox = await openWarm()
    const beta = { FunctionName: 'checkout', Name: 'beta', FunctionVersion: '1' }
    await sandbox.clients.lambda.send(new CreateAliasCommand(beta))
    const targets = [{ function: 'checkout', alias: 'beta', provisionedConcurrency: promised }]
    await apply({ ...keeping, plan: 'AllAtOnce' })
    await apply({ name: 'beta', targets, plan: 'AllAtOnce' })
    await give(sandbox, '1')
    const version = await sandbox.publish('v2')
    const first = await sandbox.start({ version })
    await sandbox.finish(first)
    const second = await sandbox.start({ service: 'beta', version, requestId: 'beta' })
    expect((await sandbox.finish(second)).ending?.outcome).toBe('promoted')
    await sandbox.minutes(8)
    expect(await having(sandbox)).toEqual({ 1: warm, 2: warm })
    await sandbox.minutes(keepMinutes)
    expect(await having(sandbox)).toEqual({ 2: warm })
  })
})

it('nothing is kept after a release that went back', async () => {
  sandbox = await openWarm({}, keeping)
  await give(sandbox, '1')
  await sandbox.minutes(2)
  const id = await sandbox.start({ version: await sandbox.publish('v3') })
  expect((await sandbox.finish(id)).ending?.outcome).toBe('rolledBack')
  await sandbox.minutes(1)
  expect(await having(sandbox)).toEqual({ 1: warm })
  expect((await all()).warm).toEqual([])
})
