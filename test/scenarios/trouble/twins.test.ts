// The same event twice, one alarm over two services, a second version while one is live.
import { SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import { afterEach, describe, expect, it } from 'vitest'
import { sampleService } from '../../../local/sample-service.ts'
import { house, open, types, mutations, close } from './trouble-house.ts'

afterEach(close)

describe('twins', () => {
  it.each([1, 2, 10])('the same artifact event delivered %d times at once starts one release', async (copies) => {
    await open({}, { delivery: { copies: (event) => (event.source === 'aws.s3' ? copies : 1) } })
    await house.upload('v2')
    await house.minutes(1)
    const opened = (await house.world.openReleases.list('checkout')).items
    expect(opened).toHaveLength(1)
    expect(house.cloud.states.executions()).toHaveLength(1)
    const release = await house.finish(opened[0]?.releaseId ?? '')
    expect(release.ending?.outcome).toBe('promoted')
    expect((await types(release.id)).filter((type) => type === 'requested')).toHaveLength(1)
    expect((await house.world.openReleases.list()).items).toEqual([])
    expect((await house.world.history.list('checkout', 10)).items).toHaveLength(1)
  })

  it('the same call with the same id, ten at once and again after the end, is one release', async () => {
    await open()
    const call = { version: await house.publish('v2'), requestId: 'r1' }
    const ids = await Promise.all(Array.from({ length: 10 }, () => house.start(call)))
    expect(new Set(ids).size).toBe(1)
    await house.finish(ids[0] ?? '')
    const before = await types(ids[0] ?? '')
    expect(await house.start(call)).toBe(ids[0])
    await house.minutes(10)
    expect(await types(ids[0] ?? '')).toEqual(before)
    expect(house.cloud.states.executions()).toHaveLength(1)
  })

  it('an alarm delivered ten times moves the traffic back once', async () => {
    await open({}, { delivery: { copies: (event) => (event.source === 'aws.cloudwatch' ? 10 : 1) } })
    const id = await house.start({ version: await house.publish('v3') })
    const release = await house.finish(id)
    expect(release.ending?.outcome).toBe('rolledBack')
    expect((await types(id)).filter((type) => type === 'returnOrdered')).toHaveLength(1)
    expect(await mutations(id)).toBe(2)
  })
})

describe('one alarm over two services', () => {
  it('puts both back, also when the first of them has trouble', async () => {
    let refuse = false
    let refused = 0
    await open(
      {},
      {
        onRequest: (info) => {
          if (
            !refuse ||
            info.phase !== 'before' ||
            info.operation !== 'UpdateAlias' ||
            !info.caller.arn.includes('tidegate')
          )
            return
          if (refused++ === 0) throw new Error('refused once')
        },
      },
    )
    const { CreateAliasCommand, CreateFunctionCommand } = await import('@aws-sdk/client-lambda')
    const code = { ZipFile: new TextEncoder().encode('v1') }
    await house.clients.lambda.send(
      new CreateFunctionCommand({
        FunctionName: 'cart',
        Role: 'arn:aws:iam::000000000000:role/checkout',
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        Code: code,
        Publish: true,
      }),
    )
    await house.clients.lambda.send(
      new CreateAliasCommand({ FunctionName: 'cart', Name: 'live', FunctionVersion: '1' }),
    )
    await house.world.services.put(
      sampleService({ slos: [], hooks: [], name: 'cart', targets: [{ function: 'cart', alias: 'live' }] }),
    )
    const ids = [
      await house.start({ version: await house.publish('v2') }),
      await house.start({ service: 'cart', version: await house.publish('v2', 'cart') }),
    ]
    // The second one begins a second after the first.
    await house.clock.advanceTo(house.clock.nowMs() + 2000)
    refuse = true
    await house.clients.cloudwatch.send(
      new SetAlarmStateCommand({ AlarmName: 'checkout-errors', StateValue: 'ALARM', StateReason: 'test' }),
    )
    await house.clock.settle()
    const back = [await house.alias(), await house.alias('cart')].filter(
      ({ weights }) => Object.keys(weights).length === 0,
    )
    // What refused the first is over by the time it is tried again, in the same call.
    expect(back).toHaveLength(2)
    for (const id of ids) expect((await house.finish(id)).ending?.outcome).toBe('rolledBack')
    expect([await house.alias(), await house.alias('cart')]).toMatchObject([
      { version: '1', weights: {} },
      { version: '1', weights: {} },
    ])
  })
})

describe('a second version while a release is live', () => {
  it('waits for its turn, and takes it as soon as the first has settled', async () => {
    await open({ policy: { whileLive: 'queue' } })
    const first = await house.start({ version: await house.publish('v2') })
    const second = await house.start({ version: await house.publish('v1') })
    expect((await house.release(second)).state).toMatchObject({ phase: 'queued', behind: first })
    const done = await house.finish(first)
    expect(done.ending?.outcome).toBe('promoted')
    await house.clock.settle()
    expect((await house.release(second)).state.phase).not.toBe('queued')
    expect(await house.finish(second)).toMatchObject({
      ending: { outcome: 'promoted' },
      targets: [{ stable: '2', candidate: '3' }],
    })
  })

  it('replaces the first, which goes back before the second begins', async () => {
    await open({ policy: { whileLive: 'supersede' } })
    const first = await house.start({ version: await house.publish('v3') })
    const second = await house.start({ version: await house.publish('v2') })
    await house.clock.settle()
    expect(await house.release(first)).toMatchObject({
      state: { phase: 'settled' },
      ending: { outcome: 'superseded', by: `release ${second}` },
    })
    expect(await house.finish(second)).toMatchObject({
      ending: { outcome: 'promoted' },
      targets: [{ stable: '1', candidate: '3' }],
    })
  })

  it('is refused, and nothing of the first changes', async () => {
    await open({ policy: { whileLive: 'refuse' } })
    const first = await house.start({ version: await house.publish('v2') })
    const before = await house.alias()
    const second = await house.start({ version: await house.publish('v1') })
    expect(await house.finish(second)).toMatchObject({ ending: { outcome: 'rejected', code: 'service_busy' } })
    expect(await house.alias()).toEqual(before)
    expect((await house.finish(first)).ending?.outcome).toBe('promoted')
  })

  it('ten at once: one goes first, the others wait, all end, one after the other', async () => {
    await open({ plan: 'AllAtOnce' })
    const versions: string[] = []
    for (let index = 0; index < 5; index++) versions.push(await house.publish(index % 2 === 0 ? 'v2' : 'v1'))
    const ids = await Promise.all(versions.map((version) => house.start({ version })))
    for (const id of ids) expect((await house.finish(id)).ending?.outcome).toBe('promoted')
    expect((await house.world.openReleases.list()).items).toEqual([])
  })
})
