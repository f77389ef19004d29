// The whole embedded cloud: creates every service, connects them (only here), and puts them behind one handler.
import { chance, idsFrom } from './time/chance.ts'
import type { LocalClock } from './time/clock.ts'
import { localCloudTrail } from './account/cloudtrail.ts'
import { localLogs } from './account/log-groups.ts'
import { localRepositories } from './account/repositories.ts'
import { localRoles, type LocalRoles } from './account/roles.ts'
import { localApplicationAutoScaling } from './application-auto-scaling.ts'
import { localApplicationSignals, type LocalApplicationSignals } from './application-signals.ts'
import { localCloudWatch } from './cloudwatch/cloudwatch.ts'
import { localHandler } from './dispatch.ts'
import type { LocalHandler, LocalServices, RequestHook } from './dispatch.ts'
import { localDynamoDb } from './dynamodb/dynamodb.ts'
import { type LocalCodeDeploy, localCodeDeploy } from './codedeploy.ts'
import { localPipelines, type LocalPipelines } from './codepipeline.ts'
import { type DeliveryFaults, localEventBridge } from './eventbridge/eventbridge.ts'
import type { LocalEventBridge } from './eventbridge/eventbridge.ts'
import { httpApiElsewhere, type LocalHttpApi, localHttpApi } from './http-api/http-api.ts'
import { localLambda } from './lambda/lambda.ts'
import type { Runtime } from './runtime/runtime.ts'
import { asRole, type Authorize, type Rights, rightsBy } from './protocol/rights.ts'
import { localObjects } from './s3/s3.ts'
import type { LocalObjects } from './s3/s3.ts'
import { type Bus, home, type Invoker, type LocalService, type MetricSink, type Site } from './protocol/service.ts'
import { type LocalOpsCenter, localOpsCenter } from './ops-center.ts'
import { localSns } from './sns.ts'
import { localAppConfig } from './app-config.ts'
import { localParameters } from './parameters.ts'
import { localSecrets } from './secrets.ts'
import { localSqs } from './sqs/sqs.ts'
import { localSts } from './sts.ts'
import type { LocalSns } from './sns.ts'
import { localStepFunctions } from './stepfunctions/stepfunctions.ts'
import type { LocalStepFunctions } from './stepfunctions/stepfunctions.ts'

export type LocalCloudOptions = {
  readonly clock: LocalClock
  readonly runtime: Runtime
  /** Determines ids, traffic splits and jitter: the same seed gives the same run. */
  readonly seed?: number
  /** Faults of the event bus. */
  readonly delivery?: DeliveryFaults
  /** How long a Lambda version takes to become active. */
  readonly pendingMs?: number
  /** Why Lambda cannot allocate provisioned concurrency to a version; `undefined`: it can. */
  readonly provisionFailure?: (functionName: string, version: string) => string | undefined
  /** The delay until a metric's point becomes visible. */
  readonly metricDelayMs?: number
  readonly onRequest?: RequestHook
  /** The clock of executions. One that stands still simulates a Step Functions that makes no progress. */
  readonly executionTime?: (clock: LocalClock) => LocalClock
  /** Enforces permissions; without it every call is allowed. */
  readonly authorize?: Authorize
  /** The secrets of assumed roles, if a socket verifies signatures. */
  readonly secretOf?: (accessKeyId: string) => string
  /** Where the cloud's socket is, if it has one. */
  readonly endpointUrl?: () => string
}

export type LocalCloud = {
  /** Pass it to localSocket or localTransport. */
  readonly handler: LocalHandler
  readonly lambda: LocalService & Invoker
  readonly codepipeline: LocalPipelines
  readonly codedeploy: LocalCodeDeploy
  readonly cloudwatch: LocalService & MetricSink
  readonly states: LocalStepFunctions
  readonly events: LocalEventBridge
  readonly sns: LocalSns
  readonly applicationSignals: LocalApplicationSignals
  readonly dynamodb: LocalService
  readonly objects: LocalObjects
  readonly iam: LocalRoles
  readonly httpApi: LocalHttpApi
  readonly opsCenter: LocalOpsCenter
  /** Stops all background work. The clock and the runtime belong to the caller. */
  close(): void
}

