// What AWS tells of functions, with the rights of the person who calls: by calls that only read, which `reads` lists. A file of
// its own, so that other commands do not load these clients.
import {
  CloudWatchClient,
  type CloudWatchClientConfig,
  type MetricAlarm,
  paginateDescribeAlarms,
} from '@aws-sdk/client-cloudwatch'
import { CodeDeployClient } from '@aws-sdk/client-codedeploy'
import {
  GetPolicyCommand,
  LambdaClient,
  type LambdaClientConfig,
  ListTagsCommand,
  paginateListAliases,
  paginateListEventSourceMappings,
  paginateListFunctions,
  paginateListProvisionedConcurrencyConfigs,
  paginateListVersionsByFunction,
} from '@aws-sdk/client-lambda'
import { type ClientAt, clientAt } from '../../cloud/aws/client-at.ts'
import { isNamed, translated } from '../../cloud/aws/failure.ts'
import { awsTelemetry } from '../../cloud/aws/telemetry.ts'
import { locate, type Place } from '../../core/location.ts'
import { Problem } from '../../core/problem.ts'
import { clockOf } from '../backend/answer-clock.ts'
import type { AliasFact, Trigger } from './facts.ts'
import { groupsOf } from './code-deploy.ts'
import { type Mapping, invokersOf, sourceOf } from './triggers.ts'

/** Every action that `init` and `adopt` use. docs/adopt.md has them as a policy. */
export const reads: readonly string[] = [
  'cloudwatch:DescribeAlarms',
  'cloudwatch:GetMetricData',
  'codedeploy:BatchGetApplications',
  'codedeploy:BatchGetDeploymentGroups',
  'codedeploy:BatchGetDeploymentTargets',
  'codedeploy:ListApplications',
  'codedeploy:ListDeploymentGroups',
  'codedeploy:ListDeploymentTargets',
  'lambda:GetPolicy',
  'lambda:ListAliases',
  'lambda:ListEventSourceMappings',
  'lambda:ListFunctions',
  'lambda:ListProvisionedConcurrencyConfigs',
  'lambda:ListTags',
  'lambda:ListVersionsByFunction',
]

export type Account = ReturnType<typeof accountOnAws>

type Config = LambdaClientConfig & CloudWatchClientConfig

/** Throttling is waited for, more and more slowly: Lambda takes 15 such calls a second from an account, whoever makes them. */
const patient = { retryMode: 'adaptive', maxAttempts: 10 } as const

/**
 * @param config for a region, tests and the embedded cloud; without it the SDK finds region, credentials and endpoint itself
 */
export function accountOnAws(config: Config = {}) {
  const roles = { use: 'look', session: 'tidegate-cli' } as const
  const lambda = clientAt((elsewhere) => new LambdaClient({ ...patient, ...config, ...elsewhere }), roles)
  const cloudWatch = clientAt((elsewhere) => new CloudWatchClient({ ...patient, ...config, ...elsewhere }), roles)
  const clock = clockOf(lambda())
  return {
    nowMs: () => clock.nowMs(),
    region: async () => lambda().config.region(),
    telemetry: awsTelemetry(cloudWatch),
    // A region may have no CodeDeploy: that is not waited for.
    groups: () => groupsOf(new CodeDeployClient({ ...patient, maxAttempts: 4, ...config })),
    ...functionReads(lambda),
    ...callerReads(lambda),
    async alarms(): Promise<readonly MetricAlarm[]> {
      const pages = paginateDescribeAlarms({ client: cloudWatch() }, { AlarmTypes: ['MetricAlarm'], MaxRecords: 100 })
      const found = await translated('cloudwatch:DescribeAlarms', Array.fromAsync(pages))
      return found.flatMap(({ MetricAlarms = [] }) => MetricAlarms)
    },
  }
}

/** Functions, their aliases and versions. */
const functionReads = (lambda: ClientAt<LambdaClient>) => ({
  async functions(): Promise<readonly { readonly name: string; readonly arn: string }[]> {
    const pages = paginateListFunctions({ client: lambda() }, {})
    const found = await translated('lambda:ListFunctions', Array.fromAsync(pages))
    return found
      .flatMap(({ Functions = [] }) => Functions)
      .map(({ FunctionName = '', FunctionArn = '' }) => ({ name: FunctionName, arn: FunctionArn }))
  },
  /** @throws Problem `version_missing` if there is no such function */
  async aliases(place: Place): Promise<readonly AliasFact[]> {
    const { functionName: FunctionName } = place
    const pages = paginateListAliases({ client: lambda(place) }, { FunctionName })
    return (await collected(pages, 'lambda:ListAliases', FunctionName))
      .flatMap(({ Aliases = [] }) => Aliases)
      .map(({ Name = '', FunctionVersion = '', RoutingConfig }) => ({
        name: Name,
        version: FunctionVersion,
        isSplit: Object.keys(RoutingConfig?.AdditionalVersionWeights ?? {}).length > 0,
      }))
  },
  /** When each version was published, by its number. */
  async versions(place: Place): Promise<readonly { readonly version: string; readonly atMs: number }[]> {
    const { functionName: FunctionName } = place
    const pages = paginateListVersionsByFunction({ client: lambda(place) }, { FunctionName })
    return (await collected(pages, 'lambda:ListVersionsByFunction', FunctionName))
      .flatMap(({ Versions = [] }) => Versions)
      .filter(({ Version }) => Version !== '$LATEST')
      .map(({ Version = '', LastModified = '' }) => ({ version: Version, atMs: Date.parse(LastModified) }))
  },
})

