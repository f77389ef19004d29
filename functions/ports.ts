// The ports of the controller's functions on AWS: the one place where they open clients and read the environment. A bundle
// has the clients of the ports that its function takes, and no others.
import { createHash, randomBytes } from 'node:crypto'
import { ApplicationSignalsClient } from '@aws-sdk/client-application-signals'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { CodePipelineClient } from '@aws-sdk/client-codepipeline'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling'
import { AppConfigClient } from '@aws-sdk/client-appconfig'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SSMClient } from '@aws-sdk/client-ssm'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { S3Client } from '@aws-sdk/client-s3'
import { SFNClient } from '@aws-sdk/client-sfn'
import { SNSClient } from '@aws-sdk/client-sns'
import { SQSClient } from '@aws-sdk/client-sqs'
import { clientAt, type Roles } from '../cloud/aws/client-at.ts'
import { awsAlarmWatch } from '../cloud/aws/dynamodb/alarm-watch.ts'
import { awsAttestations } from '../cloud/aws/dynamodb/attestations.ts'
import { awsBudgetReports } from '../cloud/aws/budget-reports.ts'
import { awsConcurrency } from '../cloud/aws/concurrency.ts'
import { awsScaling, awsScalingMoves } from '../cloud/aws/scaling/scaling.ts'
import { awsBudgets } from '../cloud/aws/dynamodb/budgets.ts'
import { awsExecutions } from '../cloud/aws/executions.ts'
import { awsDefinitions } from '../cloud/aws/dynamodb/definitions.ts'
import { awsHistory } from '../cloud/aws/dynamodb/history.ts'
import { awsHooks, callsOnce } from '../cloud/aws/hooks.ts'
import { awsIncidents } from '../cloud/aws/dynamodb/incidents.ts'
import { awsJournal } from '../cloud/aws/dynamodb/journal.ts'
import { awsKeptAnswers } from '../cloud/aws/dynamodb/kept-answers.ts'
import { awsLeases } from '../cloud/aws/dynamodb/leases.ts'
import { awsLine } from '../cloud/aws/dynamodb/line.ts'
import { awsMessages } from '../cloud/aws/dynamodb/messages.ts'
import { awsObservations } from '../cloud/aws/observed/observations.ts'
import { awsOpenReleases } from '../cloud/aws/dynamodb/open-releases.ts'
import { awsOutages } from '../cloud/aws/dynamodb/outages.ts'
import { awsOutbox } from '../cloud/aws/dynamodb/outbox.ts'
import { awsLogCopy } from '../cloud/aws/log-copy.ts'
import { awsPackageHash } from '../cloud/aws/package-hash.ts'
import { awsConfigDeployments } from '../cloud/aws/around/app-config.ts'
import { awsConsumed } from '../cloud/aws/around/consumed.ts'
import { awsDependencies } from '../cloud/aws/around/dependencies.ts'
import { awsPrometheus } from '../cloud/aws/prometheus.ts'
import { awsTurns } from '../cloud/aws/dynamodb/turns.ts'
import { awsOldVersions, awsVersionRemoval } from '../cloud/aws/old-versions.ts'
import { awsDeletedVersions } from '../cloud/aws/table/deleted-versions.ts'
import { awsWatches } from '../cloud/aws/table/watches.ts'
import { awsMessenger } from '../cloud/aws/messenger.ts'
import { awsPipelines } from '../cloud/aws/pipelines.ts'
import { awsQueues } from '../cloud/aws/dynamodb/queues.ts'
import { awsReturns } from '../cloud/aws/dynamodb/returns.ts'
import { awsServices } from '../cloud/aws/dynamodb/services.ts'
import type { Table } from '../cloud/aws/dynamodb/table.ts'
import { awsTelemetry } from '../cloud/aws/telemetry.ts'
import { awsAliases, awsTraffic } from '../cloud/aws/traffic.ts'
import { awsVersions } from '../cloud/aws/versions.ts'
import { awsWaitingLists } from '../cloud/aws/dynamodb/waiting-lists.ts'
import { type Home, homeOf } from '../core/origin.ts'
import {
  CopyEnvironment,
  Environment,
  prometheusUrlsOf,
  quietWindows,
  reachOf,
  readEnvironment,
} from './environment.ts'
import { brevity, impatience, patience, traced } from './instruments.ts'
import type { World } from './steps/world.ts'

/** Made once, when first needed: at the first call of a new environment, not while its module loads. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

const environment = /* @__PURE__ */ once(() => readEnvironment(process.env, Environment))
const table = /* @__PURE__ */ once((): Table => ({
  client: traced(new DynamoDBClient(patience)),
  name: environment().TIDEGATE_TABLE,
}))
/** The sessions of roles in other accounts are called as the function is. */
const sessions = (use: Roles['use']): Roles => ({ use, session: process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? 'tidegate' })
const lambdaAs = (use: Roles['use'], config: object = {}) =>
  clientAt((elsewhere) => traced(new LambdaClient({ ...elsewhere, ...config })), sessions(use))
