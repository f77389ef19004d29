// Whole releases on the embedded cloud, in virtual time: what a team sees, and what it must never see.
import { afterEach, describe, expect, it } from 'vitest'
import { sampleService } from '../../local/sample-service.ts'
import { type Sandbox, type SandboxOptions, minute, openSandbox } from '../../local/sandbox.ts'
import { authorize } from './least-privilege.ts'
import { usesItsRights } from '../lib/used-rights.ts'

usesItsRights()

let sandbox: Sandbox
async function open(service: Readonly<Record<string, unknown>> = {}, options: SandboxOptions = {}): Promise<Sandbox> {
  sandbox = await openSandbox({ authorize, sweepMinutes: 5, ...options })
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [], ...service }))
  return sandbox
}
afterEach(() => sandbox.close())

const types = async (id: string): Promise<string[]> => (await sandbox.events(id)).map((event) => event.type)

describe('a release', () => {
  it('of a healthy version goes 10, 50, 90 % and is promoted', async () => {
    await open()
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: { '2': 0.1 } })
    const seen = new Set<number>()
    for (let passed = 0; passed < 40; passed++) {
      seen.add((await sandbox.alias()).weights['2'] ?? 0)
      await sandbox.minutes(1)
    }
    const release = await sandbox.release(id)
    expect(release).toMatchObject({ state: { phase: 'settled' }, ending: { outcome: 'promoted' } })
    expect([...seen]).toEqual([0.1, 0.5, 0.9, 0])
    expect(await sandbox.alias()).toMatchObject({ version: '2', weights: {} })
    expect(sandbox.cloud.states.executions().map((one) => one.status)).toEqual(['SUCCEEDED'])
    expect(sandbox.pages()).toEqual([])
    const passes = (await sandbox.events(id)).flatMap((event) =>
      event.type === 'judged' && event.verdict.kind === 'pass' ? [event.verdict.because] : [],
    )
    expect(passes.join()).toContain('would have been seen, unless failures come in bursts')
    expect((await sandbox.world.openReleases.list()).items).toEqual([])
    expect(await sandbox.world.leases.holder('checkout')).toBeUndefined()
    expect((await sandbox.world.history.list('checkout', 10)).items[0]).toMatchObject({
      releaseId: id,
      outcome: 'promoted',
      versions: { checkout: { stable: '1', candidate: '2' } },
    })
  })

  it('of a version that fails for some inputs is put back by the alarm, in the minute in which it fires, and pages', async () => {
    await open({ runbook: 'https://example.com/runbooks/checkout' })
    const id = await sandbox.start({ version: await sandbox.publish('v3') })
    const release = await sandbox.finish(id)
    expect(release.ending).toMatchObject({ outcome: 'rolledBack', by: 'alarm checkout-errors' })
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
    const [ordered] = (await sandbox.events(id)).filter((event) => event.type === 'returnOrdered')
    expect((ordered?.atMs ?? 0) - (release.shifts[0]?.sinceMs ?? 0)).toBeLessThanOrEqual(2 * minute)
    expect(sandbox.pages()).toHaveLength(1)
    expect(sandbox.pages()[0]?.message).toContain('Runbook: https://example.com/runbooks/checkout')
    const [execution] = sandbox.cloud.states.executions()
    expect(execution).toMatchObject({ status: 'FAILED', error: 'rolledBack' })
    expect(execution?.cause).toContain('was rolled back: alarm checkout-errors fired')
  })

  it('of the same version is put back by its error rate alone if no alarm guards it', async () => {
    await open({ signals: { errors: { minimumSamples: 20 } } })
    const release = await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v3') }))
    expect(release.ending).toMatchObject({ outcome: 'rolledBack', by: 'verdict' })
    expect(release.ending?.because).toMatch(/errors: candidate \d+\.\d\d % of \d+, stable 0\.00 % of \d+/)
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
  })

  it('of a slow version is put back by its latency alone if no alarm guards it', async () => {
    await open({ signals: { latency: {} } })
    const release = await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v4') }))
    expect(release.ending).toMatchObject({ outcome: 'rolledBack', by: 'verdict' })
    expect(release.ending?.because).toMatch(
      /^latency: .+: candidate 100\.00 % of \d+ take longer than [\d.]+ ms, stable \d+\.\d\d % of \d+/,
    )
    expect(release.targets[0]?.baseline.thresholdsMs.length).toBeGreaterThan(0)
  })

  it('with two requests a minute holds, says how long it needs, and finally does what the policy says', async () => {
    await open({ policy: { hold: { unknown: '40m' }, whenHeldTooLong: 'pause' }, signals: {} }, { perMinute: 2 })
    const id = await sandbox.start({ version: await sandbox.publish('v3') })
    await sandbox.minutes(40)
    const held = await sandbox.release(id)
    expect(held).toMatchObject({ state: { phase: 'baking', step: 0 } })
    expect(held.paused).toBeUndefined()
    expect(held.verdict?.because).toMatch(
      /errors: \d+ of 50 samples of the candidate at this weight, about \d+ more minutes/,
    )
    await sandbox.minutes(20)
    expect((await sandbox.release(id)).paused).toMatchObject({ by: 'policy.whenHeldTooLong' })
    expect((await sandbox.alias()).weights).toEqual({ '2': 0.1 })
  })

  it('of a slow version is put back by an alarm on its duration', async () => {
    await open({ signals: { alarms: ['checkout-slow'] } })
    const { PutMetricAlarmCommand } = await import('@aws-sdk/client-cloudwatch')
    const dimensions = [
      { Name: 'FunctionName', Value: 'checkout' },
      { Name: 'Resource', Value: 'checkout:live' },
    ]
    await sandbox.clients.cloudwatch.send(
      new PutMetricAlarmCommand({
        AlarmName: 'checkout-slow',
        Namespace: 'AWS/Lambda',
        MetricName: 'Duration',
        Dimensions: dimensions,
        ExtendedStatistic: 'p99',
        Period: 60,
        EvaluationPeriods: 2,
        DatapointsToAlarm: 2,
        Threshold: 1000,
        ComparisonOperator: 'GreaterThanThreshold',
      }),
    )
    await sandbox.minutes(3)
    const release = await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v4') }))
    expect(release.ending).toMatchObject({ outcome: 'rolledBack', by: 'alarm checkout-slow' })
  })

  it('from an artifact event is prepared from the exact object that arrived', async () => {
    await open()
    await sandbox.upload('v2')
    await sandbox.clock.settle()
    const [open1] = (await sandbox.world.openReleases.list('checkout')).items
    const release = await sandbox.finish(open1?.releaseId ?? '')
    expect(release).toMatchObject({
      ending: { outcome: 'promoted' },
      provenance: { source: 's3', author: 'ci' },
      targets: [{ stable: '1', candidate: '2' }],
    })
    expect(await sandbox.alias()).toMatchObject({ version: '2' })
  })

  it('of a version that already has the traffic ends at once and is no failure', async () => {
    await open()
    const id = await sandbox.start({ version: '1' })
    expect(await sandbox.finish(id)).toMatchObject({ ending: { outcome: 'alreadyReleased' } })
    expect(sandbox.cloud.states.executions()[0]?.status).toBe('SUCCEEDED')
  })

  it('that CodePipeline starts through the state machine is the same release, and fails as its execution does', async () => {
    await open()
    const version = await sandbox.publish('v3')
    sandbox.cloud.states.start(
      'arn:aws:states:us-east-1:000000000000:stateMachine:tidegate-release',
      'pipe-12345678',
      JSON.stringify({ service: 'checkout', version, source: 'codepipeline', commit: 'abc123' }),
    )
    await sandbox.clock.settle()
    const [open1] = (await sandbox.world.openReleases.list('checkout')).items
    const release = await sandbox.finish(open1?.releaseId ?? '')
    expect(release).toMatchObject({
      provenance: { source: 'codepipeline', commit: 'abc123' },
      ending: { outcome: 'rolledBack' },
    })
    expect(sandbox.cloud.states.executions()).toMatchObject([{ name: 'pipe-12345678', status: 'FAILED' }])
  })

  it('blue/green smoke-tests the candidate at 0 %, then gives it all traffic, and the way back stays one write away', async () => {
    let smokedAt: unknown
    const functions = {
      smoke2: async () => {
        smokedAt = (await sandbox.alias()).weights
        return { result: 'pass' }
      },
    }
    await open(
      { plan: { allAtOnce: { bake: '5m' } }, hooks: [{ at: 'beforeTraffic', function: 'checkout-smoke' }] },
      { functions },
    )
    await sandbox.publish('smoke2', 'checkout-smoke')
    const id = await sandbox.start({ version: await sandbox.publish('v3') })
    expect(smokedAt).toEqual({})
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: { '2': 1 } })
    expect(await sandbox.finish(id)).toMatchObject({ ending: { outcome: 'rolledBack' } })
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
  })

  it('moves several functions together and puts them back together', async () => {
    await open({
      targets: [
        { function: 'checkout', alias: 'live' },
        { function: 'cart', alias: 'live' },
      ],
      signals: { errors: { minimumSamples: 20 } },
    })
    const { CreateAliasCommand, CreateFunctionCommand } = await import('@aws-sdk/client-lambda')
    await sandbox.clients.lambda.send(
      new CreateFunctionCommand({
        FunctionName: 'cart',
        Role: 'arn:aws:iam::000000000000:role/checkout',
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        Code: { ZipFile: new TextEncoder().encode('v1') },
        Publish: true,
      }),
    )
    await sandbox.clients.lambda.send(
      new CreateAliasCommand({ FunctionName: 'cart', Name: 'live', FunctionVersion: '1' }),
    )
    const versions = { checkout: await sandbox.publish('v3'), cart: await sandbox.publish('v2', 'cart') }
    const id = await sandbox.start({ versions })
    expect([await sandbox.alias(), await sandbox.alias('cart')]).toMatchObject([
      { weights: { '2': 0.1 } },
      { weights: { '2': 0.1 } },
    ])
    expect(await sandbox.finish(id)).toMatchObject({ ending: { outcome: 'rolledBack' } })
    expect([await sandbox.alias(), await sandbox.alias('cart')]).toMatchObject([
      { version: '1', weights: {} },
      { version: '1', weights: {} },
    ])
  })
})

