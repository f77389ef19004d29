// `rollback --to`: a service goes back to a named version that had all traffic before, with or without a live release, by the
// right to roll back alone. It reaches nothing else, and a process that dies after any of its effects leaves nothing undone.
import fc from 'fast-check'
import { DeleteFunctionCommand } from '@aws-sdk/client-lambda'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import type { RequestInfo } from '../../../cloud/local/protocol/service.ts'
import { replay } from '../../../core/release/advance.ts'
import { type Sandbox, openSandbox } from '../../../local/sandbox.ts'
import { sampleService } from '../../../local/sample-service.ts'
import { usesItsRights } from '../../lib/used-rights.ts'
import { authorize } from '../least-privilege.ts'

usesItsRights()

const calm = { slos: [], hooks: [], gates: {}, signals: { alarms: [], errors: {} } }
const effects = new Set(['PutItem', 'DeleteItem', 'UpdateItem', 'UpdateAlias', 'StartExecution', 'SendTaskSuccess'])

let sandbox: Sandbox
let made = 0
let lambdaIsAway = false
let dieAfter = Number.POSITIVE_INFINITY
const onRequest = ({ phase, operation, caller }: RequestInfo): void => {
  if (!caller.arn.includes('tidegate-orderRollback')) return
  if (lambdaIsAway && phase === 'before' && operation === 'GetFunctionConfiguration') throw new Error('away')
  // Once dead, nothing more comes from it.
  if (phase === 'before' && made >= dieAfter) throw new Error('the process is dead')
  if (phase === 'after' && effects.has(operation)) {
    made += 1
    if (made >= dieAfter) throw new Error('the process dies, and hears no answer')
  }
}

const back = (to: unknown, service = 'checkout', reason = 'orders drop') =>
  sandbox.orderAs('ann')('roll-back', service, { to, reason }) as Promise<{
    releaseId: string
    phase: string
    note?: string
  }>
const settled = () => sandbox.clock.settle()
const promote = async (version: string, service = 'checkout'): Promise<string> => {
  const id = await sandbox.start({ service, version, plan: 'AllAtOnce' })
  await sandbox.finish(id)
  return id
}

/** A release with 10 % of the traffic: it waits for its turn after those before. */
const startLive = async (version: string): Promise<string> => {
  const id = await sandbox.start({ version })
  await sandbox.clock.advanceTo(sandbox.clock.nowMs() + 5_000)
  expect((await sandbox.alias()).weights).toEqual({ [version]: 0.1 })
  return id
}

/** Versions 1 to 4 of checkout have had all traffic, one after the other. */
async function openWithPast(): Promise<void> {
  sandbox = await openSandbox({ authorize, perMinute: 0, onRequest })
  await sandbox.world.services.put(sampleService(calm))
  for (const code of ['v2', 'v2b', 'v2c']) await promote(await sandbox.publish(code))
}

