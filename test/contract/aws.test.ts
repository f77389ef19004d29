// The ports on Lambda, CloudWatch, Step Functions, EventBridge and SNS, with the real SDK clients, against the embedded cloud.
// The ports on DynamoDB are in aws-table.test.ts, answers that this cloud never gives in aws-*answers.test.ts.
//
// Known differences: `code_changed` and artifacts that disappear half-way need a race that a test cannot time here.
import { PutCompositeAlarmCommand, PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  GetFunctionConfigurationCommand,
  PublishVersionCommand,
  PutProvisionedConcurrencyConfigCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda'
import { PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import { CreateStateMachineCommand, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn'
import { CreateTopicCommand } from '@aws-sdk/client-sns'
import { afterAll } from 'vitest'
import { awsExecutions } from '../../cloud/aws/executions.ts'
import { awsHooks } from '../../cloud/aws/hooks.ts'
import { awsOutbox } from '../../cloud/aws/dynamodb/outbox.ts'
import { awsPackageHash } from '../../cloud/aws/package-hash.ts'
import { awsMessenger } from '../../cloud/aws/messenger.ts'
import { awsConcurrency } from '../../cloud/aws/concurrency.ts'
import { awsBudgetReports } from '../../cloud/aws/budget-reports.ts'
import { awsPipelines } from '../../cloud/aws/pipelines.ts'
import { awsTelemetry } from '../../cloud/aws/telemetry.ts'
import { awsTraffic } from '../../cloud/aws/traffic.ts'
import { awsVersions } from '../../cloud/aws/versions.ts'
import type { Artifact } from '../../core/service/candidate.ts'
import { type EmbeddedCloud, openEmbedded } from './embedded.ts'
import { concurrencyContract } from './concurrency.ts'
import { budgetReportsContract } from './ports/budget-reports.ts'
import { executionsContract } from './ports/executions.ts'
import { hooksContract } from './ports/hooks.ts'
import { outboxContract } from './ports/outbox.ts'
import { openArtifacts } from '../../local/sample-service.ts'
import { pipelinesContract } from './ports/pipelines.ts'
import { t0Ms } from './samples.ts'
import { telemetryContract } from './ports/telemetry.ts'
import { trafficContract } from './ports/traffic.ts'
import { versionsContract } from './ports/versions.ts'

const opened: EmbeddedCloud[] = []
function open(pendingMs = 0): EmbeddedCloud {
  const cloud = openEmbedded(t0Ms, pendingMs)
  opened.push(cloud)
  return cloud
}
afterAll(() => {
  for (const cloud of opened) cloud.close()
})

const target = { functionName: 'orders-api', alias: 'live', service: 'orders' }
const role = 'arn:aws:iam::000000000000:role/orders'
const code = (text: string): Uint8Array => new TextEncoder().encode(text)

async function createFunction({ lambda }: EmbeddedCloud, FunctionName: string): Promise<void> {
  const command = new CreateFunctionCommand({
    FunctionName,
    Role: role,
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    Code: { ZipFile: code(`code of ${FunctionName}`) },
  })
  await lambda.send(command)
}

async function publishCode({ lambda, pass }: EmbeddedCloud, text: string): Promise<string> {
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'orders-api', ZipFile: code(text) }))
  await pass(10_000)
  const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName: 'orders-api' }))
  await pass(10_000)
  return Version ?? ''
}

trafficContract('Lambda', async () => {
  const cloud = open()
  const { lambda } = cloud
  await createFunction(cloud, 'orders-api')
  await publishCode(cloud, 'one')
  await publishCode(cloud, 'two')
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'orders-api', Role: `${role}-other` }))
  await publishCode(cloud, 'three')
  await lambda.send(new CreateAliasCommand({ FunctionName: 'orders-api', Name: 'live', FunctionVersion: '1' }))
  return {
    traffic: awsTraffic(() => lambda),
    target,
    moveByHand: async (routing) => {
      const { version, weightBp } = routing.additional ?? { version: '', weightBp: 0 }
      const weights = { AdditionalVersionWeights: weightBp === 0 ? {} : { [version]: weightBp / 10_000 } }
      const place = { FunctionName: 'orders-api', Name: 'live', FunctionVersion: routing.version }
      await lambda.send(new UpdateAliasCommand({ ...place, RoutingConfig: weights }))
    },
  }
})

