// The whole system on stepped time in one process: embedded cloud, controller, sample service. The controller's functions use the
// real SDK clients, through the in-process transport.
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  GetAliasCommand,
  type LambdaClient,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda'
import { chance } from '../cloud/local/time/chance.ts'
import { type SteppedClock, steppedClock, until } from '../cloud/local/time/clock.ts'
import { localCloud, type LocalCloud, type LocalCloudOptions } from '../cloud/local/cloud.ts'
import type { LocalHandler } from '../cloud/local/dispatch.ts'
import { inProcessRuntime, type LocalFunction } from '../cloud/local/runtime/in-process-runtime.ts'
import { replay } from '../core/release/advance.ts'
import type { ReleaseEvent } from '../core/release/event.ts'
import type { Metric } from '../core/measures/metric.ts'
import type { Site } from '../core/origin.ts'
import type { Release } from '../core/release/release.ts'
import { handlers, optionalVerbs, type Verb, verbs } from '../functions/handlers.ts'
import type { Handler } from '../functions/steps/world.ts'
import type { World } from '../functions/steps/world.ts'
import { ordersOn } from './api-request.ts'
import { type Clients, clientsAt, placeOf } from './clients.ts'
import { api, environment, functionName, install } from './installation.ts'
import { createSample, openArtifacts } from './sample-service.ts'
import { startTraffic, type Traffic } from './traffic.ts'
import { worldOn } from './world.ts'

export const minute = 60_000
export const startMs = Date.UTC(2026, 0, 1)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The sample's versions from examples/checkout, rewritten to run without their own process. */
const samples: Readonly<Record<string, LocalFunction>> = {
  v1: () => ({ total: 1 }),
  v2: () => ({ total: 2 }),
  v3: (event) => {
    if ((event as { coupon?: string }).coupon === 'FRIEND') throw new TypeError('Cannot read properties of undefined')
    return { total: 3 }
  },
  v4: async (_, context) => {
    await context.waitMs(4000)
    return { total: 4 }
  },
  smoke: () => ({ result: 'pass', message: 'fine' }),
}

export type SandboxOptions = Omit<Partial<LocalCloudOptions>, 'clock' | 'runtime'> & {
  /** Other accounts and regions whose events are forwarded here. */
  readonly elsewhere?: readonly Site[]
  /** How long a failing batch of the table's stream is retried by `announce`. */
  readonly streamAgeSeconds?: number
  /** Copies the logs, into a bucket that keeps each object for so many days. */
  readonly logCopyDays?: number
  /** With the button for chats and the function of widgets. */
  readonly isWhole?: boolean
  /** Additional functions, by the text of their package. */
  readonly functions?: Readonly<Record<string, LocalFunction>>
  /** Wraps every call of a controller function, and may make it fail. */
  readonly around?: (verb: Verb, event: unknown, run: () => Promise<unknown>) => Promise<unknown>
  /** The interval at which error budgets are counted; without it, never. */
  readonly budgetMinutes?: number
  /** Watches the aliases of services with `mode: observe`. */
  readonly observes?: boolean
  /** How often services are looked at after a promotion, as their definitions say; without it, never. */
  readonly watchMinutes?: number
  /** The interval of the sweep; default: the stack's. */
  readonly sweepMinutes?: number
  /** Customer requests a minute. */
  readonly perMinute?: number
  /** Addresses that services may name as a Prometheus. */
  readonly prometheusUrls?: readonly string[]
  /** Sees every client request, and may change it. */
  readonly through?: (handler: LocalHandler) => LocalHandler
}

export type Sandbox = ReturnType<typeof rooms>
type Base = {
  readonly clock: SteppedClock
  readonly cloud: LocalCloud
  readonly clients: Clients
  readonly clientsFor: (accessKeyId: string) => Clients
  readonly world: World
  readonly logged: readonly Readonly<Record<string, unknown>>[]
  readonly measured: readonly Metric[]
  readonly traffic: Traffic
}