export function localCloud(options: LocalCloudOptions): LocalCloud {
  const { clock, runtime, seed = 0, pendingMs, metricDelayMs } = options
  const stream = (service: string): Stream => ({
    random: chance(seed, service),
    ids: idsFrom(chance(seed, `${service} ids`)),
  })
  // The services depend on each other in a circle, so the bus forwards to a service that is created later.
  const bus: Bus = { emit: (event) => events.emit(event) }
  const rights = rightsBy(options.authorize)
  const objects = localObjects({ clock, bus, ...rights, ...stream('s3') })
  const delay = metricDelayMs === undefined ? {} : { metricDelayMs }
  const cloudwatch = localCloudWatch({ clock, bus, ...delay, ...stream('monitoring') })
  const pending = pendingMs === undefined ? {} : { pendingMs }
  const dynamodb = localDynamoDb({ clock, ...stream('dynamodb') })
  const sqs = localSqs({ clock, metrics: cloudwatch, ...stream('sqs') })
  const lambda = localLambda({
    ...{ site: home, clock, bus, runtime, objects, metrics: cloudwatch, streams: dynamodb, queues: sqs },
    ...{ ...rights, ...pending, ...stream('lambda'), provisionFailure: options.provisionFailure },
  })
  const opsCenter = localOpsCenter({ clock, ...stream('ssm') })
  const states = localStepFunctions({
    ...{ clock: options.executionTime?.(clock) ?? clock, bus, invoker: lambda },
    api: (host, request, roleArn) => (httpApi.isAt(host) ? httpApi.handle(request, asRole(roleArn)) : undefined),
    services: { 'events:putEvents': (args) => events.take(args), ...opsCenter.integrations },
    ...stream('states'),
  })
  const events: LocalEventBridge = localEventBridge({
    clock,
    invoker: lambda,
    // Turns what StartExecution throws into a rejection.
    startExecution: (...call) => Promise.resolve().then(() => void states.start(...call)),
    openOpsItem: (payload) => opsCenter.open(payload),
    ...{ queues: sqs, metrics: cloudwatch, faults: options.delivery },
    ...stream('events'),
  })
  const { sns, codepipeline, ...aside } = besides(clock, lambda, stream, rights)
  const sts = localSts({ clock, secretOf: options.secretOf })
  const applicationSignals = localApplicationSignals()
  const iam = localRoles({ clock, ...rights, ...stream('iam') })
  const httpApi: LocalHttpApi = localHttpApi({
    ...{ site: home, clock, invoker: lambda, waitFor: runtime.waitFor?.bind(runtime), ...rights },
    ...{ endpointUrl: options.endpointUrl ?? (() => 'http://local'), ...stream('execute-api') },
  })
  const services = {
    ...{ sts, codepipeline, lambda, monitoring: cloudwatch, states, events, sns, sqs, dynamodb, s3: objects },
    ...{ 'application-signals': applicationSignals, 'execute-api': httpApi },
    ...{ iam, ...aside },
  }
  const shared = { clock, runtime, objects, streams: dynamodb, queues: sqs, ...delay, ...pending }
  const servicesAt = sites(services, (site) => {
    const key = `${site.account} ${site.region}`
    return elsewhere({ ...shared, ...rights, site }, (service) => stream(`${key} ${service}`))
  })
  return {
    handler: dated(localHandler(servicesAt, options), clock),
    ...{ codepipeline, lambda, cloudwatch, states, events, sns, dynamodb, objects, applicationSignals, iam, httpApi },
    ...{ codedeploy: aside.codedeploy, opsCenter },
    close() {
      events.close()
    },
  }
}

/** Services that no other one needs. */
const besides = (clock: LocalClock, invoker: Invoker, stream: (service: string) => Stream, rights: Rights) => ({
  sns: localSns({ clock, ...stream('sns') }),
  codepipeline: localPipelines({ invoker, ...stream('codepipeline') }),
  codedeploy: localCodeDeploy(stream('codedeploy')),
  cloudtrail: localCloudTrail({ clock }),
  ecr: localRepositories(),
  logs: localLogs({ clock }),
  secretsmanager: localSecrets({ clock, ...stream('secretsmanager') }),
  ssm: localParameters({ clock }),
  appconfig: localAppConfig({ clock }),
  'application-autoscaling': localApplicationAutoScaling({ clock, ...rights }),
})

/**
 * AWS dates its answers by its own clock; so callers learn the time here, which may be ahead of theirs. An error has no date
 * here: the SDK calls again after one whose date is minutes off its clock, and where time runs faster it is off each time.
 */
function dated(handler: LocalHandler, clock: LocalClock): LocalHandler {
  // Written once a moment: there are thousands of answers, and few moments.
  let last = { ms: Number.NaN, text: '' }
  return async (request) => {
    const { headers, ...response } = await handler(request)
    if (response.status >= 400) return { ...response, headers }
    const ms = clock.nowMs()
    if (ms !== last.ms) last = { ms, text: new Date(ms).toUTCString() }
    return { ...response, headers: { ...headers, date: last.text } }
  }
}

type Elsewhere = Omit<Parameters<typeof localLambda>[0], 'bus' | 'metrics' | keyof Stream> & { metricDelayMs?: number }
type Stream = { readonly random: () => number; readonly ids: () => string }

function elsewhere(parts: Elsewhere, stream: (service: string) => Stream): LocalServices {
  // Nobody subscribes to the events of other accounts and regions.
  const bus: Bus = { emit: () => undefined }
  const metrics = localCloudWatch({ ...parts, bus, ...stream('monitoring') })
  const lambda = localLambda({ ...parts, bus, metrics, ...stream('lambda') })
  const sqs = localSqs({ ...parts, metrics, ...stream('sqs') })
  return { monitoring: metrics, lambda, sqs, 'execute-api': httpApiElsewhere }
}

/** Other accounts and regions have only Lambda, CloudWatch and queues, which is all that a controller uses there. */
function sites(atHome: LocalServices, make: (site: Site) => LocalServices): (site: Site) => LocalServices {
  const made = new Map<string, LocalServices>([[`${home.account} ${home.region}`, atHome]])
  return (site) => {
    const key = `${site.account} ${site.region}`
    const services = made.get(key) ?? make(site)
    made.set(key, services)
    return services
  }
}