/** Who calls a function, and what else is set up for it. */
const callerReads = (lambda: ClientAt<LambdaClient>) => ({
  /** Who may invoke the function without an alias, and by this one. */
  async invokers(place: Place, alias: string): Promise<readonly Trigger[]> {
    const { functionName: FunctionName } = place
    const policyOf = async (Qualifier: string | undefined): Promise<readonly Trigger[]> => {
      const asked = lambda(place).send(new GetPolicyCommand({ FunctionName, Qualifier }))
      try {
        const { Policy = '' } = await translated(`lambda:GetPolicy of ${FunctionName}`, asked)
        return invokersOf(Policy, Qualifier)
      } catch (error) {
        // That is how Lambda says that nobody was given a right.
        if (error instanceof Problem && isNamed(error.cause, 'ResourceNotFoundException')) return []
        throw error
      }
    }
    return [...(await policyOf(undefined)), ...(await policyOf(alias))]
  },
  async mappings(place?: Place): Promise<readonly Mapping[]> {
    const pages = paginateListEventSourceMappings(
      { client: lambda(place) },
      place === undefined ? {} : { FunctionName: place.functionName },
    )
    return (await translated('lambda:ListEventSourceMappings', Array.fromAsync(pages)))
      .flatMap(({ EventSourceMappings = [] }) => EventSourceMappings)
      .flatMap(({ FunctionArn = '', EventSourceArn, SelfManagedEventSource, State }) =>
        State === 'Disabled' ? [] : sourceOf(FunctionArn, EventSourceArn, SelfManagedEventSource !== undefined),
      )
  },
  /** The aliases and versions that have provisioned concurrency. */
  async provisioned(place: Place): Promise<readonly string[]> {
    const { functionName: FunctionName } = place
    const pages = paginateListProvisionedConcurrencyConfigs({ client: lambda(place) }, { FunctionName })
    return (await collected(pages, 'lambda:ListProvisionedConcurrencyConfigs', FunctionName))
      .flatMap(({ ProvisionedConcurrencyConfigs = [] }) => ProvisionedConcurrencyConfigs)
      .map(({ FunctionArn = '' }) => FunctionArn.split(':').at(-1) ?? '')
  },
  async tags(arn: string): Promise<Readonly<Record<string, string>>> {
    const { Tags = {} } = await translated('lambda:ListTags', lambda().send(new ListTagsCommand({ Resource: arn })))
    return Tags
  },
})

/**
 * Names of the alarms on the function, or on this alias of it; also on an expression, if one of its metrics is the
 * function's.
 */
export const alarmsOn = (alarms: readonly MetricAlarm[], functionName: string, alias: string): readonly string[] =>
  alarms
    .filter((alarm) => isOn(alarm, locate(functionName).name, alias))
    .flatMap(({ AlarmName }) => (AlarmName === undefined ? [] : [AlarmName]))

function isOn({ Namespace, Dimensions = [], Metrics = [] }: MetricAlarm, name: string, alias: string): boolean {
  const metrics = [
    { Namespace, Dimensions },
    ...Metrics.map(({ MetricStat }) => ({
      Namespace: MetricStat?.Metric?.Namespace,
      Dimensions: MetricStat?.Metric?.Dimensions ?? [],
    })),
  ]
  return metrics.some(({ Namespace: namespace, Dimensions: dimensions }) => {
    const of = (dimension: string) => dimensions.find(({ Name }) => Name === dimension)?.Value
    const resource = of('Resource')
    // An alarm on one version, or on another alias, says nothing of this one.
    return (
      namespace === 'AWS/Lambda' &&
      of('FunctionName') === name &&
      (resource === undefined || resource === `${name}:${alias}` || resource === name)
    )
  })
}

/** @throws Problem `version_missing` if there is no such function */
async function collected<T>(pages: AsyncIterable<T>, call: string, functionName: string): Promise<readonly T[]> {
  try {
    return await translated(`${call} of ${functionName}`, Array.fromAsync(pages))
  } catch (error) {
    if (error instanceof Problem && isNamed(error.cause, 'ResourceNotFoundException'))
      throw new Problem('version_missing', `There is no function ${functionName}.`, { cause: error })
    throw error
  }
}