describe('a service whose versions 1 to 4 had all traffic', () => {
  beforeEach(openWithPast)
  afterEach(() => sandbox.close())

  it('goes back to version 2 at once, past closed gates, and its history says what was undone and by whom', async () => {
    await sandbox.ask('stopLine', { service: 'checkout', by: 'ben', reason: 'freeze' })
    const [last] = (await sandbox.world.history.list('checkout', 1)).items
    const { releaseId, phase } = await back('2')
    expect(phase).toBe('requested')
    await settled()
    expect(await sandbox.alias()).toMatchObject({ version: '2', weights: {} })
    const [head] = (await sandbox.world.history.list('checkout', 1)).items
    expect(head).toMatchObject({ releaseId, outcome: 'promoted', backFrom: last?.releaseId })
    expect(head?.versions).toEqual({ checkout: { stable: '4', candidate: '2' } })
    const first = (await sandbox.events(releaseId))[0]
    expect(first).toMatchObject({
      provenance: { requestedBy: 'user/ann' },
      reason: `back from ${last?.releaseId ?? ''} to checkout:2: orders drop`,
    })
  })

  it('goes back from what was promoted last, also where a way back has overtaken it while it waited', async () => {
    const wait = () => sandbox.minutes(1)
    await wait()
    const live = await startLive(await sandbox.publish('v2d'))
    await wait()
    const waiting = await sandbox.start({ version: await sandbox.publish('v2e'), plan: 'AllAtOnce', requestId: 'w' })
    await wait()
    await back('2')
    await wait()
    expect((await sandbox.release(live)).ending?.outcome).toBe('rolledBack')
    expect((await sandbox.finish(waiting)).ending?.outcome).toBe('promoted')
    expect(await sandbox.alias()).toMatchObject({ version: '6', weights: {} })
    await sandbox.minutes(20)
    await sandbox.orderAs('ann')('roll-back', 'checkout', { reason: 'orders drop' })
    await settled()
    expect(await sandbox.alias()).toMatchObject({ version: '2', weights: {} })
  })

  it('asks for it twice and goes back once; then goes further back, and forth again among what ran before', async () => {
    const first = await back('3')
    expect((await back('3')).releaseId).toBe(first.releaseId)
    await settled()
    const second = await back('1')
    await settled()
    expect(await sandbox.alias()).toMatchObject({ version: '1' })
    const third = await back('3')
    await settled()
    expect(await sandbox.alias()).toMatchObject({ version: '3' })
    expect(new Set([first, second, third].map(({ releaseId }) => releaseId)).size).toBe(3)
    // What the last change brought is what one goes back from: having it again is a release.
    await expect(back('4')).rejects.toMatchObject({ code: 'nothing_to_return_to' })
    await expect(
      sandbox.ask('orderRollback', { verb: 'rollBack', service: 'checkout', by: 'ann', reason: 'x' }),
    ).rejects.toMatchObject({
      code: 'nothing_to_return_to',
    })
    expect(await sandbox.alias()).toMatchObject({ version: '3' })
  })

  it('puts a live release back first, and needs nothing more when that brings the version', async () => {
    const live = await startLive(await sandbox.publish('v3'))
    expect((await sandbox.alias()).weights).toEqual({ '5': 0.1 })
    const answer = await back('2')
    expect(answer.note).toBe(`Release ${live} was put back first.`)
    expect((await sandbox.alias()).weights).toEqual({})
    await settled()
    expect((await sandbox.release(live)).ending).toMatchObject({ outcome: 'rolledBack', by: 'user/ann' })
    expect(await sandbox.alias()).toMatchObject({ version: '2', weights: {} })
    const next = await startLive('5')
    const same = await back('2')
    expect(same).toMatchObject({ releaseId: next, outcome: 'rolledBack' })
    await settled()
    expect(await sandbox.alias()).toMatchObject({ version: '2', weights: {} })
  })

  it('refuses a version that never had all traffic, is live only, or is gone, before anything has changed', async () => {
    await sandbox.clients.lambda.send(new DeleteFunctionCommand({ FunctionName: 'checkout', Qualifier: '3' }))
    const live = await startLive(await sandbox.publish('v3'))
    const before = await sandbox.events(live)
    await expect(back('5')).rejects.toMatchObject({ code: 'nothing_to_return_to' })
    await expect(back('77')).rejects.toMatchObject({ code: 'nothing_to_return_to' })
    await expect(back('3')).rejects.toMatchObject({ code: 'version_missing', message: 'There is no checkout:3.' })
    await expect(back({ cart: '1' })).rejects.toMatchObject({ code: 'target_unknown' })
    await expect(back('2', 'nonesuch')).rejects.toMatchObject({ code: 'service_missing' })
    expect(await sandbox.events(live)).toEqual(before)
    expect((await sandbox.alias()).weights).toEqual({ '5': 0.1 })
  })

  it('tries again when an earlier way back has ended without the traffic, also without a named version', async () => {
    await sandbox.moveByHand('4', { '3': 0.5 })
    const plain = { verb: 'rollBack', service: 'checkout', by: 'ann', reason: 'x' }
    const refused = [await back('2'), (await sandbox.ask('orderRollback', plain)) as { releaseId: string }]
    await settled()
    for (const { releaseId } of refused)
      expect((await sandbox.release(releaseId)).ending).toMatchObject({ outcome: 'rejected' })
    await sandbox.moveByHand('4')
    const again = await back('2')
    expect(refused.map(({ releaseId }) => releaseId)).not.toContain(again.releaseId)
    await settled()
    expect(await sandbox.alias()).toMatchObject({ version: '2' })
  })

  it('goes back although Lambda does not say whether the version exists', async () => {
    lambdaIsAway = true
    await back('2')
    lambdaIsAway = false
    expect(sandbox.logged.filter(({ message }) => String(message).startsWith('Left to the preparation'))).toHaveLength(
      1,
    )
    await settled()
    expect(await sandbox.alias()).toMatchObject({ version: '2' })
  })
})