/** Opens a sandbox in which the sample has run for ten minutes. The caller defines the service. */
export async function openSandbox({
  functions = {},
  perMinute = 200,
  through,
  budgetMinutes,
  sweepMinutes,
  streamAgeSeconds,
  logCopyDays,
  isWhole = false,
  elsewhere,
  around = (_verb, _event, run) => run(),
  ...options
}: SandboxOptions = {}): Promise<Sandbox> {
  const clock = steppedClock(startMs)
  // The functions are installed before their world exists. Nobody calls them in between.
  const late: { worldOf?: (verb: Verb) => World } = {}
  const warm = new Map<Verb, Handler>()
  const controller = [...verbs, ...optionalVerbs].map((verb): [string, LocalFunction] => [
    `tidegate ${verb}`,
    (event, call) => {
      if (late.worldOf === undefined) throw new Error('the sandbox is not open yet')
      // Made once, as in a warm function, so that in-memory state persists.
      const handler = warm.get(verb) ?? handlers[verb](late.worldOf(verb))
      warm.set(verb, handler)
      return around(verb, event, () => handler(event, call))
    },
  ])
  const runtime = inProcessRuntime({ ...Object.fromEntries(controller), ...functions }, clock, samples)
  const cloud = localCloud({ ...options, clock, runtime })
  const waitFor = <T>(answer: Promise<T>): Promise<T> => runtime.waitFor?.(undefined, answer) ?? answer
  const clientsFor = (key: string): Clients => clientsAt(placeOf(through?.(cloud.handler) ?? cloud.handler, key))
  const clients = clientsFor('operator')
  const logged: Readonly<Record<string, unknown>>[] = []
  const measured: Metric[] = []
  const tell: Pick<World, 'log' | 'emit' | 'rest' | 'prometheusUrls'> = {
    ...{ prometheusUrls: options.prometheusUrls ?? [], log: (line) => void logged.push(line) },
    emit: (metric) => void measured.push(metric),
    rest: (ms) => waitFor(until(clock, clock.nowMs() + ms)),
  }
  // Every function calls AWS with its own role.
  const worlds = new Map<Verb, World>()
  const worldOf = (verb: Verb): World => {
    const made = worlds.get(verb) ?? worldOn(clientsFor(`role.${functionName(verb)}`), clock, tell)
    worlds.set(verb, made)
    return made
  }
  late.worldOf = worldOf
  // For tests to inspect and to prepare.
  const world = worldOn(clients, clock, tell)
  const { apiId } = cloud.httpApi.create(api)
  await install(clients, {
    ...(isWhole ? { putBackBy: apiId, widgets: true } : {}),
    code: (verb) => ({ zip: bytes(`tidegate ${verb}`), handler: 'index.handler' }),
    ...(budgetMinutes === undefined ? {} : { budgetMinutes }),
    ...{ ...lookingOf(options), ...(sweepMinutes && { sweepMinutes }) },
    ...(elsewhere === undefined ? {} : { elsewhere }),
    ...(streamAgeSeconds === undefined ? {} : { streamAgeSeconds }),
    ...(logCopyDays === undefined ? {} : { logCopyDays }),
  })
  await createSample(clients, { v1: bytes('v1'), smoke: bytes('smoke') })
  const traffic = startTraffic(cloud, clock, chance(7, 'carts'), perMinute)
  await clock.advanceTo(startMs + 10 * minute)
  return rooms({ clock, cloud, clients, clientsFor, world, logged, measured, traffic })
}

const lookingOf = ({ observes, watchMinutes }: Pick<SandboxOptions, 'observes' | 'watchMinutes'>) => ({
  ...(observes && { observes }),
  ...(watchMinutes && { watchMinutes }),
})

