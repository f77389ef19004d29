// The example of what a service depends on, on the embedded cloud: a secret that changes in a release, a configuration that is
// being deployed when it wants to begin, an alarm of a database. Each with its good and its bad ending.
import { readFileSync } from 'node:fs'
import { StartDeploymentCommand, StopDeploymentCommand } from '@aws-sdk/client-appconfig'
import { PutMetricAlarmCommand, SetAlarmStateCommand, type StateValue } from '@aws-sdk/client-cloudwatch'
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { PutParameterCommand } from '@aws-sdk/client-ssm'
import { afterEach, expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseDefinition } from '../../../core/service/definition.ts'
import { replay } from '../../../core/release/advance.ts'
import { tell } from '../../../core/view/release/told.ts'
import { openSandbox, type Sandbox, type SandboxOptions } from '../../../local/sandbox.ts'
import { usesItsRights } from '../../lib/used-rights.ts'
import { enforcing, synthesised } from '../../lib/policies.ts'

usesItsRights()

const example = parse(
  readFileSync(new URL('../../../examples/around/service.yaml', import.meta.url), 'utf8'),
) as Record<string, unknown>
const { authorize } = enforcing(synthesised([example]))
const guards = ['orders-database-locks', 'payment-provider-down']

let sandbox: Sandbox
afterEach(() => sandbox.close())

async function open(options: SandboxOptions = {}): Promise<void> {
  sandbox = await openSandbox({ authorize, sweepMinutes: 5, ...options })
  await sandbox.world.services.put(parseDefinition(example))
  const { secrets, parameters } = sandbox.clients
  await secrets.send(new CreateSecretCommand({ Name: 'checkout/db', SecretString: 'hunter2' }))
  await parameters.send(new PutParameterCommand({ Name: '/checkout/limits', Value: 'swordfish', Type: 'String' }))
  for (const name of guards) await guard(name)
}

async function guard(AlarmName: string, StateValue: StateValue = 'OK'): Promise<void> {
  const { cloudwatch } = sandbox.clients
  const metric = { Namespace: 'Orders', MetricName: AlarmName, Statistic: 'Sum', Period: 60 } as const
  const rule = { Threshold: 1, ComparisonOperator: 'GreaterThanOrEqualToThreshold', EvaluationPeriods: 1 } as const
  const put = new PutMetricAlarmCommand({ AlarmName, ...metric, ...rule, TreatMissingData: 'ignore' })
  await cloudwatch.send(put)
  await cloudwatch.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: 'the test says so' }))
}

const rotate = () =>
  sandbox.clients.secrets.send(new PutSecretValueCommand({ SecretId: 'checkout/db', SecretString: 'correct horse' }))
const profile = { ApplicationId: 'abc1234', EnvironmentId: 'def5678' }
const deploy = (ConfigurationProfileId = 'flags') =>
  sandbox.clients.appConfig.send(
    new StartDeploymentCommand({
      ...{ ...profile, ConfigurationProfileId, ConfigurationVersion: '1', DeploymentStrategyId: 'AppConfig.Linear' },
    }),
  )
const start = async (version: 'v2' | 'v3') => sandbox.start({ version: await sandbox.publish(version) })

async function told(id: string): Promise<readonly string[]> {
  const events = await sandbox.events(id)
  const after = replay(events)
  return after === undefined ? [] : events.map((event) => `${event.type}: ${tell(event, after).words}`)
}

it('a release that goes back after a secret changed says to look there first, and no value', async () => {
  await open()
  const id = await start('v3')
  await rotate()
  const release = await sandbox.finish(id)
  expect(release.ending).toMatchObject({ outcome: 'rolledBack' })
  expect(await sandbox.alias()).toMatchObject({ version: '1', weights: {} })
  expect(sandbox.pages()[0]?.message).toMatch(
    /Look there first: secret checkout\/db-Te1eme changed at 2026-01-01 00:1\dZ, while the candidate had 10 % of the traffic\. Stable has it, too\./,
  )
  expect(JSON.stringify([await sandbox.events(id), sandbox.pages()])).not.toMatch(/hunter2|correct horse|swordfish/)
})