it('ends in the version that was asked for, whichever effect of the order was the last before its process died', async () => {
  let effectsMade = 0
  const step = repeats(1, 3)
  for (let after = 1; after <= effectsMade + step; after += step) {
    await openWithPast()
    const live = await startLive(await sandbox.publish('v3'))
    made = 0
    dieAfter = after
    await back('2').catch(() => undefined)
    dieAfter = Number.POSITIVE_INFINITY
    const where = `died after effect ${after}`
    await sandbox.minutes(3)
    expect((await sandbox.alias()).weights, where).toEqual({})
    // Whoever got no answer asks again.
    await back('2')
    await sandbox.minutes(3)
    expect(await sandbox.alias(), where).toMatchObject({ version: '2', weights: {} })
    expect((await sandbox.release(live)).ending?.outcome, where).toBe('rolledBack')
    const heads = (await sandbox.world.history.list('checkout', 10)).items
    expect(
      heads.filter(({ backFrom, outcome }) => backFrom !== undefined && outcome === 'promoted'),
      where,
    ).toHaveLength(1)
    expect(await sandbox.world.leases.holder('checkout'), where).toBeUndefined()
    for (const { releaseId } of heads) {
      const events = await sandbox.events(releaseId)
      expect(
        events.map(({ seq }) => seq),
        where,
      ).toEqual(events.map((_, index) => index + 1))
      expect(replay(events)?.state.phase, where).toBe('settled')
    }
    effectsMade = Math.max(effectsMade, after < made ? after : made)
    sandbox.close()
  }
  expect(effectsMade).toBeGreaterThan(5)
})

describe('several services', () => {
  beforeAll(async () => {
    await openWithPast()
    const version = await sandbox.addFunction('cart')
    const targets = [
      { function: 'checkout', alias: 'live' },
      { function: 'cart', alias: 'live' },
    ]
    await sandbox.world.services.put(sampleService({ ...calm, name: 'shop', targets }))
    await sandbox.world.services.put(sampleService({ ...calm, name: 'other' }))
    const id = await sandbox.start({ service: 'shop', versions: { cart: version, checkout: '3' }, plan: 'AllAtOnce' })
    await sandbox.finish(id)
  })
  afterAll(() => sandbox.close())

  it('know only their own past: what another service released is no place to go back to', async () => {
    await expect(back('2', 'other')).rejects.toMatchObject({ code: 'nothing_to_return_to' })
    await expect(back({ checkout: '2' }, 'shop')).rejects.toMatchObject({ code: 'nothing_to_return_to' })
    await expect(back('1', 'shop')).rejects.toMatchObject({ code: 'target_unknown' })
    expect(await sandbox.alias('cart')).toMatchObject({ version: '2' })
    const { releaseId } = await back({ cart: '1' }, 'shop')
    await settled()
    expect(await sandbox.alias('cart')).toMatchObject({ version: '1' })
    expect(await sandbox.alias('checkout')).toMatchObject({ version: '3' })
    expect((await sandbox.release(releaseId)).ending?.outcome).toBe('promoted')
  })

  it('answer anything else with a problem, and nothing moves', async () => {
    const before = [await sandbox.alias(), await sandbox.alias('cart')]
    const value = fc.oneof(
      fc.jsonValue(),
      fc.string(),
      fc.integer().map(String),
      fc.dictionary(
        fc.constantFrom('cart', 'checkout', '__proto__', 'toString', '_'),
        fc.oneof(fc.string(), fc.jsonValue()),
      ),
    )
    await fc.assert(
      fc.asyncProperty(value, async (to) => {
        await expect(back(to, 'other')).rejects.toMatchObject({
          name: expect.stringMatching(/^Tidegate\.(call_invalid|nothing_to_return_to|target_unknown)$/) as string,
        })
      }),
      { numRuns: 200 },
    )
    for (const more of [{ releaseId: 'shop-1' }, { verb: 'abort' }])
      await expect(
        sandbox.ask('orderRollback', { verb: 'rollBack', service: 'shop', by: 'ann', reason: 'x', to: '1', ...more }),
      ).rejects.toMatchObject({
        name: 'Tidegate.call_invalid',
      })
    expect([await sandbox.alias(), await sandbox.alias('cart')]).toEqual(before)
  })
})
