// The whole house on stepped time, in one process: embedded cloud, controller, sample service. The controller's functions
// use the real SDK clients, through the in-process transport.
import { createHash } from 'node:crypto'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import {
  GetAliasCommand,
  InvokeCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { SFNClient } from '@aws-sdk/client-sfn'
import { SNSClient } from '@aws-sdk/client-sns'
import { awsAlarmWatch } from '../cloud/aws/alarm-watch.ts'
import { awsExecutions } from '../cloud/aws/executions.ts'
import { awsHistory } from '../cloud/aws/history.ts'
import { awsHooks } from '../cloud/aws/hooks.ts'
import { awsJournal } from '../cloud/aws/journal.ts'
import { awsLeases } from '../cloud/aws/leases.ts'
import { awsOpenReleases } from '../cloud/aws/open-releases.ts'
import { awsOutbox } from '../cloud/aws/outbox.ts'
import { awsServices } from '../cloud/aws/services.ts'
import { awsTelemetry } from '../cloud/aws/telemetry.ts'
import { awsTraffic } from '../cloud/aws/traffic.ts'
import { awsVersions } from '../cloud/aws/versions.ts'
import { chance } from '../cloud/local/chance.ts'
import { steppedClock } from '../cloud/local/clock.ts'
import { localCloud, type LocalCloudOptions } from '../cloud/local/cloud.ts'
import { inProcessRuntime, type LocalFunction } from '../cloud/local/in-process-runtime.ts'
import { localTransport } from '../cloud/local/transport.ts'
import { replay } from '../core/advance.ts'
import type { ReleaseEvent } from '../core/event.ts'
import type { Release } from '../core/release.ts'
import { handlers, type Verb } from '../functions/handlers.ts'
import type { World } from '../functions/world.ts'
import { environment, functionName, install } from '../sim/installation.ts'
import { createSample, sampleRole } from '../sim/sample-service.ts'
import { startTraffic } from '../sim/traffic.ts'

export const minute = 60_000
export const startMs = Date.UTC(2026, 0, 1)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const sha = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The sample's versions, as examples/checkout has them, but without a process of their own. */
const samples: Readonly<Record<string, LocalFunction>> = {
  v1: () => ({ total: 1 }),
  v2: () => ({ total: 2 }),
  v3: (event) => {
    if ((event as { coupon?: string }).coupon === 'FRIEND')
      throw new TypeError("Cannot read properties of undefined (reading 'share')")
    return { total: 3 }
  },
  v4: (_, context) => {
    context.tookMs(4000)
    return { total: 4 }
  },
  smoke: () => ({ result: 'pass', message: 'fine' }),
}

export type HouseOptions = Omit<Partial<LocalCloudOptions>, 'clock' | 'runtime'> & {
  /** More functions, by the text of their package. */
  readonly functions?: Readonly<Record<string, LocalFunction>>
  readonly perMinute?: number
}

export type House = Awaited<ReturnType<typeof openHouse>>

export async function openHouse({ functions = {}, perMinute = 200, ...cloudOptions }: HouseOptions = {}) {
  const clock = steppedClock(startMs)
  const worlds = new Map<string, World>()
  const controller = Object.fromEntries(
    (Object.keys(handlers) as Verb[]).map((verb): [string, LocalFunction] => [
      `tidegate ${verb}`,
      (event, context) => handlers[verb](world())(event, context),
    ]),
  )
  const cloud = localCloud({
    ...cloudOptions,
    clock,
    runtime: inProcessRuntime({ ...samples, ...controller, ...functions }, clock),
  })
  const logged: Readonly<Record<string, unknown>>[] = []
  const config = (accessKeyId: string) => ({
    endpoint: 'http://local',
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey: 'none' },
    requestHandler: localTransport(cloud.handler),
    maxAttempts: 1,
  })
  const clientsFor = (key: string) => ({
    lambda: new LambdaClient(config(key)),
    cloudwatch: new CloudWatchClient(config(key)),
    dynamodb: new DynamoDBClient(config(key)),
    sfn: new SFNClient(config(key)),
    events: new EventBridgeClient(config(key)),
    sns: new SNSClient(config(key)),
  })
  const clients = clientsFor('operator')

  function world(): World {
    const made = worlds.get('tidegate') ?? worldOn(clientsFor('role.tidegate'), clock, (line) => logged.push(line))
    worlds.set('tidegate', made)
    return made
  }

  await install(clients, { code: (verb) => ({ zip: bytes(`tidegate ${verb}`), handler: 'index.handler' }) })
  await createSample(clients, { v1: bytes('v1'), smoke: bytes('smoke') })
  const traffic = startTraffic(clients.lambda, clock, chance(7, 'carts'), perMinute)
  await clock.advanceTo(startMs + 10 * minute)

  const ask = async (verb: Verb, payload: unknown): Promise<unknown> => {
    const { Payload, FunctionError } = await clients.lambda.send(
      new InvokeCommand({ FunctionName: functionName(verb), Payload: JSON.stringify(payload) }),
    )
    const value: unknown = JSON.parse(new TextDecoder().decode(Payload))
    if (FunctionError !== undefined)
      throw Object.assign(new Error((value as { errorMessage: string }).errorMessage), {
        name: (value as { errorType: string }).errorType,
      })
    return value
  }
  const events = async (id: string): Promise<readonly ReleaseEvent[]> => (await world().journal.read(id)).events
  const release = async (id: string): Promise<Release> => {
    const found = replay(await events(id))
    if (found === undefined) throw new Error(`no release ${id}`)
    return found
  }

  return {
    clock,
    cloud,
    clients,
    clientsFor,
    world: world(),
    logged,
    traffic,
    ask,
    events,
    release,
    pages: () => cloud.sns.published(),
    minutes: (count: number) => clock.advanceTo(clock.nowMs() + count * minute),
    alias: async (name = 'checkout') => {
      const { FunctionVersion, RoutingConfig, RevisionId } = await clients.lambda.send(
        new GetAliasCommand({ FunctionName: name, Name: 'live' }),
      )
      return { version: FunctionVersion, weights: RoutingConfig?.AdditionalVersionWeights ?? {}, revision: RevisionId }
    },
    /** Publishes a version of a function, as a deploy would. @returns its number */
    publish: async (code: string, name = 'checkout') => {
      await clients.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: bytes(code) }))
      return (await clients.lambda.send(new PublishVersionCommand({ FunctionName: name }))).Version ?? ''
    },
    /** Asks for a release and runs it until it waits for the first time. @returns its id */
    start: async (call: Readonly<Record<string, unknown>>) => {
      const { releases } = (await ask('intake', { service: 'checkout', ...call })) as {
        releases: { releaseId: string }[]
      }
      await clock.settle()
      return releases[0]?.releaseId ?? ''
    },
    /** Lets time pass until the release has settled. */
    finish: async (id: string, atMostMinutes = 300) => {
      for (let passed = 0; passed < atMostMinutes; passed++) {
        const now = await release(id)
        if (now.state.phase === 'settled') return now
        await clock.advanceTo(clock.nowMs() + minute)
      }
      throw new Error(
        `release ${id} has not settled after ${atMostMinutes} minutes: ${JSON.stringify((await release(id)).state)}`,
      )
    },
    moveByHand: (version: string, weights: Record<string, number> = {}, as = 'sam', name = 'checkout') =>
      clientsFor(as).lambda.send(
        new UpdateAliasCommand({
          FunctionName: name,
          Name: 'live',
          FunctionVersion: version,
          RoutingConfig: { AdditionalVersionWeights: weights },
        }),
      ),
    close: () => {
      traffic.stop()
      cloud.close()
    },
  }
}

