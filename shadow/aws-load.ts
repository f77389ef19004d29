// What a load needs of AWS: the traffic of production, the state of the account, and the hook's own runs.
import { type CloudWatchClient, type MetricDataQuery, paginateGetMetricData } from '@aws-sdk/client-cloudwatch'
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb'
import {
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  InvokeCommand,
  type LambdaClient,
} from '@aws-sdk/client-lambda'
import { asProblem, isNamed, translated } from '../cloud/aws/failure.ts'
import { claimPartitionOf } from '../core/shadow/sample.ts'
import { dayMs, minuteMs } from '../core/time.ts'
import type { Claim, ShadowPorts } from './ports.ts'

type World = Pick<ShadowPorts, 'nowMs' | 'random' | 'log' | 'rest'> & {
  readonly lambda: LambdaClient
  readonly dynamodb: DynamoDBClient
  readonly cloudwatch: CloudWatchClient
  readonly table: string
  /** The hook itself. */
  readonly hookName: string
}

export function awsLoadPorts(world: World): Pick<ShadowPorts, 'production' | 'runs'> {
  return {
    production: {
      busiestMinute: async (functionName, alias) => {
        const [minutes = []] = await read(world, dayMs, [callsOf(functionName, alias)])
        return minutes.length === 0 ? undefined : Math.max(...minutes)
      },
      calls: async (functionName, alias, fromMs) => {
        const [minutes] = await read(world, world.nowMs() - fromMs, [callsOf(functionName, alias)])
        return minutes?.reduce((sum, one) => sum + one, 0)
      },
      look: (functionName) => look(world, functionName),
    },
    runs: {
      claim: (claim) => claimed(world, claim),
      free: async (claim) => {
        await claimed(world, claim)
      },
      handOn: async (event) => {
        const handed = { FunctionName: world.hookName, InvocationType: 'Event', Payload: bytesOf(event) } as const
        await translated(`lambda:InvokeFunction of ${world.hookName}`, world.lambda.send(new InvokeCommand(handed)))
      },
      tell: (asker, result, message) => tell(world, asker, result, message),
    },
  }
}

/** @returns the reserved concurrency of a function, if it has one */
export async function reservedOf(lambda: LambdaClient, FunctionName: string): Promise<number | undefined> {
  const { ReservedConcurrentExecutions } = await translated(
    `lambda:GetFunctionConcurrency of ${FunctionName}`,
    lambda.send(new GetFunctionConcurrencyCommand({ FunctionName })),
  )
  return ReservedConcurrentExecutions
}

const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

type Metric = Pick<MetricDataQuery, 'MetricStat'>

const metric = (MetricName: string, Stat: string, dimensions: Readonly<Record<string, string>>): Metric => ({
  MetricStat: {
    Metric: {
      ...{ Namespace: 'AWS/Lambda', MetricName },
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    },
    ...{ Period: 60, Stat },
  },
})

const callsOf = (functionName: string, alias: string): Metric =>
  metric('Invocations', 'Sum', { FunctionName: functionName, Resource: `${functionName}:${alias}` })

/** @returns the values of each query; `undefined` of what CloudWatch does not know whole */
async function read(
  { cloudwatch, nowMs }: World,
  forMs: number,
  queries: readonly Metric[],
): Promise<readonly (readonly number[] | undefined)[]> {
  const input = {
    MetricDataQueries: queries.map((query, index) => ({ ...query, Id: `q${index}` })),
    ...{ StartTime: new Date(nowMs() - forMs), EndTime: new Date(nowMs()) },
  }
  const found = queries.map((): number[] => [])
  const last = queries.map((): string => 'no status')
  const reading = async (): Promise<void> => {
    for await (const { MetricDataResults = [] } of paginateGetMetricData({ client: cloudwatch }, input))
      for (const { Id = '', Values = [], StatusCode = 'no status' } of MetricDataResults) {
        const index = Number(Id.slice(1))
        found[index]?.push(...Values)
        last[index] = StatusCode
      }
  }
  await translated('cloudwatch:GetMetricData', reading())
  return found.map((values, index) => (last[index] === 'Complete' ? values : undefined))
}

/** CloudWatch has a minute some minutes later. */
const lookMs = 5 * minuteMs

