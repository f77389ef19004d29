// All ports on the SDK, with clients that the caller provides: the same wiring as in functions/main.ts, but for any caller.
import { createHash } from 'node:crypto'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { SQSClient } from '@aws-sdk/client-sqs'
import { awsConfigDeployments } from '../cloud/aws/around/app-config.ts'
import { awsConsumed } from '../cloud/aws/around/consumed.ts'
import { awsDependencies } from '../cloud/aws/around/dependencies.ts'
import { awsExecutions } from '../cloud/aws/executions.ts'
import { awsHooks } from '../cloud/aws/hooks.ts'
import { awsOutbox } from '../cloud/aws/dynamodb/outbox.ts'
import { awsLogCopy } from '../cloud/aws/log-copy.ts'
import { awsPackageHash } from '../cloud/aws/package-hash.ts'
import { awsOldVersions, awsVersionRemoval } from '../cloud/aws/old-versions.ts'
import { awsMessenger } from '../cloud/aws/messenger.ts'
import { awsPrometheus } from '../cloud/aws/prometheus.ts'
import { awsPipelines } from '../cloud/aws/pipelines.ts'
import { awsTelemetry } from '../cloud/aws/telemetry.ts'
import { tablePorts } from '../cloud/aws/table/table-ports.ts'
import { awsAliases, awsTraffic } from '../cloud/aws/traffic.ts'
import { awsConcurrency } from '../cloud/aws/concurrency.ts'
import { awsScaling, awsScalingMoves } from '../cloud/aws/scaling/scaling.ts'
import { awsBudgetReports } from '../cloud/aws/budget-reports.ts'
import { clientAt, type Roles } from '../cloud/aws/client-at.ts'
import { awsVersions } from '../cloud/aws/versions.ts'
import { homeOf } from '../core/origin.ts'
import { troubleTo } from '../functions/steps/each.ts'
import { keepingPager } from '../functions/messages/pager.ts'
import type { World } from '../functions/steps/world.ts'
import { cedarPolicies } from '../policy/policies.ts'
import { sigstoreSignatures } from '../provenance/signatures.ts'
import { type Clients, wayTo } from './clients.ts'
import { environment, logCopyBucket } from './installation.ts'
import { lazily } from './lazily.ts'

// One for all worlds: it keeps the shipped rules parsed.
const policies = cedarPolicies()

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const around = ({ secrets, parameters, appConfig, place }: Clients, roles: Roles) => {
  const deployments = () => awsConfigDeployments(appConfig)
  const reach = wayTo(place)
  return {
    deployments,
    dependencies: () => awsDependencies({ secrets, parameters, deployments: deployments() }),
    consumed: () =>
      awsConsumed({
        sqs: clientAt((config) => reach(new SQSClient({ ...place, ...config })), roles),
        lambda: clientAt((config) => reach(new LambdaClient({ ...place, ...config })), roles),
      }),
  }
}

type Told = Pick<World, 'log' | 'emit'> & Partial<Pick<World, 'rest' | 'prometheusUrls'>>

export function worldOn(clients: Clients, clock: World['clock'], tell: Told): World {
  const { prometheusUrls = [] } = tell
  const table = { client: clients.dynamodb, name: environment.TIDEGATE_TABLE }
  const { place } = clients
  const assume = { masterCredentials: place.credentials, clientConfig: place }
  let nonces = 0
  const reach = wayTo(place)
  const session = place.credentials.accessKeyId.replace(/^role\./, '')
  const lambda = (use: 'look' | 'move') =>
    clientAt((config) => reach(new LambdaClient({ ...place, ...config })), { ...assume, session, use })
  const stored = tablePorts(table)
  const trouble = troubleTo(
    tell,
    () => clock.nowMs(),
    () => 'sandbox',
  )
  // Few functions use more than some of these, and their clients take longer to make than a call.
  const later = {
    budgetReports: () => awsBudgetReports(clients.applicationSignals),
    versions: () => awsVersions(lambda('look'), awsPackageHash(clients.s3), lambda('move')),
    ...{ oldVersions: () => awsOldVersions(clients.lambda), concurrency: () => awsConcurrency(clients.lambda) },
    ...{ scaling: () => awsScaling(clients.scaling), scalingMoves: () => awsScalingMoves(clients.scaling) },
    versionRemoval: () => awsVersionRemoval(clients.lambda),
    executions: () => awsExecutions(clients.sfn, environment.TIDEGATE_STATE_MACHINE_ARN),
    hooks: () => awsHooks(clients.lambda),
    outbox: () => awsOutbox(clients.events, environment.TIDEGATE_BUS),
    logCopy: () => awsLogCopy(clients.s3, logCopyBucket),
    pipelines: () => awsPipelines(clients.codepipeline),
    ...around(clients, { ...assume, session, use: 'look' }),
  }
  const messenger = awsMessenger(clients.sns, {
    page: environment.TIDEGATE_TOPIC_ARN,
    ticket: environment.TIDEGATE_TICKETS_ARN,
    chat: environment.TIDEGATE_CHAT_ARN,
  })
  const made: Omit<World, keyof typeof later> = {
    clock,
    // A clock that only tells the time cannot wait.
    rest: () => Promise.resolve(),
    home: homeOf(environment.TIDEGATE_STATE_MACHINE_ARN),
    ...tell,
    prometheusUrls,
    ...stored,
    trouble,
    digest: sha256,
    // No chance: tests run the same each time. The functions of `tidegate local` have their own (functions/ports.ts).
    nonce: () => sha256(`${clock.nowMs()} ${++nonces}`),
    policies,
    signatures: sigstoreSignatures(),
    aliases: awsAliases(lambda('look')),
    traffic: awsTraffic(lambda('move')),
    telemetry: awsTelemetry(
      clientAt((config) => reach(new CloudWatchClient({ ...place, ...config })), { ...assume, session, use: 'look' }),
    ),
    // The embedded cloud has no workspaces: a Prometheus is one that runs beside it.
    prometheus: awsPrometheus({
      ...{ home: homeOf(environment.TIDEGATE_STATE_MACHINE_ARN), allowed: prometheusUrls },
      credentials: place.credentials,
    }),
    // The embedded cloud sends nothing out. Tests name receivers of their own.
    receivers: {},
    pager: keepingPager({ ...{ clock, trouble, log: tell.log, quiet: [] }, messages: stored.messages, messenger }),
  }
  return lazily(later, made)
}