function rooms(base: Base) {
  const { clock, cloud, clients, clientsFor, world } = base
  const events = async (id: string): Promise<readonly ReleaseEvent[]> => (await world.journal.read(id)).events
  const release = async (id: string): Promise<Release> => {
    const found = replay(await events(id))
    if (found === undefined) throw new Error(`no release ${id}`)
    return found
  }
  const { ask, orderAs } = ordersOn(clients.lambda, world.journal)
  return {
    ...base,
    ask,
    orderAs,
    events,
    release,
    /** Every page and ticket, in order. */
    pages: () => cloud.sns.published().filter(({ topicArn }) => topicArn !== environment.TIDEGATE_CHAT_ARN),
    /** What a chat gets. */
    chat: () => cloud.sns.published().filter(({ topicArn }) => topicArn === environment.TIDEGATE_CHAT_ARN),
    minutes: (count: number) => clock.advanceTo(clock.nowMs() + count * minute),
    /** Uploads a package to the bucket of the sample's trigger, as a pipeline would. */
    upload: async (code: string) => {
      const put = (address: string, body: string) => {
        const [path = '', query] = address.split('?')
        const request = { method: 'PUT', path, query: new URLSearchParams(query), headers: {}, body: bytes(body) }
        return cloud.objects.handle(request, { accessKeyId: 'ci', arn: 'arn:aws:iam::000000000000:user/ci' })
      }
      await openArtifacts(put)
      await put('/artifacts/checkout.zip', code)
    },
    alias: (name = 'checkout') => aliasOf(clients.lambda, name),
    publish: (code: string, name = 'checkout') => publish(clients.lambda, code, name),
    /** Requests a release and runs it until it waits for the first time. @returns its id */
    start: async (call: Readonly<Record<string, unknown>>) => {
      const accepted = (await ask('start', {
        service: 'checkout',
        ...call,
        bolder: call['plan'] !== undefined,
      })) as { releases: { releaseId: string }[] }
      await clock.settle()
      return accepted.releases[0]?.releaseId ?? ''
    },
    /** Advances time until the release has settled. */
    finish: async (id: string, atMostMinutes = 300) => {
      for (let passed = 0; passed < atMostMinutes; passed++) {
        const now = await release(id)
        if (now.state.phase === 'settled') return now
        await clock.advanceTo(clock.nowMs() + minute)
      }
      throw new Error(`release ${id} has not settled: ${JSON.stringify((await release(id)).state)}`)
    },
    addFunction: (name: string) => addFunction(clients.lambda, name),
    moveByHand: (version: string, weights: Record<string, number> = {}, as = 'sam') =>
      moveByHand(clientsFor(as).lambda, version, weights),
    close: () => {
      base.traffic.stop()
      cloud.close()
    },
  }
}

const moveByHand = (lambda: LambdaClient, version: string, weights: Record<string, number>) =>
  lambda.send(
    new UpdateAliasCommand({
      FunctionName: 'checkout',
      Name: 'live',
      FunctionVersion: version,
      RoutingConfig: { AdditionalVersionWeights: weights },
    }),
  )

/** Adds a function with an alias on its version 1. @returns a version to release */
async function addFunction(lambda: LambdaClient, name: string): Promise<string> {
  const Role = 'arn:aws:iam::000000000000:role/x'
  const Code = { ZipFile: bytes('v1') }
  await lambda.send(new CreateFunctionCommand({ FunctionName: name, Role, Code, Publish: true }))
  await lambda.send(new CreateAliasCommand({ FunctionName: name, Name: 'live', FunctionVersion: '1' }))
  return publish(lambda, 'v2', name)
}

/** Publishes a version of a function, as a deployment would. @returns its number */
async function publish(lambda: LambdaClient, code: string, name: string): Promise<string> {
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: bytes(code) }))
  return (await lambda.send(new PublishVersionCommand({ FunctionName: name }))).Version ?? ''
}

async function aliasOf(lambda: LambdaClient, name: string) {
  const alias = await lambda.send(new GetAliasCommand({ FunctionName: name, Name: 'live' }))
  const weights = alias.RoutingConfig?.AdditionalVersionWeights ?? {}
  return { version: alias.FunctionVersion, weights, revision: alias.RevisionId }
}