versionsContract('Lambda', async () => {
  const cloud = open(5000)
  await createFunction(cloud, 'orders-api')
  await cloud.pass(10_000)
  await publishCode(cloud, 'one')
  await openArtifacts((path, body) => cloud.put(path, body))
  const upload = async (key: string): Promise<Artifact> => {
    const versionId = await cloud.put(`/artifacts/${key}`, `code of ${key}`)
    return { kind: 's3', bucket: 'artifacts', key, versionId }
  }
  return {
    versions: awsVersions(() => cloud.lambda, awsPackageHash(cloud.s3)),
    functionName: 'orders-api',
    artifact: await upload('orders.zip'),
    missing: { kind: 's3', bucket: 'artifacts', key: 'missing.zip', versionId: 'v1' },
    settle: () => cloud.pass(60_000),
    publishByHand: () => publishCode(cloud, 'by hand'),
    provision: async (Qualifier) => {
      const wish = { FunctionName: 'orders-api', Qualifier, ProvisionedConcurrentExecutions: 2 }
      await cloud.lambda.send(new PutProvisionedConcurrencyConfigCommand(wish))
      await cloud.pass(100_000)
    },
  }
})

concurrencyContract('Lambda', async () => {
  const cloud = open()
  const FunctionName = 'orders-api'
  await createFunction(cloud, FunctionName)
  await publishCode(cloud, 'one')
  await publishCode(cloud, 'two')
  const RoutingConfig = { AdditionalVersionWeights: { 2: 0.1 } }
  await cloud.lambda.send(new CreateAliasCommand({ FunctionName, Name: 'live', FunctionVersion: '1', RoutingConfig }))
  return {
    concurrency: awsConcurrency(cloud.lambda),
    functionName: FunctionName,
    settle: () => cloud.pass(120_000),
  }
})

hooksContract('Lambda', async () => {
  const cloud = open()
  for (const name of ['echo-hook', 'broken-hook']) await createFunction(cloud, name)
  cloud.run('echo-hook', (payload) => ({ got: payload }))
  cloud.run('broken-hook', () => {
    throw new Error('no luck')
  })
  return { hooks: awsHooks(cloud.lambda) }
})

/** Its first state waits for the token that it passes to `token-keeper`, and then the execution ends. */
const waiting = JSON.stringify({
  QueryLanguage: 'JSONata',
  StartAt: 'Wait',
  States: {
    Wait: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: { FunctionName: 'token-keeper', Payload: { token: '{% $states.context.Task.Token %}' } },
      TimeoutSeconds: 3600,
      End: true,
    },
  },
})

executionsContract('Step Functions', async () => {
  const cloud = open()
  const { sfn } = cloud
  await createFunction(cloud, 'token-keeper')
  const tokens: string[] = []
  cloud.run('token-keeper', (payload) => tokens.push((payload as { token: string }).token))
  const definition = { name: 'tidegate', roleArn: role, definition: waiting }
  const { stateMachineArn = '' } = await sfn.send(new CreateStateMachineCommand(definition))
  return {
    executions: awsExecutions(sfn, stateMachineArn),
    openTask: async () => {
      const known = tokens.length
      const { executionArn } = await sfn.send(
        new StartExecutionCommand({ stateMachineArn, name: 'waiting', input: '{}' }),
      )
      await cloud.pass(0)
      return { token: tokens[known] ?? '', execution: executionArn ?? '' }
    },
    stop: (executionArn) => sfn.send(new StopExecutionCommand({ executionArn })),
  }
})

