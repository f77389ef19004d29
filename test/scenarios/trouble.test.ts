// What goes wrong around a release, on the embedded cloud in virtual time: twins, rivals, foreign hands, silence, refusals,
// executions that die, people who change their mind.
import { StopExecutionCommand } from '@aws-sdk/client-sfn'
import { SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import { afterEach, describe, expect, it } from 'vitest'
import { serviceOf } from '../../cloud/local/dispatch.ts'
import { operationOf } from '../../cloud/local/operation.ts'
import type { Verdict } from '../../core/verdict/evidence/evidence.ts'
import { sampleService } from '../../local/sample-service.ts'
import { type House, type HouseOptions, minute, openHouse } from '../../local/house.ts'
import { authorize } from './least-privilege.ts'
import { refusing } from './refusing.ts'

let house: House
async function open(service: Readonly<Record<string, unknown>> = {}, options: HouseOptions = {}): Promise<House> {
  house = await openHouse({ authorize, perMinute: 60, ...options })
  await house.world.services.put(sampleService({ slos: [], hooks: [], ...service }))
  return house
}
afterEach(() => house.close())

const types = async (id: string): Promise<string[]> => (await house.events(id)).map((event) => event.type)
const mutations = async (id: string): Promise<number> => (await types(id)).filter((type) => type === 'moved').length
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

describe('an alias moved by hand', () => {
  it('interrupts the release at once, by name, and is left alone', async () => {
    await open()
    const id = await house.start({ version: await house.publish('v2') })
    await house.moveByHand('2', {}, 'sam')
    await house.minutes(1)
    const release = await house.finish(id)
    expect(release.ending).toMatchObject({ outcome: 'interrupted', by: 'arn:aws:iam::000000000000:user/sam' })
    expect(release.ending?.because).toContain('alias checkout:live was moved by somebody else to version 2 at 100 %')
    expect(await house.alias()).toMatchObject({ version: '2', weights: {} })
    expect(house.pages().at(-1)?.subject).toContain('interrupted')
  })

  it('is noticed at the next look without CloudTrail, and named as soon as CloudTrail speaks', async () => {
    let silent = true
    await open(
      {},
      {
        delivery: {
          delayMs: (event) => (silent && event['detail-type'] === 'AWS API Call via CloudTrail' ? 10 * minute : 0),
        },
      },
    )
    const id = await house.start({ version: await house.publish('v2') })
    await house.moveByHand('1', { '2': 0.3 }, 'sam')
    silent = false
    const release = await house.finish(id)
    expect(release.ending).toMatchObject({ outcome: 'interrupted', by: 'unknown' })
    await house.minutes(12)
    expect((await house.release(id)).ending?.by).toBe('arn:aws:iam::000000000000:user/sam')
    expect(await house.alias()).toMatchObject({ version: '1', weights: { '2': 0.3 } })
  })

  it('that already was split before the release is refused and left alone', async () => {
    await open()
    const version = await house.publish('v2')
    await house.moveByHand('1', { '2': 0.3 }, 'sam')
    expect((await house.finish(await house.start({ version }))).ending).toMatchObject({
      outcome: 'rejected',
      code: 'alias_split',
    })
    expect(await house.alias()).toMatchObject({ version: '1', weights: { '2': 0.3 } })
  })

  it('whose description alone was edited does not stop the release', async () => {
    await open()
    const id = await house.start({ version: await house.publish('v2') })
    const { UpdateAliasCommand } = await import('@aws-sdk/client-lambda')
    await house
      .clientsFor('sam')
      .lambda.send(new UpdateAliasCommand({ FunctionName: 'checkout', Name: 'live', Description: 'hello' }))
    expect((await house.finish(id)).ending?.outcome).toBe('promoted')
  })
})

describe('silence', () => {
  it('of both versions holds the release for as long as the policy says, and never promotes it', async () => {
    await open({ policy: { hold: { unknown: '10m', quiet: '2h' } } })
    house.traffic.stop()
    await house.minutes(1)
    const id = await house.start({ version: await house.publish('v2') })
    await house.minutes(119)
    const release = await house.finish(id)
    expect(release.ending).toMatchObject({ outcome: 'rolledBack', by: 'policy' })
    expect(release.ending?.because).toContain('no traffic on either version')
    expect((release.state.phase === 'settled' ? release.state.atMs : 0) - release.requestedAtMs).toBeGreaterThanOrEqual(
      120 * minute,
    )
  })

  it('of an alarm is unknown, names it, and pauses for a person when the policy says so', async () => {
    const { PutMetricAlarmCommand } = await import('@aws-sdk/client-cloudwatch')
    await open({
      signals: { alarms: ['mute'], errors: { minimumSamples: 1 } },
      policy: { whenHeldTooLong: 'pause', hold: { unknown: '5m', paused: '1h' } },
    })
    await house.clients.cloudwatch.send(
      new PutMetricAlarmCommand({
        AlarmName: 'mute',
        Namespace: 'Nobody',
        MetricName: 'Writes',
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanThreshold',
      }),
    )
    const id = await house.start({ version: await house.publish('v2') })
    await house.minutes(15)
    const held = await house.release(id)
    expect(held).toMatchObject({ state: { phase: 'baking', step: 0 }, paused: { by: 'policy.whenHeldTooLong' } })
    expect(held.paused?.reason).toContain('alarm mute has insufficient data')
    expect(await house.finish(id)).toMatchObject({ ending: { outcome: 'rolledBack', by: 'policy' } })
  })

  it('an alarm that does not exist, or fires already, is said before anything moves', async () => {
    await open({ signals: { alarms: ['checkout-errors', 'mispelt'] } })
    expect((await house.finish(await house.start({ version: await house.publish('v2') }))).ending).toMatchObject({
      outcome: 'rejected',
      code: 'alarm_missing',
    })
    await house.world.services.put(sampleService({ slos: [], hooks: [] }))
    await house.clients.cloudwatch.send(
      new SetAlarmStateCommand({ AlarmName: 'checkout-errors', StateValue: 'ALARM', StateReason: 'test' }),
    )
    const id = await house.start({ version: await house.publish('v1') })
    // It begins a second after the one before.
    await house.clock.advanceTo(house.clock.nowMs() + 2000)
    expect((await house.release(id)).excludedAlarms).toEqual(['checkout-errors'])
    expect((await house.finish(id)).ending?.outcome).toBe('promoted')
  })
})

describe('an execution that dies', () => {
  it.each([0, 1, 3, 7])('%d minutes into the release leaves no split alias, and the release ends', async (after) => {
    await open()
    const id = await house.start({ version: await house.publish('v2') })
    await house.minutes(after)
    const [execution] = house.cloud.states.executions()
    await house.clients.sfn.send(new StopExecutionCommand({ executionArn: execution?.arn }))
    await house.clock.settle()
    expect(await house.alias()).toMatchObject({ version: '1', weights: {} })
    expect(await house.finish(id)).toMatchObject({ ending: { outcome: 'aborted', by: 'sweep' } })
    expect((await house.world.openReleases.list()).items).toEqual([])
  })

  it('without anybody hearing of it is found by the sweep', async () => {
    await open({}, { delivery: { copies: (event) => (event.source === 'aws.states' ? 0 : 1) } })
    const id = await house.start({ version: await house.publish('v2') })
    const [execution] = house.cloud.states.executions()
    await house.clients.sfn.send(new StopExecutionCommand({ executionArn: execution?.arn }))
    expect(await house.alias()).toMatchObject({ weights: { '2': 0.1 } })
    await house.minutes(6)
    expect(await house.alias()).toMatchObject({ version: '1', weights: {} })
    expect((await house.finish(id)).ending?.outcome).toBe('aborted')
  })

  it('again and again is given up after four, and the release still ends', async () => {
    await open()
    const id = await house.start({ version: await house.publish('v2') })
    for (let count = 0; count < 6; count++) {
      for (const execution of house.cloud.states.executions()) {
        if (execution.status === 'RUNNING')
          await house.clients.sfn.send(new StopExecutionCommand({ executionArn: execution.arn }))
      }
      await house.clock.settle()
    }
    expect((await house.finish(id)).ending?.outcome).toBe('aborted')
    expect(house.cloud.states.executions().length).toBeLessThanOrEqual(5)
  })

  it('an intake that dies between its two writes is completed by the sweep', async () => {
    await open()
    const version = await house.publish('v2')
    const request = { service: 'checkout', version, requestId: 'half' }
    const id = await house.start(request)
    const [requested] = await house.events(id)
    house.close()
    await open()
    await house.publish('v2')
    if (requested?.type !== 'requested') throw new Error('no request')
    await house.world.openReleases.add({ releaseId: id, service: 'checkout', requestedAtMs: requested.atMs, requested })
    expect(await house.events(id)).toEqual([])
    await house.minutes(6)
    expect((await house.finish(id)).ending?.outcome).toBe('promoted')
  })

  it('a release that outgrows one execution goes on in another, and both end as it ends', async () => {
    await open({ plan: { steps: [{ weight: 10, bake: '1h' }] } })
    const id = await house.start({ version: await house.publish('v2') })
    await house.minutes(5)
    // As if it had been looked at for half a day already.
    const verdict: Verdict = {
      kind: 'unknown',
      quiet: true,
      because: 'test',
      window: { startMs: 0, endMs: 0 },
      signals: [],
    }
    for (let seq = (await house.release(id)).seq + 1; seq < 805; seq++) {
      await house.world.journal.append(id, { v: 1, seq, atMs: house.clock.nowMs(), type: 'judged', verdict })
    }
    await house.minutes(55)
    const release = await house.finish(id)
    expect(release).toMatchObject({
      ending: { outcome: 'promoted' },
      executions: [expect.any(String), expect.any(String)],
    })
    expect(house.cloud.states.executions().map((one) => one.status)).toEqual(['SUCCEEDED', 'SUCCEEDED'])
    const [first, second] = house.cloud.states.executions()
    expect(first?.output).toBe(second?.output)
  })
})

describe('people', () => {
  it('pause, look, resume; promote; abort; and each is in the log by name', async () => {
    await open()
    const id = await house.start({ version: await house.publish('v2') })
    await house.ask('pause', { verb: 'pause', service: 'checkout', by: 'ann', reason: 'lunch' })
    await house.minutes(30)
    expect((await house.alias()).weights).toEqual({ '2': 0.1 })
    await house.ask('pause', { verb: 'resume', service: 'checkout', by: 'ann' })
    await house.minutes(3)
    expect((await house.alias()).weights).toEqual({ '2': 0.5 })
    await house.ask('promote', { service: 'checkout', by: 'bob', reason: 'sale starts' })
    await house.clock.settle()
    expect(await house.release(id)).toMatchObject({ state: { phase: 'settled' }, ending: { outcome: 'promoted' } })
    const second = await house.start({ version: await house.publish('v1') })
    await house.ask('stop', { verb: 'abort', service: 'checkout', by: 'ann', reason: 'wrong branch' })
    expect(await house.alias()).toMatchObject({ version: '2', weights: {} })
    expect((await house.finish(second)).ending).toMatchObject({
      outcome: 'aborted',
      by: 'ann',
      because: 'wrong branch',
    })
    await expect(house.ask('pause', { verb: 'pause', service: 'checkout', by: 'ann', reason: 'x' })).rejects.toThrow(
      'No release of checkout is live',
    )
  })

  it('roll back: the traffic is on stable before the call returns', async () => {
    await open()
    const id = await house.start({ version: await house.publish('v2') })
    await house.world.leases.holder('checkout')
    const answer = house.ask('stop', { verb: 'rollBack', service: 'checkout', by: 'ann', reason: 'orders drop' })
    expect(await answer).toMatchObject({ releaseId: id, outcome: 'rolledBack' })
    expect(await house.alias()).toMatchObject({ version: '1', weights: {} })
    expect((await house.finish(id)).ending).toMatchObject({ by: 'ann' })
  })
})

describe('refusals of AWS', () => {
  /** Every request of the controller's of this kind is refused while `until` says so. */
  it('that pass are waited out: the release goes on as if nothing had been', async () => {
    let count = 0
    await open(
      {},
      refusing('UpdateAlias', () => count++ % 3 !== 0),
    )
    expect((await house.finish(await house.start({ version: await house.publish('v2') }))).ending?.outcome).toBe(
      'promoted',
    )
  })

  it('on the way back are retried for minutes, then paged, and the sweep ends it when AWS answers again', async () => {
    let refuse = false
    await open(
      {},
      refusing('UpdateAlias', () => refuse),
    )
    const id = await house.start({ version: await house.publish('v3') })
    refuse = true
    await house.minutes(40)
    expect(house.pages().some((page) => page.subject?.includes('could not be put back') === true)).toBe(true)
    const page = house.pages().find((one) => one.subject?.includes('could not be put back') === true)
    expect(page?.message).toContain('aws lambda update-alias --function-name checkout --name live --function-version 1')
    expect(await types(id)).toContain('returnFailed')
    refuse = false
    await house.minutes(6)
    expect(await house.alias()).toMatchObject({ version: '1', weights: {} })
    expect((await house.finish(id)).ending?.outcome).toBe('rolledBack')
  })

  it('of the telemetry before anything moved refuse the release: nobody could judge it', async () => {
    await open(
      { policy: { hold: { unknown: '5m' } } },
      refusing('GetMetricData', () => true),
    )
    const id = await house.start({ version: await house.publish('v2') })
    expect((await house.finish(id)).ending).toMatchObject({ outcome: 'rejected' })
    expect(await types(id)).not.toContain('moveIntended')
  })

  it('of the telemetry later are unknown with the reason, and never a pass', async () => {
    let refuse = false
    await open(
      { policy: { hold: { unknown: '5m' } } },
      refusing('GetMetricData', () => refuse),
    )
    const id = await house.start({ version: await house.publish('v2') })
    await house.minutes(2)
    expect((await house.alias()).weights).toEqual({ '2': 0.1 })
    refuse = true
    const release = await house.finish(id)
    expect(release.ending).toMatchObject({ outcome: 'rolledBack', by: 'policy' })
    expect(release.ending?.because).toContain('aws_unavailable')
  })

  /** Answers requests of this kind from the controller as IAM would without the permission. */
  const denying = (operation: string, action: string): HouseOptions => ({
    through: (handler) => async (request) => {
      const isOurs = request.headers['authorization']?.includes('role.tidegate') === true
      if (!isOurs || operationOf(serviceOf(request) ?? 's3', request) !== operation) return handler(request)
      const message = `User: arn:aws:sts::000000000000:assumed-role/tidegate-stop/session is not authorized to perform: ${action} on resource: x`
      return {
        status: 403,
        headers: { 'x-amzn-errortype': 'AccessDeniedException' },
        body: JSON.stringify({ __type: 'AccessDeniedException', message, Message: message }),
      }
    },
  })

  it.each([
    ['UpdateAlias', 'lambda:UpdateAlias'],
    ['DescribeAlarms', 'cloudwatch:DescribeAlarms'],
    ['GetFunctionConfiguration', 'lambda:GetFunctionConfiguration'],
  ])('a missing permission for %s is named before anything moves', async (operation, action) => {
    await open({}, denying(operation, action))
    const before = await house.alias()
    const release = await house.finish(await house.start({ version: await house.publish('v2') }))
    expect(release.ending).toMatchObject({ outcome: 'rejected', code: 'permission_denied' })
    expect(release.ending?.because).toContain(action)
    expect(await house.alias()).toMatchObject({ version: before.version, weights: before.weights })
  })

  it('of the topic do not hold up the next release; the page comes when the topic answers', async () => {
    let refuse = true
    await open(
      {},
      refusing('Publish', () => refuse),
    )
    const id = await house.start({ version: await house.publish('v3') })
    expect((await house.finish(id)).ending?.outcome).toBe('rolledBack')
    const next = await house.start({ version: await house.publish('v1') })
    expect((await house.finish(next)).ending?.outcome).toBe('promoted')
    expect((await house.world.openReleases.list()).items.map((open1) => open1.releaseId)).toContain(id)
    expect(house.pages()).toEqual([])
    refuse = false
    await house.minutes(6)
    expect((await house.world.openReleases.list()).items).toEqual([])
    expect(house.pages().map((page) => page.subject)).toEqual([expect.stringContaining(id)])
  })

  it('to start an execution that lives end the release instead of keeping the service waiting for ever', async () => {
    let dying = true
    await open(
      {},
      refusing('Query', () => dying),
    )
    dying = false
    const id = await house.start({ version: await house.publish('v2') })
    dying = true
    for (let count = 0; count < 12; count++) {
      for (const one of house.cloud.states.executions()) {
        if (one.status === 'RUNNING') await house.clients.sfn.send(new StopExecutionCommand({ executionArn: one.arn }))
      }
      dying = count < 6
      await house.minutes(5)
    }
    expect((await house.finish(id)).ending?.outcome).toBe('aborted')
    expect(await house.alias()).toMatchObject({ version: '1', weights: {} })
  })

  it('to read an alias are not taken for drift', async () => {
    let count = 0
    await open(
      {},
      refusing('GetAlias', () => count++ > 0),
    )
    expect((await house.finish(await house.start({ version: await house.publish('v2') }))).ending?.outcome).toBe(
      'promoted',
    )
  })
})
