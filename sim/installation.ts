// The controller installed on the embedded cloud, through the same API calls as any client's: table, topic, functions,
// state machine, rules and schedule.
import { readFileSync } from 'node:fs'
import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  type CloudWatchLogsClient,
  CreateLogGroupCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs'
import { type EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import { CreateEventSourceMappingCommand, CreateFunctionCommand, type LambdaClient } from '@aws-sdk/client-lambda'
import { CreateStateMachineCommand, type SFNClient } from '@aws-sdk/client-sfn'
import { CreateTopicCommand, type SNSClient } from '@aws-sdk/client-sns'
import { announcedRecords } from '../core/log-key.ts'
import type { Environment } from '../functions/environment.ts'
import { type Verb, verbs } from '../functions/handlers.ts'

const account = '000000000000'
const region = 'us-east-1'
const lambdaArn = (name: string): string => `arn:aws:lambda:${region}:${account}:function:${name}`

/** The controller's own functions are called `tidegate-<verb>`, its state machine `tidegate-release`. */
export const functionName = (verb: string): string => `tidegate-${verb}`
/** Whether a request comes from one of them. */
export const isController = ({ accessKeyId }: { readonly accessKeyId: string }): boolean =>
  accessKeyId.startsWith(`role.${functionName('')}`)
/** Each has a role of its own name, as has the state machine. */
const roleOf = (name: string): string => `arn:aws:iam::${account}:role/${name}`

export const environment = {
  TIDEGATE_TABLE: 'tidegate',
  TIDEGATE_STATE_MACHINE_ARN: `arn:aws:states:${region}:${account}:stateMachine:tidegate-release`,
  TIDEGATE_TOPIC_ARN: `arn:aws:sns:${region}:${account}:tidegate-pages`,
  TIDEGATE_BUS: 'default',
} satisfies Environment

type Clients = {
  readonly dynamodb: DynamoDBClient
  readonly lambda: LambdaClient
  readonly sfn: SFNClient
  readonly events: EventBridgeClient
  readonly sns: SNSClient
  readonly logs: CloudWatchLogsClient
}

type Installation = {
  /** The code package of a function, and the name of the handler in it. */
  readonly code: (verb: Verb) => { readonly zip: Uint8Array; readonly handler: string }
  /** How often the sweep runs. */
  readonly sweepMinutes?: number
  /** How often error budgets are counted; without it, never. */
  readonly budgetMinutes?: number
}

export async function install(
  clients: Clients,
  { code, sweepMinutes = 1, budgetMinutes }: Installation,
): Promise<void> {
  const streamArn = await createTable(clients.dynamodb)
  await clients.sns.send(new CreateTopicCommand({ Name: 'tidegate-pages' }))
  for (const verb of verbs) {
    const { zip, handler } = code(verb)
    const logGroupName = `/aws/lambda/${functionName(verb)}`
    await clients.logs.send(new CreateLogGroupCommand({ logGroupName }))
    await clients.logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 30 }))
    await clients.lambda.send(
      new CreateFunctionCommand({
        FunctionName: functionName(verb),
        Role: roleOf(functionName(verb)),
        Runtime: 'nodejs24.x',
        Handler: handler,
        Code: { ZipFile: zip },
        Timeout: verb === 'hook' ? 900 : 60,
        MemorySize: 256,
        Environment: { Variables: environment },
      }),
    )
  }
  await clients.lambda.send(
    new CreateEventSourceMappingCommand({
      FunctionName: functionName('announce'),
      EventSourceArn: streamArn,
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 25,
      FilterCriteria: { Filters: [{ Pattern: JSON.stringify(announcedRecords) }] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    }),
  )
  await clients.sfn.send(
    new CreateStateMachineCommand({
      name: 'tidegate-release',
      roleArn: roleOf('tidegate-release'),
      definition: definition(),
    }),
  )
  await createRules(clients.events, sweepMinutes)
  if (budgetMinutes === undefined) return
  await every(clients.events, 'tidegate-budgets', budgetMinutes, 'budget')
  const look = { source: ['tidegate.release'], 'detail-type': ['Release Judged'] }
  await clients.events.send(new PutRuleCommand({ Name: 'tidegate-look', EventPattern: JSON.stringify(look) }))
  await target(clients.events, 'tidegate-look', 'budget')
  await every(clients.events, 'tidegate-reports', budgetMinutes, 'reports')
}

