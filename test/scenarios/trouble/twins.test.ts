// The same event twice, one alarm for two services, a second version while one is live.
import { SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import { afterEach, describe, expect, it } from 'vitest'
import { sampleService } from '../../../local/sample-service.ts'
import { sandbox, open, types, mutations, close } from './trouble-sandbox.ts'

afterEach(close)

describe('twins', () => {
  it.each([1, 2, 10])('the same artifact event delivered %d times at once starts one release', async (copies) => {
    await open({}, { delivery: { copies: (event) => (event.source === 'aws.s3' ? copies : 1) } })
    await sandbox.upload('v2')
    await sandbox.minutes(1)
    const opened = (await sandbox.world.openReleases.list('checkout')).items
    expect(opened).toHaveLength(1)
    expect(sandbox.cloud.states.executions()).toHaveLength(1)
    const release = await sandbox.finish(opened[0]?.releaseId ?? '')
    expect(release.ending?.outcome).toBe('promoted')
    expect((await types(release.id)).filter((type) => type === 'requested')).toHaveLength(1)
    expect((await sandbox.world.openReleases.list()).items).toEqual([])
    expect((await sandbox.world.history.list('checkout', 10)).items).toHaveLength(1)
  })

  it('the same call with the same id, ten at once and again after the end, is one release', async () => {
    await open()
    const call = { version: await sandbox.publish('v2'), requestId: 'r1' }
    const ids = await Promise.all(Array.from({ length: 10 }, () => sandbox.start(call)))
    expect(new Set(ids).size).toBe(1)
    await sandbox.finish(ids[0] ?? '')
    const before = await types(ids[0] ?? '')
    expect(await sandbox.start(call)).toBe(ids[0])
    await sandbox.minutes(10)
    expect(await types(ids[0] ?? '')).toEqual(before)
    expect(sandbox.cloud.states.executions()).toHaveLength(1)
  })

  it('an alarm delivered ten times moves the traffic back once', async () => {
    await open({}, { delivery: { copies: (event) => (event.source === 'aws.cloudwatch' ? 10 : 1) } })
    const id = await sandbox.start({ version: await sandbox.publish('v3') })
    const release = await sandbox.finish(id)
    expect(release.ending?.outcome).toBe('rolledBack')
    expect((await types(id)).filter((type) => type === 'returnOrdered')).toHaveLength(1)
    expect(await mutations(id)).toBe(2)
  })
})

describe('one alarm for two services', () => {
  it('puts both back, even if the first of them has trouble', async () => {
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
    await sandbox.clients.lambda.send(
      new CreateFunctionCommand({
        FunctionName: 'cart',
        Role: 'arn:aws:iam::000000000000:role/checkout',
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        Code: code,
        Publish: true,
      }),
    )
    await sandbox.clients.lambda.send(
      new CreateAliasCommand({ FunctionName: 'cart', Name: 'live', FunctionVersion: '1' }),
    )
    await sandbox.world.services.put(
      sampleService({ slos: [], hooks: [], name: 'cart', targets: [{ function: 'cart', alias: 'live' }] }),
    )
    const ids = [
      await sandbox.start({ version: await sandbox.publish('v2') }),
      await sandbox.start({ service: 'cart', version: await sandbox.publish('v2', 'cart') }),
    ]
    // The second one begins a second after the first.
    await sandbox.clock.advanceTo(sandbox.clock.nowMs() + 2000)
    refuse = true
    await sandbox.clients.cloudwatch.send(
      new SetAlarmStateCommand({ AlarmName: 'checkout-errors', StateValue: 'ALARM', StateReason: 'test' }),
    )
    await sandbox.clock.settle()
    const back = [await sandbox.alias(), await sandbox.alias('cart')].filter(
      ({ weights }) => Object.keys(weights).length === 0,
    )
    // The first one's refusal is over by the time it is retried, in the same call.
    expect(back).toHaveLength(2)
    for (const id of ids) expect((await sandbox.finish(id)).ending?.outcome).toBe('rolledBack')
    expect([await sandbox.alias(), await sandbox.alias('cart')]).toMatchObject([
      { version: '1', weights: {} },
      { version: '1', weights: {} },
    ])
  })
})

describe('a second version while a release is live', () => {
  it('waits for its turn, and takes it as soon as the first has settled', async () => {
    await open({ policy: { whileLive: 'queue' } })
    const first = await sandbox.start({ version: await sandbox.publish('v2') })
    const second = await sandbox.start({ version: await sandbox.publish('v1') })
    expect((await sandbox.release(second)).state).toMatchObject({ phase: 'queued', behind: first })
    const done = await sandbox.finish(first)
    expect(done.ending?.outcome).toBe('promoted')
    await sandbox.clock.settle()
    expect((await sandbox.release(second)).state.phase).not.toBe('queued')
    expect(await sandbox.finish(second)).toMatchObject({
      ending: { outcome: 'promoted' },
      targets: [{ stable: '2', candidate: '3' }],
    })
  })

  it('replaces the first, which goes back before the second begins', async () => {
    await open({ policy: { whileLive: 'supersede' } })
    const first = await sandbox.start({ version: await sandbox.publish('v3') })
    const second = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.clock.settle()
    expect(await sandbox.release(first)).toMatchObject({
      state: { phase: 'settled' },
      ending: { outcome: 'superseded', by: `release ${second}` },
    })
    expect(await sandbox.finish(second)).toMatchObject({
      ending: { outcome: 'promoted' },
      targets: [{ stable: '1', candidate: '3' }],
    })
  })

  it('is refused, and nothing of the first changes', async () => {
    await open({ policy: { whileLive: 'refuse' } })
    const first = await sandbox.start({ version: await sandbox.publish('v2') })
    const before = await sandbox.alias()
    const second = await sandbox.start({ version: await sandbox.publish('v1') })
    expect(await sandbox.finish(second)).toMatchObject({ ending: { outcome: 'rejected', code: 'service_busy' } })
    expect(await sandbox.alias()).toEqual(before)
    expect((await sandbox.finish(first)).ending?.outcome).toBe('promoted')
  })

  it('ten at once: one goes first, the others wait, all end, one after the other', async () => {
    await open({ plan: 'AllAtOnce' })
    const versions: string[] = []
    for (let index = 0; index < 5; index++) versions.push(await sandbox.publish(index % 2 === 0 ? 'v2' : 'v1'))
    const ids = await Promise.all(versions.map((version) => sandbox.start({ version })))
    for (const id of ids) expect((await sandbox.finish(id)).ending?.outcome).toBe('promoted')
    expect((await sandbox.world.openReleases.list()).items).toEqual([])
  })
})
