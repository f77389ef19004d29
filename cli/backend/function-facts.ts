// What Lambda and CloudWatch tell of a function, with the rights of the person who calls: its published versions, its aliases,
// the alarms on it, and its usual traffic. A file of its own, so that the other commands do not load these clients.
import {
  CloudWatchClient,
  type CloudWatchClientConfig,
  type MetricAlarm,
  paginateDescribeAlarms,
} from '@aws-sdk/client-cloudwatch'
import {
  LambdaClient,
  type LambdaClientConfig,
  paginateListAliases,
  paginateListVersionsByFunction,
} from '@aws-sdk/client-lambda'
import { clientAt } from '../../cloud/aws/client-at.ts'
import { isNamed, translated } from '../../cloud/aws/failure.ts'
import { awsTelemetry } from '../../cloud/aws/telemetry.ts'
import { locate, type Place } from '../../core/location.ts'
import { Problem } from '../../core/problem.ts'
import { hourMs, minuteMs } from '../../core/time.ts'
import { clockOf } from './answer-clock.ts'

export type FunctionFacts = {
  /** The newest published version; `undefined` if none is published. @throws Problem `version_missing` if there is no function */
  newest(place: Place): Promise<string | undefined>
  /** The function's aliases, each with the version that has most of the traffic. @throws Problem `version_missing` */
  aliases(place: Place): Promise<readonly { readonly name: string; readonly version: string }[]>
  /** Names of metric alarms on the function, or on this alias of it. */
  alarms(functionName: string, alias: string): Promise<readonly string[]>
  /** Of the last hours, of all versions together; `undefined` if CloudWatch has no point. `hours`: since the first one. */
  traffic(functionName: string, hours: number): Promise<Traffic | undefined>
}
export type Traffic = { readonly requests: number; readonly failed: number; readonly hours: number }

type Config = LambdaClientConfig & CloudWatchClientConfig

/** @param config for tests and the embedded cloud; without it the SDK finds region, credentials and endpoint itself */
export function functionFactsOnAws(config: Config = {}): FunctionFacts {
  const roles = { use: 'look', session: 'tidegate-cli' } as const
  const lambda = clientAt((elsewhere) => new LambdaClient({ ...config, ...elsewhere }), roles)
  const cloudWatch = clientAt((elsewhere) => new CloudWatchClient({ ...config, ...elsewhere }), roles)
  const clock = clockOf(lambda())
  return {
    async newest(place) {
      const { functionName: FunctionName } = place
      const pages = paginateListVersionsByFunction({ client: lambda(place) }, { FunctionName })
      const versions = await collected(pages, `lambda:ListVersionsByFunction of ${FunctionName}`, FunctionName)
      const numbers = versions
        .flatMap(({ Versions = [] }) => Versions)
        .map(({ Version }) => Number(Version))
        .filter(Number.isInteger)
      return numbers.length === 0 ? undefined : String(Math.max(...numbers))
    },
    async aliases(place) {
      const { functionName: FunctionName } = place
      const pages = paginateListAliases({ client: lambda(place) }, { FunctionName })
      const found = await collected(pages, `lambda:ListAliases of ${FunctionName}`, FunctionName)
      return found
        .flatMap(({ Aliases = [] }) => Aliases)
        .map(({ Name = '', FunctionVersion = '' }) => ({ name: Name, version: FunctionVersion }))
    },
    async alarms(functionName, alias) {
      const pages = paginateDescribeAlarms({ client: cloudWatch() }, { AlarmTypes: ['MetricAlarm'] })
      const found = await collected(pages, 'cloudwatch:DescribeAlarms', functionName)
      return found
        .flatMap(({ MetricAlarms = [] }) => MetricAlarms)
        .filter((alarm) => isOn(alarm, locate(functionName).name, alias))
        .flatMap(({ AlarmName }) => (AlarmName === undefined ? [] : [AlarmName]))
    },
    async traffic(functionName, hours) {
      const endMs = Math.floor(clock.nowMs() / stepMs) * stepMs
      const dimensions = { FunctionName: locate(functionName).name }
      const question = (metric: string) => ({ key: metric, namespace: 'AWS/Lambda', metric, dimensions, stat: 'Sum' })
      const asked = { startMs: endMs - hours * hourMs, endMs, periodSeconds: stepMs / 1000 }
      const [requests, errors] = (
        await awsTelemetry(cloudWatch).read([question('Invocations'), question('Errors')], asked)
      ).map((reading) => (reading.kind === 'points' ? reading.points : []))
      const [first] = requests ?? []
      if (requests === undefined || first === undefined) return undefined
      // A function that is younger has no point of the time before.
      return { requests: sumOf(requests), failed: sumOf(errors ?? []), hours: (endMs - first.minuteMs) / hourMs }
    },
  }
}

const stepMs = 5 * minuteMs
const sumOf = (points: readonly { readonly value: number }[]): number =>
  points.reduce((total, { value }) => total + value, 0)

/** @throws Problem `version_missing` if there is no such function */
async function collected<T>(pages: AsyncIterable<T>, call: string, functionName: string): Promise<readonly T[]> {
  try {
    return await translated(call, Array.fromAsync(pages))
  } catch (error) {
    if (error instanceof Problem && isNamed(error.cause, 'ResourceNotFoundException'))
      throw new Problem('version_missing', `There is no function ${functionName}.`, { cause: error })
    throw error
  }
}

/** Also an alarm on an expression, if one of its metrics is the function's. */
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
