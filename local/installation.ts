// Installs the controller on the embedded cloud, through the same API calls as any client: table, topic, functions, state
// machine, queue, rules and schedules.
import { readFileSync } from 'node:fs'
import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { type EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  type LambdaClient,
  PutFunctionEventInvokeConfigCommand,
} from '@aws-sdk/client-lambda'
import { CreateBucketCommand, PutObjectLockConfigurationCommand, type S3Client } from '@aws-sdk/client-s3'
import { CreateStateMachineCommand, type SFNClient } from '@aws-sdk/client-sfn'
import { CreateTopicCommand, type SNSClient } from '@aws-sdk/client-sns'
import { CreateQueueCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { logRecords, newRecords } from '../core/release/log-key.ts'
import type { Site } from '../core/origin.ts'
import type { CopyEnvironment, Environment } from '../functions/environment.ts'
import { type Verb, verbs } from '../functions/handlers.ts'
import { gatewayRoutes } from '../functions/routes.ts'
import {
  asyncRetries,
  calledByEvents,
  lostQueue,
  ruleRetries,
  rulesOf,
  streamAgeSeconds as usualStreamAgeSeconds,
  streamBatch,
  type ScheduleName,
  scheduledVerbs,
  timeoutSeconds,
} from '../functions/rules.ts'
import { everything } from '../functions/heard.ts'

const account = '000000000000'
const region = 'us-east-1'
const lambdaArn = (name: string): string => `arn:aws:lambda:${region}:${account}:function:${name}`

/** The controller's functions are named `tidegate-<verb>`, its state machine `tidegate-release`. */
export const functionName = (verb: string): string => `tidegate-${verb}`
/** Whether a request comes from one of the controller's functions. */
export const isController = ({ accessKeyId }: { readonly accessKeyId: string }): boolean =>
  accessKeyId.startsWith(`role.${functionName('')}`)
const lostArn = `arn:aws:sqs:${region}:${account}:${functionName(lostQueue.name)}`
/** The API that people order and read through, for an HTTP API of the embedded cloud. */
export const api = {
  name: 'tidegate',
  routes: gatewayRoutes.map(({ method, path, verb }) => ({ method, path, functionArn: lambdaArn(functionName(verb)) })),
}
/** Each function has a role of the same name, and so has the state machine. */
const roleOf = (name: string): string => `arn:aws:iam::${account}:role/${name}`

export const environment = {
  TIDEGATE_TABLE: 'tidegate',
  TIDEGATE_STATE_MACHINE_ARN: `arn:aws:states:${region}:${account}:stateMachine:tidegate-release`,
  TIDEGATE_TOPIC_ARN: `arn:aws:sns:${region}:${account}:tidegate-pages`,
  TIDEGATE_TICKETS_ARN: `arn:aws:sns:${region}:${account}:tidegate-tickets`,
  TIDEGATE_CHAT_ARN: `arn:aws:sns:${region}:${account}:tidegate-chat`,
  TIDEGATE_BUS: 'default',
} satisfies Environment

/** Its role has the same name, and may call one route of the API. */
export const putBackMachine = 'tidegate-put-back'

/** With the copy of the logs, where one is asked for. */
export const logCopyBucket = 'tidegate-log-copy'

type Clients = {
  readonly dynamodb: DynamoDBClient
  readonly lambda: LambdaClient
  readonly sfn: SFNClient
  readonly events: EventBridgeClient
  readonly sns: SNSClient
  readonly sqs: SQSClient
  readonly logs: CloudWatchLogsClient
  readonly s3: S3Client
}

type Installation = {
  /** The code package of a function, and the name of its handler. */
  readonly code: (verb: Verb) => { readonly zip: Uint8Array; readonly handler: string }
  /** Other accounts and regions whose events are forwarded here. */
  readonly elsewhere?: readonly Site[]
  /** The interval of the sweep. */
  readonly sweepMinutes?: number
  /** The interval at which error budgets are counted; without it, never. */
  readonly budgetMinutes?: number
  /** Whether aliases of services are watched that others move. */
  readonly observes?: boolean
  /** How often promoted versions are looked at, where a definition says so; without it, never. */
  readonly watchMinutes?: number
  /** How long a failing batch of the table's stream is retried by `announce`. */
  readonly streamAgeSeconds?: number
  /** Copies the logs, into a bucket that keeps each object for so many days. */
  readonly logCopyDays?: number
  /** The API's id: then there is a button for chats, which puts traffic back by it. */
  readonly putBackBy?: string
  /** Whether dashboards have custom widgets. */
  readonly widgets?: boolean
}

export async function install(
  clients: Clients,
  { code, streamAgeSeconds = usualStreamAgeSeconds, logCopyDays, putBackBy, widgets, ...schedules }: Installation,
): Promise<void> {
  const streamArn = await createTable(clients.dynamodb)
  for (const Name of ['tidegate-pages', 'tidegate-tickets', 'tidegate-chat'])
    await clients.sns.send(new CreateTopicCommand({ Name }))
  for (const verb of verbs) await createFunction(clients, verb, code(verb), environment)
  await keepWhatFails(clients)
  const reader = { streamArn, ageSeconds: streamAgeSeconds }
  await readStream(clients.lambda, { ...reader, verb: 'announce', records: logRecords })
  if (logCopyDays !== undefined) {
    await createLockedBucket(clients.s3, logCopyDays)
    await createFunction(clients, 'copyLog', code('copyLog'), { ...environment, TIDEGATE_LOG_COPY: logCopyBucket })
    await keepFailures(clients.lambda, 'copyLog')
    await readStream(clients.lambda, { ...reader, verb: 'copyLog', records: newRecords })
  }
  if (widgets === true) await createFunction(clients, 'widget', code('widget'), environment)
  await createMachine(clients.sfn, 'tidegate-release', definition())
  if (putBackBy !== undefined) await createMachine(clients.sfn, putBackMachine, putBackDefinition(putBackBy))
  await createRules(clients.events, schedules)
}

const createMachine = (sfn: SFNClient, name: string, text: string) =>
  sfn.send(new CreateStateMachineCommand({ name, roleArn: roleOf(name), definition: text }))

async function createFunction(
  { lambda, logs }: Clients,
  verb: Verb,
  { zip, handler }: ReturnType<Installation['code']>,
  Variables: Environment | CopyEnvironment,
): Promise<void> {
  const logGroupName = `/aws/lambda/${functionName(verb)}`
  await logs.send(new CreateLogGroupCommand({ logGroupName }))
  await logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 30 }))
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: functionName(verb),
      Role: roleOf(functionName(verb)),
      Runtime: 'nodejs24.x',
      Handler: handler,
      Code: { ZipFile: zip },
      Timeout: timeoutSeconds(verb),
      MemorySize: 256,
      Environment: { Variables },
    }),
  )
}