async function look(world: World, functionName: string): ReturnType<ShadowPorts['production']['look']> {
  const { AccountLimit } = await translated(
    'lambda:GetAccountSettings',
    world.lambda.send(new GetAccountSettingsCommand({})),
  )
  const [claims = [], throttles = []] = await read(world, lookMs, [
    metric('ClaimedAccountConcurrency', 'Maximum', {}),
    metric('Throttles', 'Sum', { FunctionName: functionName }),
  ])
  const limit = AccountLimit?.ConcurrentExecutions ?? 0
  return {
    claimed: claims.length === 0 || limit === 0 ? undefined : Math.max(...claims) / limit,
    throttles: throttles.reduce((sum, one) => sum + one, 0),
  }
}

/** A claim without a time is one that is given back. */
async function claimed(
  { dynamodb, table, nowMs, random }: World,
  { functionName, owner, run, untilMs }: Claim,
): ReturnType<ShadowPorts['runs']['claim']> {
  const expiresAt = Math.ceil((nowMs() + dayMs) / 1000)
  const [pk, mark] = [{ S: claimPartitionOf(functionName) }, String(random())]
  const isSame = `#owner = :owner AND ${untilMs === 0 ? '#run = :run' : '#run < :run'}`
  const put = new PutItemCommand({
    TableName: table,
    Item: {
      ...{ pk, sk: { S: 'claim' }, owner: { S: owner }, mark: { S: mark } },
      ...{ run: { N: String(run) }, untilMs: { N: String(untilMs) }, expiresAt: { N: String(expiresAt) } },
    },
    ConditionExpression: `attribute_not_exists(pk) OR (${isSame}) OR (#owner <> :owner AND untilMs < :now)`,
    ExpressionAttributeNames: { '#owner': 'owner', '#run': 'run' },
    ExpressionAttributeValues: { ':owner': { S: owner }, ':run': { N: String(run) }, ':now': { N: String(nowMs()) } },
  })
  try {
    await dynamodb.send(put)
    return 'ours'
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw asProblem(error, `dynamodb:PutItem of ${table}`)
    const query = {
      ...{ TableName: table, KeyConditionExpression: 'pk = :pk', ConsistentRead: true },
      ExpressionAttributeValues: { ':pk': pk },
    }
    const { Items } = await translated(`dynamodb:Query of ${table}`, dynamodb.send(new QueryCommand(query)))
    const { owner: other, untilMs: until, mark: others } = Items?.[0] ?? {}
    // The SDK sends a write again whose answer was lost, and finds its own item.
    if (others?.S === mark) return 'ours'
    return other?.S === owner ? 'done' : { untilMs: Number(until?.N ?? 0) }
  }
}

const attemptsMax = 10
const nobodyWaits = ['verb_not_now', 'answer_unproven', 'release_missing', 'call_invalid'].map(
  (code) => `Tidegate.${code}`,
)

/** The nonce proves that we were called: it goes into no log. */
async function tell(
  { lambda, rest, log }: World,
  { release, hook, answer }: Parameters<ShadowPorts['runs']['tell']>[0],
  result: string,
  message: string,
): Promise<boolean> {
  const said = { releaseId: release, hook, nonce: answer.nonce, result, message }
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const why = await errorOf(lambda, answer.function, said)
    if (why === undefined) return true
    if (nobodyWaits.includes(why)) return false
    if (result === 'later') break
    await rest(2000)
  }
  // What is said on the way may get lost, and the load goes on. That the hook is running is not noted at once.
  log({ level: result === 'later' ? 'info' : 'error', message: `${answer.function} did not take what the hook said` })
  return true
}

async function errorOf(lambda: LambdaClient, FunctionName: string, said: unknown): Promise<string | undefined> {
  try {
    const { FunctionError, Payload } = await lambda.send(new InvokeCommand({ FunctionName, Payload: bytesOf(said) }))
    if (FunctionError === undefined) return undefined
    const { errorType } = JSON.parse(new TextDecoder().decode(Payload)) as { readonly errorType?: unknown }
    return typeof errorType === 'string' ? errorType : FunctionError
  } catch (error) {
    return isNamed(error, 'ResourceNotFoundException') ? 'Tidegate.release_missing' : 'not called'
  }
}
