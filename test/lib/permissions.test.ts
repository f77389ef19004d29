// Least privilege, both ways: releases work under the synthesised policies (test/functions runs under them), every action
// that is granted is used, and nothing is granted on more than it takes.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import { UpdateAliasCommand } from '@aws-sdk/client-lambda'
import { PutBucketEncryptionCommand } from '@aws-sdk/client-s3'
import { afterAll, describe, expect, it } from 'vitest'
import { authorizationOf, authorizations } from '../../cloud/authorization.ts'
import { type Verb, verbs } from '../../functions/handlers.ts'
import { assumers, itemRights, permissions } from '../../functions/permissions.ts'
import { type Sandbox, openSandbox } from '../../local/sandbox.ts'
import { functionName } from '../../local/installation.ts'
import { sampleService } from '../../local/sample-service.ts'
import { isOfKind } from '../cloud/arn-shapes.ts'
import { sampleDefinition } from '../scenarios/least-privilege.ts'
import { enforcing, type Policies, rightOf, rightsIn, synthesised } from './policies.ts'
import { rightsByTest } from './used-rights.ts'

const policies = synthesised([sampleDefinition])
const { authorize, used } = enforcing(policies)

/** Used under the same policies elsewhere. */
const byOthers: readonly string[] = [
  ...Object.values(rightsByTest).flat(),
  // test/lib/elsewhere/elsewhere.test.ts compares these.
  ...[...new Set([...assumers('move'), ...assumers('look')])].map((verb) => `${verb} sts:AssumeRole`),
]
/** Used by no test under these policies, each with the reason why it is granted all the same. */
const unseen: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['judge', 'observe'].map((verb) => [
      `${verb} aps:QueryMetrics`,
      'the embedded cloud has no workspaces: what is signed is checked by test/cloud/aws/prometheus.test.ts',
    ]),
  ),
  ...Object.fromEntries(
    ['appconfig:ListDeployments', 'cloudwatch:DescribeAlarms'].map((action) => [
      `pipeline ${action}`,
      'asks the gates as `ask` does (test/scenarios/around/dependencies.test.ts)',
    ]),
  ),
  ...Object.fromEntries(
    ['cloudwatch:GetMetricData', 'lambda:GetAccountSettings', 'lambda:GetFunctionConcurrency'].map((action) => [
      `pipeline ${action}`,
      'asks the gates as `ask` does (test/scenarios/concurrency/headroom.test.ts)',
    ]),
  ),
  'prepare kms:Decrypt': 'only where a definition names a key: used below, under policies of its own',
  ...Object.fromEntries(
    ['admit', 'intake', 'start'].map((verb) => [
      `${verb} reads head`,
      'whether the artifact was released before (test/scenarios/wish.test.ts)',
    ]),
  ),
  ...Object.fromEntries(
    ['head', 'open', 'service'].map((kind) => [
      `announce reads ${kind}`,
      'finds what a batch that was given up was about (test/core/lost-event.test.ts)',
    ]),
  ),
  ...Object.fromEntries(
    ['oldVersions', 'prune'].map((verb) => [
      `${verb} reads log`,
      'a head that cannot be read is made from its log again',
    ]),
  ),
  'reconcile deletes line': 'it settles what an execution left, which may be a forward fix (test/scenarios/one-way)',
  'ask reads log': 'while a release is live, as `pipeline` does (test/lib/pipeline.test.ts)',
  'answer reads lease': 'an answer may name the service (test/scenarios/hook.test.ts)',
  ...Object.fromEntries(
    ['ask', 'pipeline'].flatMap((verb) =>
      ['budget', 'waiting'].map((kind) => [
        `${verb} reads ${kind}`,
        'a gate of the service may (test/scenarios/gate/budget.test.ts)',
      ]),
    ),
  ),
  'bake writes log': 'code of before kept waiters there, and runs with these rights while a deploy replaces it',
  'handOver writes log': 'code of before kept waiters there, and runs with these rights while a deploy replaces it',
  'gate deletes lease': 'leaves a place that it took too late (test/scenarios/leases.test.ts)',
  'gate deletes waiting': 'no longer waits once it has a place (test/scenarios/gate/budget.test.ts)',
  'gate writes waiting': 'waits for a place (test/scenarios/gate/budget.test.ts)',
  'measure reads budget': 'of a service with budgets (test/functions/measure.test.ts)',
  ...Object.fromEntries(
    ['override', 'pause', 'promote'].map((verb) => [
      `${verb} reads lease`,
      'names the service (test/lib/principals.test.ts)',
    ]),
  ),
  'prepare deletes alarmWatch': 'removes watches that it set too late (test/scenarios/leases.test.ts)',
  'observe cloudwatch:DescribeAlarms': 'of a service with alarms',
  'observe reads log': 'learns from releases of the time before it was observed',
  'provision reads open': 'of a definition whose mode changes, as `apply` does (test/functions/observing/)',
  'reconcile reads alarmWatch': 'looks for watches that are left, once a day (test/scenarios/leases.test.ts)',
  ...Object.fromEntries(
    [
      ...['alarmWatch', 'lease', 'open', 'returnRecord', 'waiting'].map((kind) => `deletes ${kind}`),
      ...['reads waiting', 'writes head'],
    ].map((right) => [`reconcile ${right}`, 'settles what it finds (test/scenarios/storm.test.ts)']),
  ),
  ...Object.fromEntries(
    ['alarm', 'intake', 'orderRollback', 'reconcile', 'rollBack', 'start', 'watch'].map((verb) => [
      `${verb} deletes queue`,
      'takes out what a function left that died (test/scenarios/flood/)',
    ]),
  ),
  'reconcile writes lease': 'a forward fix whose log is lost gives it back (test/scenarios/one-way/fix-ends.test.ts)',
  'reconcile writes watch': 'settles what it finds (test/scenarios/storm.test.ts)',
  'reconcile writes queue': 'code from before the queue made no entries (test/scenarios/flood/sweep.test.ts)',
  'reconcile writes open': 'restores what somebody deleted (test/scenarios/damage.test.ts)',
  'reconcile writes returnRecord': 'restores what somebody deleted (test/scenarios/damage.test.ts)',
  'pause reads service': 'says that there is no such service (test/functions/orders/other-service.test.ts)',
  'promote reads service': 'says that there is no such service (test/functions/orders/other-service.test.ts)',
  'attest reads service': 'names the service (test/functions/attest.test.ts)',
  'prepare s3:GetObject':
    'the event names a version, and GetObjectVersion reads it; Lambda may ask for the object first',
}