it('what changed without harm is in the log, and the release is promoted', async () => {
  await open()
  const id = await start('v2')
  await sandbox.minutes(3)
  const again = { Name: '/checkout/limits', Value: 'more', Overwrite: true }
  await sandbox.clients.parameters.send(new PutParameterCommand(again))
  await deploy()
  await sandbox.minutes(2)
  await sandbox.clients.appConfig.send(new StopDeploymentCommand({ ...profile, DeploymentNumber: 1 }))
  const release = await sandbox.finish(id)
  expect(release.ending).toMatchObject({ outcome: 'promoted' })
  expect((await told(id)).filter((line) => line.startsWith('dependenciesChanged'))).toEqual([
    expect.stringMatching(
      /parameter \/checkout\/limits changed from 1 to 2 at .+; AppConfig abc1234\/def5678\/flags changed from no deployment to deployment 1 at /,
    ) as string,
    expect.stringMatching(/flags changed from deployment 1 to deployment 1, rolled back at /) as string,
  ])
  expect(sandbox.pages()).toEqual([])
})

it('nothing is said where nothing changed, and each look makes the same three reads', async () => {
  const reads: string[] = []
  await open({
    onRequest: ({ operation, phase }) => {
      if (phase === 'before') reads.push(operation)
    },
  })
  const id = await start('v2')
  await sandbox.finish(id)
  const events = await sandbox.events(id)
  expect(events.filter(({ type }) => type === 'dependenciesChanged')).toEqual([])
  const looks = events.filter(({ type }) => type === 'judged').length
  expect(reads.filter((one) => one === 'DescribeSecret')).toHaveLength(looks + 1)
  expect(reads.filter((one) => one === 'DescribeParameters')).toHaveLength(looks + 1)
  expect(reads.filter((one) => one === 'GetSecretValue' || one.startsWith('GetParameter'))).toEqual([])
})

it('a release waits while a configuration that it depends on is deployed, and not for another one', async () => {
  await open()
  await deploy('prices')
  const free = await start('v2')
  expect((await sandbox.release(free)).held).toBeUndefined()
  await sandbox.finish(free)
  await sandbox.minutes(10)
  await deploy()
  const id = await start('v2')
  const { held } = await sandbox.release(id)
  expect(held).toMatchObject({ gates: ['configuration'] })
  expect(held?.because).toMatch(
    /AppConfig abc1234\/def5678\/flags is being deployed: deployment 2 of flags, DEPLOYING, 0 %/,
  )
  await sandbox.minutes(20)
  expect((await sandbox.release(id)).held).toBeUndefined()
})

it('while an alarm of a database is not OK, a release neither begins nor takes a step, and nothing goes back for it', async () => {
  await open()
  await guard('orders-database-locks', 'ALARM')
  expect(await sandbox.ask('ask', { service: 'checkout' })).toMatchObject({ may: false })
  const id = await start('v2')
  expect((await sandbox.release(id)).held).toMatchObject({ gates: ['quiet'] })
  expect((await sandbox.release(id)).held?.because).toContain('alarm orders-database-locks fires')
  await guard('orders-database-locks')
  await sandbox.minutes(5)
  expect((await sandbox.alias()).weights).toEqual({ '2': 0.1 })
  await guard('payment-provider-down', 'INSUFFICIENT_DATA')
  await sandbox.minutes(20)
  expect((await sandbox.alias()).weights).toEqual({ '2': 0.1 })
  expect((await sandbox.release(id)).held?.because).toContain('alarm payment-provider-down has too little data')
  await guard('payment-provider-down')
  expect((await sandbox.finish(id)).ending).toMatchObject({ outcome: 'promoted' })
})

it('a bad candidate goes back also while the database makes noise', async () => {
  await open()
  const id = await start('v3')
  await guard('orders-database-locks', 'ALARM')
  expect((await sandbox.finish(id)).ending).toMatchObject({ outcome: 'rolledBack', by: 'alarm checkout-errors' })
})

it('what may not be read is said once, and the release goes on', async () => {
  const { appConfig: _, ...depends } = example['depends'] as Record<string, unknown>
  await open({
    authorize: async (asked) =>
      !/^role\./.test(asked.caller.accessKeyId) || !/^(secretsmanager|ssm):/.test(asked.action)
        ? authorize(asked)
        : false,
  })
  await sandbox.world.services.put(parseDefinition({ ...example, depends }))
  const id = await start('v2')
  expect((await sandbox.finish(id)).ending).toMatchObject({ outcome: 'promoted' })
  const [prepared, ...more] = (await sandbox.events(id)).filter(({ type }) => /prepared|dependencies/.test(type))
  expect(more).toEqual([])
  expect(JSON.stringify(prepared)).toMatch(
    /AWS denied secretsmanager:DescribeSecret.*AWS denied ssm:DescribeParameters/,
  )
})