type Clients = {
  readonly lambda: LambdaClient
  readonly cloudwatch: CloudWatchClient
  readonly dynamodb: DynamoDBClient
  readonly sfn: SFNClient
  readonly events: EventBridgeClient
  readonly sns: SNSClient
}

/** Every port on the SDK, as functions/main.ts wires them. */
export function worldOn(
  clients: Clients,
  clock: World['clock'],
  log: (line: Readonly<Record<string, unknown>>) => void,
): World {
  const table = { client: clients.dynamodb, name: environment.TIDEGATE_TABLE }
  return {
    clock,
    journal: awsJournal(table),
    services: awsServices(table),
    leases: awsLeases(table),
    openReleases: awsOpenReleases(table),
    history: awsHistory(table),
    alarmWatch: awsAlarmWatch(table),
    traffic: awsTraffic(clients.lambda),
    versions: awsVersions(clients.lambda),
    telemetry: awsTelemetry(clients.cloudwatch),
    executions: awsExecutions(clients.sfn, environment.TIDEGATE_STATE_MACHINE_ARN),
    hooks: awsHooks(clients.lambda),
    outbox: awsOutbox({
      events: clients.events,
      busName: environment.TIDEGATE_BUS,
      pages: clients.sns,
      topicArn: environment.TIDEGATE_TOPIC_ARN,
    }),
    digest: sha,
    log,
  }
}

export { sampleRole }
