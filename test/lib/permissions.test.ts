// Least privilege, both ways: releases work under the synthesised policies (test/functions runs under them), every action
// that is granted is used, and nothing is granted on more than it takes.
import { SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import { UpdateAliasCommand } from '@aws-sdk/client-lambda'
import { PutBucketEncryptionCommand } from '@aws-sdk/client-s3'
import { afterAll, describe, expect, it } from 'vitest'
import { authorizationOf, authorizations } from '../../cloud/authorization.ts'
import { type Verb, verbs } from '../../functions/handlers.ts'
import { permissions } from '../../functions/permissions.ts'
import { type House, openHouse } from '../../local/house.ts'
import { functionName } from '../../local/installation.ts'
import { sampleService } from '../../local/sample-service.ts'
import { isOfKind } from '../cloud/arn-shapes.ts'
import { sampleDefinition } from '../scenarios/least-privilege.ts'
import { enforcing, type Policies, synthesised } from './policies.ts'

const policies = synthesised([sampleDefinition])
const { authorize, used } = enforcing(policies)

/** Used by scenarios of test/functions, which run under the same policies: there a grant that is missing fails a test. */
const byScenarios: readonly string[] = [
  ...['answer', 'approve', 'override', 'promote', 'startLine'].flatMap((verb) =>
    ['dynamodb:PutItem', 'dynamodb:Query', 'states:SendTaskSuccess'].map((action) => `${verb} ${action}`),
  ),
  ...['codepipeline:PutJobFailureResult', 'codepipeline:PutJobSuccessResult', 'dynamodb:Query', 'lambda:GetAlias'].map(
    (action) => `ask ${action}`,
  ),
  'gate lambda:GetFunctionConfiguration',
  // test/scenarios/asleep.test.ts
  'prepare lambda:InvokeFunction',
  'startLine dynamodb:DeleteItem',
  'stopLine dynamodb:PutItem',
  ...['dynamodb:PutItem', 'dynamodb:Query', 'states:StartExecution'].map((action) => `urgent ${action}`),
  'stop states:StartExecution',
  'handOver states:DescribeExecution',
  'handOver states:StartExecution',
  'page dynamodb:PutItem',
  'page dynamodb:Query',
  'page sns:Publish',
  'reconcile dynamodb:DeleteItem',
  'reconcile states:SendTaskSuccess',
  'shift lambda:GetAlias',
  'reconcile sns:Publish',
  ...['cloudwatch:GetMetricData', 'dynamodb:PutItem', 'dynamodb:Query', 'events:PutEvents', 'sns:Publish'].map(
    (action) => `budget ${action}`,
  ),
  ...['attest', 'incident'].flatMap((verb) =>
    ['dynamodb:PutItem', 'dynamodb:Query'].map((action) => `${verb} ${action}`),
  ),
  ...[
    'application-signals:BatchGetServiceLevelObjectiveBudgetReport',
    'dynamodb:PutItem',
    'dynamodb:Query',
    'events:PutEvents',
  ].map((action) => `reports ${action}`),
  'measure dynamodb:Query',
  // test/scenarios/outage.test.ts
  ...['alarm', 'rollBack', 'stop'].flatMap((verb) => [`${verb} dynamodb:DeleteItem`, `${verb} sns:Publish`]),
  ...['dynamodb:DeleteItem', 'dynamodb:PutItem', 'sns:Publish'].map((action) => `announce ${action}`),
  ...['cloudwatch:DescribeAlarms', 'dynamodb:PutItem', 'dynamodb:Query', 'lambda:GetAlias', 'lambda:UpdateAlias'].map(
    (action) => `outage ${action}`,
  ),
  'rollBack states:SendTaskSuccess',
  // test/lib/elsewhere.test.ts
  ...verbs.filter((verb) => permissions[verb].targetRoles !== undefined).map((verb) => `${verb} sts:AssumeRole`),
]
/** Used by no test, each with the reason why it is granted all the same. */
const unseen: Readonly<Record<string, string>> = {
  'prepare kms:Decrypt': 'only where a definition names a key, as below',
  'gate dynamodb:DeleteItem': 'leaves a place that it took too late (test/scenarios/leases.test.ts)',
  'gate dynamodb:UpdateItem': 'takes a turn among those that a window opens for (test/scenarios/pace.test.ts)',
  'prepare dynamodb:DeleteItem': 'removes watches that it set too late (test/scenarios/leases.test.ts)',
  'provision dynamodb:DeleteItem':
    'a definition that has lost a key is found by it no longer (test/contract/ports/services.ts)',
  'prepare s3:GetObject':
    'the event names a version, and GetObjectVersion reads it; Lambda may ask for the object first',
}

const open = () => openHouse({ authorize, perMinute: 120 })

describe('under the synthesised policies', () => {
  afterAll(() => {
    const asked = [...used.values()]
    expect(asked.filter((one) => !one.allowed).map((one) => `${one.role} ${one.action} ${one.resource}`)).toEqual([])
    const granted = verbs.flatMap((verb) =>
      Object.values(permissions[verb]).flatMap((actions) =>
        actions.map((action) => `${verb} ${action}`).filter((one) => !one.endsWith('GetItem')),
      ),
    )
    const seen = new Set(asked.map((one) => `${one.role.replace(functionName(''), '')} ${one.action}`))
    expect(granted.filter((one) => !seen.has(one)).sort()).toEqual([...byScenarios, ...Object.keys(unseen)].sort())
  })

  it('an artifact is released, with its hook, and the next waits for it', async () => {
    const house = await open()
    await house.world.services.put(sampleService({ slos: [] }))
    await house.upload('v2')
    await house.minutes(3)
    const [first] = (await house.world.openReleases.list('checkout')).items
    const second = await house.start({ version: await house.publish('v4') })
    expect((await house.finish(first?.releaseId ?? '')).ending?.outcome).toBe('promoted')
    expect((await house.finish(second)).ending?.outcome).toBe('rolledBack')
    house.close()
  }, 30_000)

  it('an alarm, a person and a dead execution put it back', async () => {
    const house = await open()
    await house.world.services.put(sampleService({ slos: [], hooks: [] }))
    const byAlarm = await house.start({ version: await house.publish('v3') })
    expect((await house.finish(byAlarm)).ending?.by).toBe('alarm checkout-errors')
    const byPerson = await house.start({ version: await house.publish('v2') })
    await house.minutes(2)
    await house.ask('pause', { verb: 'pause', releaseId: byPerson, by: 'ann', reason: 'to see' })
    await house.ask('pause', { verb: 'resume', releaseId: byPerson, by: 'ann' })
    await house.ask('stop', { verb: 'rollBack', releaseId: byPerson, by: 'ann', reason: 'enough' })
    expect((await house.finish(byPerson)).ending?.by).toBe('ann')
    const stopped = await house.start({ version: await house.publish('v4') })
    await house.minutes(2)
    const { StopExecutionCommand } = await import('@aws-sdk/client-sfn')
    const execution = house.cloud.states.executions().at(-1)
    await house.clients.sfn.send(new StopExecutionCommand({ executionArn: execution?.arn ?? '' }))
    expect((await house.finish(stopped)).ending?.outcome).toBe('aborted')
    house.close()
  }, 30_000)

  it('a lease that a settled release has left is dropped by the next one', async () => {
    const house = await open()
    await house.world.services.put(sampleService({ slos: [], hooks: [], plan: 'AllAtOnce' }))
    const first = await house.start({ version: await house.publish('v2') })
    await house.finish(first)
    await house.world.leases.take('checkout', first)
    const second = await house.start({ version: await house.publish('v1') })
    expect((await house.finish(second)).ending?.outcome).toBe('promoted')
    // As one that hands over when the release has ended meanwhile.
    const late = { releaseId: second, execution: 'arn:late', machine: 3, token: 'nobody waits by it' }
    expect(await house.ask('handOver', late)).toMatchObject({ next: 'released', outcome: 'promoted' })
    house.close()
  })

  const why = { service: 'checkout', by: 'ann', reason: 'enough' }
  const definition = JSON.stringify(sampleDefinition)
  /** Each brings the traffic back by another function. */
  const ways: Readonly<Record<string, (house: House) => Promise<unknown>>> = {
    stop: (house) => house.ask('stop', { verb: 'rollBack', ...why }),
    alarm: (house) =>
      house.clients.cloudwatch.send(
        new SetAlarmStateCommand({ AlarmName: 'checkout-errors', StateValue: 'ALARM', StateReason: 'test' }),
      ),
    provision: (house) =>
      house.ask('provision', { RequestType: 'Delete', ResourceProperties: { kind: 'service', definition } }),
    admit: async (house) => {
      await house.world.services.put(sampleService({ slos: [], hooks: [], policy: { whileLive: 'supersede' } }))
      return house.start({ version: await house.publish('v4') })
    },
    // By the verdict.
    rollBack: (house) => house.minutes(10),
  }

  it.each(Object.keys(ways))('%s puts back an alias whose description somebody has edited meanwhile', async (way) => {
    const house = await open()
    await house.world.services.put(
      sampleService({
        slos: [],
        hooks: [],
        signals: way === 'rollBack' ? { errors: { minimumSamples: 20 } } : { alarms: ['checkout-errors'] },
      }),
    )
    const id = await house.start({ version: await house.publish(way === 'rollBack' ? 'v3' : 'v2') })
    const edit = { FunctionName: 'checkout', Name: 'live', Description: 'hello' }
    await house.clientsFor('sam').lambda.send(new UpdateAliasCommand(edit))
    await ways[way]?.(house)
    expect((await house.finish(id)).ending?.outcome).toMatch(/rolledBack|superseded|aborted/)
    expect((await house.alias()).version).toBe('1')
    house.close()
  })

  it('a bake hears of an order that comes while it goes to sleep', async () => {
    let ordered = false
    const house = await openHouse({
      authorize,
      perMinute: 60,
      onRequest: async ({ phase, operation, caller }) => {
        if (ordered || phase !== 'after' || operation !== 'PutItem' || caller.accessKeyId !== 'role.tidegate-bake')
          return
        ordered = true
        await house.ask('stop', { verb: 'rollBack', ...why })
      },
    })
    await house.world.services.put(sampleService({ slos: [], hooks: [] }))
    const id = await house.start({ version: await house.publish('v2') })
    expect((await house.release(id)).ending).toMatchObject({ by: 'ann' })
    // Nobody else wakes it: the order came before there was anybody to wake.
    expect((await house.release(id)).state.phase).toBe('settled')
    house.close()
  })

  it('a stack provisions an alias and a service, and lets it go in the middle of a release', async () => {
    const house = await open()
    const alias = { kind: 'alias', functionName: 'checkout', alias: 'fresh', version: '1' }
    const made = await house.ask('provision', { RequestType: 'Create', ResourceProperties: alias })
    expect(made).toEqual({ PhysicalResourceId: 'checkout:fresh', Data: {} })
    await house.ask('provision', { RequestType: 'Create', ResourceProperties: { kind: 'service', definition } })
    expect((await house.world.services.get('checkout')).targets).toHaveLength(2)
    await house.world.services.put(sampleService({ slos: [], hooks: [] }))
    const id = await house.start({ version: await house.publish('v2') })
    await house.ask('provision', { RequestType: 'Delete', ResourceProperties: { kind: 'service', definition } })
    expect((await house.finish(id)).ending?.by).toBe('CloudFormation')
    house.close()
  })
})

/** The policies without one action of one function. */
const deprived = (verb: Verb, action: string): Policies =>
  Object.fromEntries(
    Object.entries(policies).map(([name, role]) => {
      const statements = role.statements
        .map((one) => ({ ...one, actions: one.actions.filter((other) => other !== action) }))
        .filter(({ actions }) => actions.length > 0)
      return [name, name === functionName(verb) ? { ...role, statements } : role]
    }),
  )

describe('what is granted', () => {
  const rows = Object.keys(authorizations).map(authorizationOf)
  // Grants of the CDK for what Lambda does: no calls of ours.
  const others = /^(logs|sqs|xray):/

  it.each(verbs)(
    'to %s is on what AWS checks it on, by name, and on * only where AWS takes nothing else',
    async (verb) => {
      for (const { actions, resources } of policies[functionName(verb)]?.statements ?? []) {
        for (const action of actions) {
          if (others.test(action)) {
            if (!action.startsWith('xray:')) expect(resources).not.toContain('*')
            continue
          }
          const kinds = rows.find((row) => row?.action === action)?.on
          expect(kinds).toBeDefined()
          for (const one of resources)
            expect([action, one, await isOfKind(action, kinds ?? [], one, 'in a grant')]).toEqual([action, one, true])
        }
      }
    },
  )

  it('is missed when it is taken away: a release that may not shift ends with the action named, and the alias whole', async () => {
    for (const [verb, action] of [
      ['prepare', 'lambda:UpdateAlias'],
      ['prepare', 'cloudwatch:GetMetricData'],
      ['shift', 'lambda:UpdateAlias'],
    ] as const) {
      const house = await openHouse({ ...enforcing(deprived(verb, action)), perMinute: 60 })
      await house.world.services.put(sampleService({ slos: [], hooks: [] }))
      const before = await house.alias()
      const release = await house.finish(await house.start({ version: await house.publish('v2') }))
      expect(release.ending?.outcome).not.toBe('promoted')
      expect(JSON.stringify(release.ending)).toContain(action)
      expect(await house.alias()).toMatchObject({ version: before.version, weights: {} })
      house.close()
    }
  }, 30_000)

  it('is missed when it is taken away: a package that may not be read refuses the release', async () => {
    const { authorize: without } = enforcing(deprived('prepare', 's3:GetObjectVersion'))
    const house = await openHouse({ authorize: without, perMinute: 60 })
    await house.world.services.put(sampleService({ slos: [], hooks: [] }))
    await house.upload('v2')
    await house.clock.settle()
    const [ended] = (await house.world.history.list('checkout', 1)).items
    expect(ended).toMatchObject({
      outcome: 'rejected',
      because: expect.stringContaining('cannot be read: S3 answered AccessDenied') as string,
    })
    house.close()
  })

  it('is missed when it is taken away: a package that KMS encrypts is read by who may use the key, and by nobody else', async () => {
    const kmsKey = 'arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab'
    const { s3 } = sampleService().triggers
    const encrypted = { ...sampleDefinition, triggers: { s3: { ...s3, kmsKey } } }
    const granted = synthesised([encrypted])
    const outcomes: unknown[] = []
    for (const policiesOf of [granted, policies]) {
      const house = await openHouse({ ...enforcing(policiesOf), perMinute: 60 })
      await house.world.services.put(sampleService({ slos: [], hooks: [], plan: 'AllAtOnce' }))
      await house.upload('v1')
      const SSEAlgorithm = 'aws:kms'
      const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm, KMSMasterKeyID: kmsKey } } as const
      const ServerSideEncryptionConfiguration = { Rules: [rule] }
      await house.clients.s3.send(
        new PutBucketEncryptionCommand({ Bucket: 'artifacts', ServerSideEncryptionConfiguration }),
      )
      await house.upload('v2')
      await house.minutes(30)
      const [ended] = (await house.world.history.list('checkout', 1)).items
      outcomes.push([ended?.outcome, /kms:Decrypt/.test(ended?.because ?? '')])
      house.close()
    }
    expect(outcomes).toEqual([
      ['promoted', false],
      ['rejected', true],
    ])
  }, 30_000)

  it('does not let who may put back promote: no function has both but those that a person cannot call alone', () => {
    expect(permissions.rollBack.targets).toEqual(['lambda:GetAlias', 'lambda:UpdateAlias'])
    expect(permissions.rollBack.machine ?? []).not.toContain('states:StartExecution')
    expect(permissions.judge.targets).toEqual(['lambda:GetAlias'])
    expect(permissions.intake.targets).toBeUndefined()
  })
})