type Reader = {
  readonly verb: Verb
  readonly streamArn: string
  readonly ageSeconds: number
  readonly records: object
}

const readStream = (lambda: LambdaClient, { verb, streamArn, ageSeconds, records }: Reader) =>
  lambda.send(
    new CreateEventSourceMappingCommand({
      FunctionName: functionName(verb),
      EventSourceArn: streamArn,
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: streamBatch,
      MaximumRecordAgeInSeconds: ageSeconds,
      DestinationConfig: { OnFailure: { Destination: lostArn } },
      FilterCriteria: { Filters: [{ Pattern: JSON.stringify(records) }] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    }),
  )

async function createLockedBucket(s3: S3Client, Days: number): Promise<void> {
  const Bucket = logCopyBucket
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }))
  const ObjectLockConfiguration = {
    ObjectLockEnabled: 'Enabled' as const,
    Rule: { DefaultRetention: { Mode: 'GOVERNANCE' as const, Days } },
  }
  await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }))
}

const machine = new URL('../statemachines/release.asl.json', import.meta.url)

/** The state machine's definition with function names filled in, as CloudFormation's DefinitionSubstitutions does. */
export function definition(file = machine): string {
  return readFileSync(file, 'utf8').replace(/\$\{([A-Z][A-Za-z]*)Function\}/g, (_, verb: string) => {
    return lambdaArn(functionName(verb.charAt(0).toLowerCase() + verb.slice(1)))
  })
}