telemetryContract('CloudWatch', async () => {
  const cloud = open()
  const { cloudwatch } = cloud
  const putAlarm = async (AlarmName: string, StateValue: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'): Promise<void> => {
    const command = new PutMetricAlarmCommand({
      AlarmName,
      Namespace: 'Test',
      MetricName: 'Nothing',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'ignore',
    })
    await cloudwatch.send(command)
    await cloudwatch.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: 'set by a test' }))
  }
  const states = { ok: 'OK', alarm: 'ALARM', insufficientData: 'INSUFFICIENT_DATA' } as const
  // Lets time pass until the measured minutes are over and their metrics are visible.
  await cloud.pass(3_600_000)
  return {
    telemetry: awsTelemetry(() => cloudwatch),
    measure: async ({ namespace, metric, dimensions }, minuteMs, value) => {
      const point = { namespace, name: metric, dimensionSets: [dimensions], value, unit: 'None' }
      cloud.record({ ...point, atMs: minuteMs + 1000 })
      await cloud.pass(300_000)
    },
    setAlarm: (name, state) => putAlarm(name, states[state]),
    setComposite: async (name) => {
      await putAlarm('part', 'ALARM')
      const rule = { AlarmName: name, AlarmRule: 'ALARM("part")' }
      await cloudwatch.send(new PutCompositeAlarmCommand(rule))
      await cloud.pass(60_000)
    },
  }
})

budgetReportsContract('Application Signals', () => {
  const cloud = open()
  const good = {
    EvaluationType: 'RequestBased',
    BudgetStatus: 'OK',
    Attainment: 99.95,
    TotalBudgetRequests: 100,
    BudgetRequestsRemaining: 75,
    Goal: { AttainmentGoal: 99.9 },
  }
  return Promise.resolve({
    reports: awsBudgetReports(cloud.applicationSignals),
    setGood: (id) => cloud.setReport(id, good),
    setInsufficient: (id) => cloud.setReport(id, { BudgetStatus: 'INSUFFICIENT_DATA' }),
  })
})

pipelinesContract('CodePipeline', async () => {
  const cloud = open()
  await createFunction(cloud, 'listener')
  cloud.run('listener', () => undefined)
  const begin = () => cloud.pipelines.invoke('listener', '{}')
  return {
    pipelines: awsPipelines(cloud.codepipeline),
    jobs: [begin(), begin()],
    job: { functionName: 'listener', userParameters: '{}', pipeline: 'delivery', account: '000000000000' },
    answerOf: (id) => {
      const job = cloud.pipelines.job(id)
      return job && { may: job.status === 'Succeeded', because: job.summary }
    },
  }
})

outboxContract('EventBridge and SNS', async () => {
  const cloud = open()
  await createFunction(cloud, 'listener')
  const heard: { readonly detailType: string; readonly detail: unknown }[] = []
  cloud.run('listener', (event) => {
    const { 'detail-type': detailType, detail } = event as { 'detail-type': string; detail: unknown }
    heard.push({ detailType, detail })
  })
  const { FunctionArn: Arn } = await cloud.lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: 'listener' }),
  )
  await cloud.events.send(new PutRuleCommand({ Name: 'all', EventPattern: '{"source":["tidegate.release"]}' }))
  await cloud.events.send(new PutTargetsCommand({ Rule: 'all', Targets: [{ Id: 'listener', Arn }] }))
  const { TopicArn: topicArn = '' } = await cloud.sns.send(new CreateTopicCommand({ Name: 'pages' }))
  return {
    outbox: awsOutbox(cloud.events),
    messenger: awsMessenger(cloud.sns, { page: topicArn, ticket: topicArn }),
    announced: async () => {
      await cloud.pass(10_000)
      return heard
    },
    pages: cloud.pages,
  }
})