describe('hooks', () => {
  const hooked = (at: string, timeout = '5m') => ({ hooks: [{ at, function: 'checkout-smoke', timeout }] })

  it('that fail before traffic end the release before anything has moved', async () => {
    await open(hooked('beforeTraffic'), {
      functions: {
        bad: () => {
          throw new Error('total is 0')
        },
      },
    })
    await sandbox.publish('bad', 'checkout-smoke')
    const before = (await sandbox.alias()).version
    const release = await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v2') }))
    expect(release.ending).toMatchObject({ outcome: 'rejected' })
    expect(release.ending?.because).toContain('total is 0')
    expect(await sandbox.alias()).toMatchObject({ version: before, weights: {} })
  })

  it('get all details, before every step, and may answer later', async () => {
    const told: Record<string, unknown>[] = []
    await open(hooked('beforeStep'), {
      functions: {
        later: (event) => {
          told.push(event as Record<string, unknown>)
          return { result: 'later' }
        },
      },
    })
    await sandbox.publish('later', 'checkout-smoke')
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    expect(await sandbox.alias()).toMatchObject({ weights: {} })
    await sandbox.minutes(2)
    expect(told).toMatchObject([
      {
        release: id,
        service: 'checkout',
        point: 'beforeStep',
        step: 1,
        steps: 3,
        weightPercent: 10,
        attempt: 1,
        targets: [{ function: 'checkout', alias: 'live', stable: '1', candidate: '2' }],
      },
    ])
    const proof = (call: number) => ({
      hook: told[call]?.['hook'],
      nonce: (told[call]?.['answer'] as { nonce: string }).nonce,
    })
    await sandbox.ask('answer', { releaseId: id, ...proof(0), result: 'pass' })
    await sandbox.clock.settle()
    expect(await sandbox.alias()).toMatchObject({ weights: { '2': 0.1 } })
    await expect(sandbox.ask('answer', { releaseId: id, ...proof(0), result: 'fail' })).rejects.toThrow(
      'answer has no effect',
    )
    await sandbox.minutes(8)
    expect(told).toHaveLength(2)
    await sandbox.ask('pause', { verb: 'pause', releaseId: id, by: 'ann', reason: 'to see' })
    await sandbox.ask('pause', { verb: 'resume', releaseId: id, by: 'ann' })
    await sandbox.clock.settle()
    // The hook said that it will answer: an operator's order does not call it again.
    expect(told).toHaveLength(2)
    await sandbox.ask('answer', {
      releaseId: id,
      ...proof(1),
      result: 'fail',
      message: 'migration is stuck',
    })
    expect((await sandbox.finish(id)).ending?.because).toContain('migration is stuck')
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
  })

  it('that stay silent are unknown: called again, and given up when the policy says so', async () => {
    await open(
      { ...hooked('beforeTraffic', '5m'), policy: { hold: { unknown: '12m' } } },
      { functions: { mute: () => ({ result: 'later' }) } },
    )
    await sandbox.publish('mute', 'checkout-smoke')
    const release = await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v2') }))
    expect(release.ending).toMatchObject({ outcome: 'rejected', by: 'policy' })
    expect(release.ending?.because).toContain('was silent for 300 s')
    expect((await types(release.id)).filter((type) => type === 'hookCalled')).toHaveLength(3)
  })

  it('after a rollback are called but cannot stop it from ending; after a promotion they can still undo it', async () => {
    await open(
      { ...hooked('afterRollback'), signals: { alarms: ['checkout-errors'] } },
      {
        functions: {
          bad: () => {
            throw new Error('undo failed')
          },
        },
      },
    )
    await sandbox.publish('bad', 'checkout-smoke')
    const release = await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v3') }))
    expect(release.ending?.outcome).toBe('rolledBack')
    expect(await types(release.id)).toContain('hookAnswered')
    await sandbox.world.services.put(sampleService({ slos: [], ...hooked('afterPromotion'), plan: 'AllAtOnce' }))
    const undone = await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v2') }))
    expect(undone.ending).toMatchObject({ outcome: 'rolledBack', by: 'hook' })
    expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
  })
})