/** The state machine with the names of its functions put in, as CloudFormation's DefinitionSubstitutions does. */
function definition(): string {
  const text = readFileSync(new URL('../statemachines/release.asl.json', import.meta.url), 'utf8')
  return text.replace(/\$\{([A-Z][A-Za-z]*)Function\}/g, (_, verb: string) => {
    return lambdaArn(functionName(verb.charAt(0).toLowerCase() + verb.slice(1)))
  })
}

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

/** Which events reach which function (docs/aws.md §1.7, §2.5, §3.5, §4). */
const rules: readonly { readonly name: string; readonly verb: Verb; readonly pattern: unknown }[] = [
  { name: 's3', verb: 'intake', pattern: { source: ['aws.s3'], 'detail-type': ['Object Created'] } },
  {
    name: 'ecr',
    verb: 'intake',
    pattern: {
      source: ['aws.ecr'],
      'detail-type': ['ECR Image Action'],
      detail: { 'action-type': ['PUSH'], result: ['SUCCESS'] },
    },
  },
  {
    name: 'ecr-scan',
    verb: 'attest',
    pattern: { source: ['aws.ecr'], 'detail-type': ['ECR Image Scan'], detail: { 'scan-status': ['COMPLETE'] } },
  },
  {
    name: 'incident',
    verb: 'incident',
    pattern: { source: ['tidegate.incident', { prefix: 'aws.partner/pagerduty.com/' }, 'aws.ssm-incidents'] },
  },
  {
    name: 'cloudformation',
    verb: 'intake',
    pattern: {
      source: ['aws.cloudformation'],
      'detail-type': ['CloudFormation Resource Status Change'],
      detail: { 'resource-type': ['AWS::Lambda::Version'], 'status-details': { status: ['CREATE_COMPLETE'] } },
    },
  },
  {
    name: 'stack-rollback',
    verb: 'reconcile',
    pattern: {
      source: ['aws.cloudformation'],
      'detail-type': ['CloudFormation Stack Status Change'],
      detail: { 'status-details': { status: ['UPDATE_ROLLBACK_IN_PROGRESS', 'ROLLBACK_IN_PROGRESS'] } },
    },
  },
  {
    name: 'alarm',
    verb: 'alarm',
    pattern: {
      source: ['aws.cloudwatch'],
      'detail-type': ['CloudWatch Alarm State Change'],
      detail: { state: { value: ['ALARM'] } },
    },
  },
  {
    name: 'execution',
    verb: 'reconcile',
    pattern: {
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: {
        stateMachineArn: [environment.TIDEGATE_STATE_MACHINE_ARN],
        status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
      },
    },
  },
  {
    name: 'alias',
    verb: 'reconcile',
    pattern: {
      source: ['aws.lambda'],
      'detail-type': ['AWS API Call via CloudTrail'],
      detail: {
        eventName: ['UpdateAlias20150331', 'DeleteAlias20150331'],
        userIdentity: {
          sessionContext: {
            sessionIssuer: {
              arn: [{ exists: false }, { 'anything-but': verbs.map((verb) => roleOf(functionName(verb))) }],
            },
          },
        },
      },
    },
  },
]

async function createRules(client: EventBridgeClient, sweepMinutes: number): Promise<void> {
  for (const { name, verb, pattern } of rules) {
    await client.send(new PutRuleCommand({ Name: `tidegate-${name}`, EventPattern: JSON.stringify(pattern) }))
    await target(client, `tidegate-${name}`, verb)
  }
  await every(client, 'tidegate-sweep', sweepMinutes, 'reconcile')
}

async function every(client: EventBridgeClient, Name: string, minutes: number, verb: Verb): Promise<void> {
  await client.send(
    new PutRuleCommand({ Name, ScheduleExpression: `rate(${minutes} minute${minutes === 1 ? '' : 's'})` }),
  )
  await target(client, Name, verb)
}

async function target(client: EventBridgeClient, rule: string, verb: Verb): Promise<void> {
  const targets = [{ Id: verb, Arn: lambdaArn(functionName(verb)) }]
  await client.send(new PutTargetsCommand({ Rule: rule, Targets: targets }))
}