/** As above, for the button of chats. */
const putBackDefinition = (apiId: string): string =>
  readFileSync(new URL('../statemachines/put-back.asl.json', import.meta.url), 'utf8')
    .replace('${Partition}', 'aws')
    .replace('${ApiEndpoint}', `${apiId}.execute-api.${region}.amazonaws.com`)

async function createTable(client: DynamoDBClient): Promise<string> {
  const { TableDescription } = await client.send(
    new CreateTableCommand({
      TableName: environment.TIDEGATE_TABLE,
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' },
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  )
  return TableDescription?.LatestStreamArn ?? ''
}

/** The stack's rules. Services are registered later, so these rules match events of every service. */
async function createRules(
  client: EventBridgeClient,
  {
    sweepMinutes = 1,
    budgetMinutes,
    observes = false,
    watchMinutes,
    elsewhere,
  }: Pick<Installation, 'sweepMinutes' | 'budgetMinutes' | 'observes' | 'watchMinutes' | 'elsewhere'>,
): Promise<void> {
  const movers = verbs.map((verb) => roleOf(functionName(verb)))
  const all = everything({ account, region }, environment.TIDEGATE_STATE_MACHINE_ARN, movers, elsewhere)
  const heard = observes ? all : { ...all, observed: [] }
  for (const { name, verb, pattern } of rulesOf(budgetMinutes === undefined ? { ...heard, budgeted: [] } : heard)) {
    await client.send(new PutRuleCommand({ Name: functionName(name), EventPattern: JSON.stringify(pattern) }))
    await target(client, functionName(name), verb)
  }
  await every(client, 'sweep', sweepMinutes)
  if (observes) await every(client, 'observed', 1)
  if (watchMinutes !== undefined) await every(client, 'watches', watchMinutes)
  if (budgetMinutes === undefined) return
  await every(client, 'budgets', budgetMinutes)
  await every(client, 'reports', budgetMinutes)
}

/** The stack uses EventBridge Scheduler; the embedded cloud has none, so a rule sends the same payload. */
async function every(client: EventBridgeClient, tick: ScheduleName, minutes: number): Promise<void> {
  const ScheduleExpression = `rate(${minutes} minute${minutes === 1 ? '' : 's'})`
  await client.send(new PutRuleCommand({ Name: functionName(tick), ScheduleExpression }))
  await target(client, functionName(tick), scheduledVerbs[tick], JSON.stringify({ [tick]: true }))
}

async function target(client: EventBridgeClient, Rule: string, verb: Verb, Input?: string): Promise<void> {
  const target = {
    Id: verb,
    Arn: lambdaArn(functionName(verb)),
    DeadLetterConfig: { Arn: lostArn },
    RetryPolicy: { MaximumRetryAttempts: ruleRetries.attempts, MaximumEventAgeInSeconds: ruleRetries.ageSeconds },
    ...(Input === undefined ? {} : { Input }),
  }
  await client.send(new PutTargetsCommand({ Rule, Targets: [target] }))
}

/** Sends events that the functions cannot handle to the queue. */
async function keepWhatFails({ lambda, sqs }: Pick<Clients, 'lambda' | 'sqs'>): Promise<void> {
  const Attributes = { MessageRetentionPeriod: String(lostQueue.keptSeconds) }
  await sqs.send(new CreateQueueCommand({ QueueName: functionName(lostQueue.name), Attributes }))
  for (const verb of calledByEvents) await keepFailures(lambda, verb)
}

const keepFailures = (lambda: LambdaClient, verb: Verb) =>
  lambda.send(
    new PutFunctionEventInvokeConfigCommand({
      FunctionName: functionName(verb),
      MaximumRetryAttempts: asyncRetries.attempts,
      MaximumEventAgeInSeconds: asyncRetries.ageSeconds,
      DestinationConfig: { OnFailure: { Destination: lostArn } },
    }),
  )