/** Without reading what is written: only endpoints that do not send the item in the way of a write are asked for it. */
function grantedTo(verb: Verb): readonly string[] {
  const items = itemRights(verb).flatMap(({ actions, kinds }) =>
    kinds.flatMap((kind) => actions.map((action) => rightOf(verb, action, [kind]))),
  )
  const isImplied = (right: string): boolean =>
    right.includes(' reads ') &&
    (right.endsWith(' snapshot') || ['writes', 'updates'].some((word) => items.includes(right.replace('reads', word))))
  const others = Object.values(permissions[verb]).flatMap((actions) => actions.map((action) => rightOf(verb, action)))
  return [...new Set([...items.filter((right) => !isImplied(right)), ...others])]
}

const open = () => openSandbox({ authorize, perMinute: 120 })

describe('under the synthesised policies', () => {
  afterAll(() => {
    const asked = [...used.values()]
    expect(asked.filter((one) => !one.allowed).map((one) => `${one.role} ${one.action} ${one.resource}`)).toEqual([])
    const seen = rightsIn(used)
    expect(
      verbs
        .flatMap(grantedTo)
        .filter((one) => !seen.has(one))
        .sort(),
    ).toEqual([...byOthers, ...Object.keys(unseen)].sort())
  })

  it('an artifact is released, with its hook, and the next waits for it', async () => {
    const sandbox = await open()
    await sandbox.world.services.put(sampleService({ slos: [] }))
    await sandbox.upload('v2')
    await sandbox.minutes(3)
    const [first] = (await sandbox.world.openReleases.list('checkout')).items
    const second = await sandbox.start({ version: await sandbox.publish('v4') })
    expect((await sandbox.finish(first?.releaseId ?? '')).ending?.outcome).toBe('promoted')
    expect((await sandbox.finish(second)).ending?.outcome).toBe('rolledBack')
    sandbox.close()
  })

  it('an alarm, a person and a dead execution put it back', async () => {
    const sandbox = await open()
    await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
    const byAlarm = await sandbox.start({ version: await sandbox.publish('v3') })
    expect((await sandbox.finish(byAlarm)).ending?.by).toBe('alarm checkout-errors')
    const byPerson = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.minutes(2)
    await sandbox.ask('pause', { verb: 'pause', releaseId: byPerson, by: 'ann', reason: 'to see' })
    await sandbox.ask('pause', { verb: 'resume', releaseId: byPerson, by: 'ann' })
    await sandbox.ask('orderRollback', { verb: 'rollBack', releaseId: byPerson, by: 'ann', reason: 'enough' })
    expect((await sandbox.finish(byPerson)).ending?.by).toBe('user/ann')
    const stopped = await sandbox.start({ version: await sandbox.publish('v4') })
    await sandbox.minutes(2)
    const { StopExecutionCommand } = await import('@aws-sdk/client-sfn')
    const execution = sandbox.cloud.states.executions().at(-1)
    await sandbox.clients.sfn.send(new StopExecutionCommand({ executionArn: execution?.arn ?? '' }))
    expect((await sandbox.finish(stopped)).ending?.outcome).toBe('aborted')
    sandbox.close()
  })

  it('a lease that a settled release has left is dropped by the next one', async () => {
    const sandbox = await open()
    await sandbox.world.services.put(sampleService({ slos: [], hooks: [], plan: 'AllAtOnce' }))
    const first = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.finish(first)
    await sandbox.world.leases.take('checkout', first)
    const second = await sandbox.start({ version: await sandbox.publish('v1') })
    expect((await sandbox.finish(second)).ending?.outcome).toBe('promoted')
    // As one that hands over when the release has ended meanwhile.
    const late = { releaseId: second, execution: 'arn:late', machine: 3, token: 'nobody waits by it' }
    expect(await sandbox.ask('handOver', late)).toMatchObject({ next: 'released', outcome: 'promoted' })
    sandbox.close()
  })

  const why = { service: 'checkout', by: 'ann', reason: 'enough' }
  const definition = JSON.stringify(sampleDefinition)
  /** Each brings the traffic back by another function. */
  const ways: Readonly<Record<string, (sandbox: Sandbox) => Promise<unknown>>> = {
    orderRollback: (sandbox) => sandbox.ask('orderRollback', { verb: 'rollBack', ...why }),
    alarm: (sandbox) =>
      sandbox.clients.cloudwatch.send(
        new SetAlarmStateCommand({ AlarmName: 'checkout-errors', StateValue: 'ALARM', StateReason: 'test' }),
      ),
    provision: (sandbox) =>
      sandbox.ask('provision', { RequestType: 'Delete', ResourceProperties: { kind: 'service', definition } }),
    admit: async (sandbox) => {
      await sandbox.world.services.put(sampleService({ slos: [], hooks: [], policy: { whileLive: 'supersede' } }))
      return sandbox.start({ version: await sandbox.publish('v4') })
    },
    // By the verdict.
    rollBack: (sandbox) => sandbox.minutes(10),
  }

  it.each(Object.keys(ways))('%s puts back an alias whose description somebody has edited meanwhile', async (way) => {
    const sandbox = await open()
    await sandbox.world.services.put(
      sampleService({
        slos: [],
        hooks: [],
        signals: way === 'rollBack' ? { errors: { minimumSamples: 20 } } : { alarms: ['checkout-errors'] },
      }),
    )
    const id = await sandbox.start({ version: await sandbox.publish(way === 'rollBack' ? 'v3' : 'v2') })
    const edit = { FunctionName: 'checkout', Name: 'live', Description: 'hello' }
    await sandbox.clientsFor('sam').lambda.send(new UpdateAliasCommand(edit))
    await ways[way]?.(sandbox)
    expect((await sandbox.finish(id)).ending?.outcome).toMatch(/rolledBack|superseded|aborted/)
    expect((await sandbox.alias()).version).toBe('1')
    sandbox.close()
  })

  it('a bake hears of an order that comes while it goes to sleep', async () => {
    let ordered = false
    const sandbox = await openSandbox({
      authorize,
      perMinute: 60,
      onRequest: async ({ phase, operation, caller }) => {
        if (ordered || phase !== 'after' || operation !== 'PutItem' || caller.accessKeyId !== 'role.tidegate-bake')
          return
        ordered = true
        await sandbox.ask('orderRollback', { verb: 'rollBack', ...why })
      },
    })
    await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    expect((await sandbox.release(id)).ending).toMatchObject({ by: 'user/ann' })
    // Nobody else wakes it: the order came before there was anybody to wake.
    expect((await sandbox.release(id)).state.phase).toBe('settled')
    sandbox.close()
  })

  it('a stack provisions an alias and a service, and lets it go in the middle of a release', async () => {
    const sandbox = await open()
    const alias = { kind: 'alias', functionName: 'checkout', alias: 'fresh', version: '1' }
    const made = await sandbox.ask('provision', { RequestType: 'Create', ResourceProperties: alias })
    expect(made).toEqual({ PhysicalResourceId: 'checkout:fresh', Data: {} })
    await sandbox.ask('provision', { RequestType: 'Create', ResourceProperties: { kind: 'service', definition } })
    expect((await sandbox.world.services.get('checkout')).targets).toHaveLength(2)
    await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
    const id = await sandbox.start({ version: await sandbox.publish('v2') })
    await sandbox.ask('provision', { RequestType: 'Delete', ResourceProperties: { kind: 'service', definition } })
    expect((await sandbox.finish(id)).ending?.by).toBe('CloudFormation')
    sandbox.close()
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

it.each(Object.keys(rightsByTest))('%s looks whether it uses the rights that the table says', (file) => {
  expect(readFileSync(join(import.meta.dirname, '..', file), 'utf8')).toMatch(/^usesItsRights\(\)$/m)
})

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
      const sandbox = await openSandbox({ ...enforcing(deprived(verb, action)), perMinute: 60 })
      await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
      const before = await sandbox.alias()
      const release = await sandbox.finish(await sandbox.start({ version: await sandbox.publish('v2') }))
      expect(release.ending?.outcome).not.toBe('promoted')
      expect(JSON.stringify(release.ending)).toContain(action)
      expect(await sandbox.alias()).toMatchObject({ version: before.version, weights: {} })
      sandbox.close()
    }
  })

  it('is missed when it is taken away: a package that may not be read refuses the release', async () => {
    const { authorize: without } = enforcing(deprived('prepare', 's3:GetObjectVersion'))
    const sandbox = await openSandbox({ authorize: without, perMinute: 60 })
    await sandbox.world.services.put(sampleService({ slos: [], hooks: [] }))
    await sandbox.upload('v2')
    await sandbox.clock.settle()
    const [ended] = (await sandbox.world.history.list('checkout', 1)).items
    expect(ended).toMatchObject({
      outcome: 'rejected',
      because: expect.stringContaining('cannot be read: S3 answered AccessDenied') as string,
    })
    sandbox.close()
  })

  it('is missed when it is taken away: a package that KMS encrypts is read by who may use the key, and by nobody else', async () => {
    const kmsKey = 'arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab'
    const { s3 } = sampleService().triggers
    const encrypted = { ...sampleDefinition, triggers: { s3: { ...s3, kmsKey } } }
    const granted = synthesised([encrypted])
    const outcomes: unknown[] = []
    for (const policiesOf of [granted, policies]) {
      const sandbox = await openSandbox({ ...enforcing(policiesOf), perMinute: 60 })
      await sandbox.world.services.put(sampleService({ slos: [], hooks: [], plan: 'AllAtOnce' }))
      await sandbox.upload('v1')
      const SSEAlgorithm = 'aws:kms'
      const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm, KMSMasterKeyID: kmsKey } } as const
      const ServerSideEncryptionConfiguration = { Rules: [rule] }
      await sandbox.clients.s3.send(
        new PutBucketEncryptionCommand({ Bucket: 'artifacts', ServerSideEncryptionConfiguration }),
      )
      await sandbox.upload('v2')
      await sandbox.minutes(30)
      const [ended] = (await sandbox.world.history.list('checkout', 1)).items
      outcomes.push([ended?.outcome, /kms:Decrypt/.test(ended?.because ?? '')])
      sandbox.close()
    }
    expect(outcomes).toEqual([
      ['promoted', false],
      ['rejected', true],
    ])
  })

  it('does not let who may put back promote: no function has both but those that a person cannot call alone', () => {
    expect(permissions.rollBack.targets).toEqual(['lambda:GetAlias', 'lambda:UpdateAlias'])
    expect(permissions.rollBack.machine ?? []).not.toContain('states:StartExecution')
    expect(permissions.judge.targets).toEqual(['lambda:GetAlias'])
    expect(permissions.intake.targets).toBeUndefined()
  })
})