export const executions = /* @__PURE__ */ once(() =>
  awsExecutions(traced(new SFNClient(patience)), environment().TIDEGATE_STATE_MACHINE_ARN),
)
export const telemetry = /* @__PURE__ */ once(() =>
  awsTelemetry(clientAt((config) => traced(new CloudWatchClient({ ...config, ...patience })), sessions('look'))),
)
/** Whether what consumers name is there. */
export const consumed = /* @__PURE__ */ once(() =>
  awsConsumed({
    sqs: clientAt((config) => traced(new SQSClient({ ...config, ...patience })), sessions('look')),
    lambda: lambdaAs('look', patience),
  }),
)
export const deployments = /* @__PURE__ */ once(() => awsConfigDeployments(traced(new AppConfigClient(brevity))))
export const dependencies = /* @__PURE__ */ once(() =>
  awsDependencies({
    secrets: traced(new SecretsManagerClient(brevity)),
    parameters: traced(new SSMClient(brevity)),
    deployments: deployments(),
  }),
)
/** The credentials are the function's own, as its other clients find them. */
export const prometheus = /* @__PURE__ */ once(() => {
  const { config } = new CloudWatchClient(patience)
  return awsPrometheus({ home: home(), allowed: prometheusUrls(), credentials: () => config.credentials() })
})
export const outbox = /* @__PURE__ */ once(() =>
  awsOutbox(traced(new EventBridgeClient(patience)), environment().TIDEGATE_BUS),
)
/** What telling a person takes. */
export const telling = /* @__PURE__ */ once(() => {
  const { TIDEGATE_TOPIC_ARN: page, TIDEGATE_TICKETS_ARN: ticket, TIDEGATE_CHAT_ARN: chat } = environment()
  const sns = traced(new SNSClient(brevity))
  const messenger = awsMessenger(sns, { page, ticket, chat }, environment().TIDEGATE_CONSOLE_URL)
  return { messenger, messages: awsMessages(table()), quiet: quietWindows(environment()) }
})
export const journal = /* @__PURE__ */ once(() => awsJournal(table()))
export const observations = /* @__PURE__ */ once(() => awsObservations(table()))
export const watches = /* @__PURE__ */ once(() => awsWatches(table()))
export const openReleases = /* @__PURE__ */ once(() => awsOpenReleases(table()))
export const turns = /* @__PURE__ */ once(() => awsTurns(table()))
export const queues = /* @__PURE__ */ once(() => awsQueues(table()))
export const waitingLists = /* @__PURE__ */ once(() => awsWaitingLists(table()))
/** An order must not wait long for what is a convenience. */
export const keptAnswers = /* @__PURE__ */ once(() =>
  awsKeptAnswers({
    client: traced(new DynamoDBClient({ ...impatience, maxAttempts: 1 })),
    name: environment().TIDEGATE_TABLE,
  }),
)
export const leases = /* @__PURE__ */ once(() => awsLeases(table()))
export const attestations = /* @__PURE__ */ once(() => awsAttestations(table()))
export const line = /* @__PURE__ */ once(() => awsLine(table()))
export const definitions = /* @__PURE__ */ once(() => awsDefinitions(table()))
export const services = /* @__PURE__ */ once(() => awsServices(table()))
export const alarmWatch = /* @__PURE__ */ once(() => awsAlarmWatch(table()))
export const budgets = /* @__PURE__ */ once(() => awsBudgets(table()))
export const returns = /* @__PURE__ */ once(() => awsReturns(table()))
export const logCopy = /* @__PURE__ */ once(() =>
  awsLogCopy(traced(new S3Client(patience)), readEnvironment(process.env, CopyEnvironment).TIDEGATE_LOG_COPY),
)
export const outages = /* @__PURE__ */ once(() => awsOutages(table()))
export const history = /* @__PURE__ */ once(() => awsHistory(table()))
export const incidents = /* @__PURE__ */ once(() => awsIncidents(table()))
export const traffic = /* @__PURE__ */ once(() => awsTraffic(lambdaAs('move', patience)))
export const aliases = /* @__PURE__ */ once(() => awsAliases(lambdaAs('look', patience)))

export const versions = /* @__PURE__ */ once(() => awsVersions(lambdaAs('look')))
/** For whoever makes versions of packages: what was read of one is checked by its own hash. */
export const versionsByHash = /* @__PURE__ */ once(() =>
  awsVersions(
    lambdaAs('look'),
    awsPackageHash(traced(new S3Client({ responseChecksumValidation: 'WHEN_REQUIRED' }))),
    lambdaAs('move'),
  ),
)
export const oldVersions = /* @__PURE__ */ once(() => awsOldVersions(traced(new LambdaClient({}))))
export const versionRemoval = /* @__PURE__ */ once(() => awsVersionRemoval(traced(new LambdaClient({}))))
export const concurrency = /* @__PURE__ */ once(() => awsConcurrency(traced(new LambdaClient(patience))))
export const scaling = /* @__PURE__ */ once(() => awsScaling(traced(new ApplicationAutoScalingClient(patience))))
export const scalingMoves = /* @__PURE__ */ once(() =>
  awsScalingMoves(traced(new ApplicationAutoScalingClient(patience))),
)
export const deletedVersions = /* @__PURE__ */ once(() => awsDeletedVersions(table()))
export const hooks = /* @__PURE__ */ once(() => awsHooks(traced(new LambdaClient(callsOnce))))
export const pipelines = /* @__PURE__ */ once(() => awsPipelines(traced(new CodePipelineClient({}))))
export const budgetReports = /* @__PURE__ */ once(() => awsBudgetReports(traced(new ApplicationSignalsClient({}))))

export const prometheusUrls = (): readonly string[] => prometheusUrlsOf(environment())
export const reach = (): World['reach'] => reachOf(environment())
/** The state machine is where the controller is. */
export const home = (): Home => homeOf(environment().TIDEGATE_STATE_MACHINE_ARN)
export const clock: World['clock'] = { nowMs: () => Date.now() }
export const rest: World['rest'] = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
export const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
/** 192 bits. */
export const nonce = (): string => randomBytes(24).toString('base64url')
