// PutMetricData: what it accepts and what it refuses (docs/aws.md §2.3).
import { AwsError } from '../protocol/aws-error.ts'
import { list, object, optionalNumber, optionalText, text } from '../protocol/field.ts'
import type { Input } from '../protocol/json-protocol.ts'
import { dimensionsOf, type MetricApi, refused, timeOf } from './metric-api.ts'
import type { Series } from './metric-store.ts'
import type { Point } from './retention.ts'
import type { Observed } from './statistic.ts'
import { dayMs } from '../time/units.ts'

const metricsMax = 1000
const valuesMax = 150
const largestValue = 2 ** 360

export function putMetricData(api: MetricApi, input: Input): undefined {
  const namespace = text(input, 'Namespace')
  // AWS/ is reserved for AWS; the services of the embedded cloud write to the store directly.
  if (namespace.startsWith('AWS/')) throw refused('The value AWS/ for parameter Namespace is invalid.')
  const data = list(input, 'MetricData').map((one) => object(one, 'MetricData'))
  if (data.length > metricsMax)
    throw refused(`The collection MetricData must not have a size greater than ${metricsMax}.`)
  // Validate everything first: a request with one bad datum stores nothing.
  const found = data.map((datum, index) => pointsOf(api, namespace, datum, `MetricData.member.${index + 1}`))
  for (const { series, points, resolutionMs, unit } of found)
    for (const point of points) api.store.add(series, point, { resolutionMs, unit })
  return undefined
}

type Found = {
  readonly series: Series
  readonly points: readonly Point[]
  readonly resolutionMs: number
  readonly unit: string
}

/** A single value, values with counts, or a statistic set. */
function pointsOf({ nowMs }: MetricApi, namespace: string, datum: Input, where: string): Found {
  const series: Series = { namespace, name: text(datum, 'MetricName'), dimensions: dimensionsOf(datum) }
  const atMs = timeOf(datum['Timestamp']) ?? nowMs()
  if (atMs < nowMs() - 14 * dayMs)
    throw refused(`The parameter ${where}.Timestamp must specify a time within the past two weeks.`)
  if (atMs > nowMs() + 2 * 3_600_000)
    throw refused(`The parameter ${where}.Timestamp must specify a time no more than two hours in the future.`)
  const resolution = optionalNumber(datum, 'StorageResolution') ?? 60
  if (resolution !== 1 && resolution !== 60)
    throw refused(`The parameter ${where}.StorageResolution must be a value in the set [ 1, 60 ].`)
  const points = valuesOf(datum, where).map((one) => ({ ...one, atMs }))
  return { series, points, resolutionMs: resolution * 1000, unit: optionalText(datum, 'Unit') ?? 'None' }
}

function valuesOf(datum: Input, where: string): readonly Observed[] {
  const values = list(datum, 'Values')
  const counts = list(datum, 'Counts')
  const has = (name: string): boolean => (datum[name] ?? undefined) !== undefined
  const given = [values.length > 0, has('Value'), has('StatisticValues')].filter(Boolean).length
  if (given !== 1) {
    const message = `The parameters ${where}.Value, ${where}.Values and ${where}.StatisticValues: exactly one of them must be given.`
    throw new AwsError(given === 0 ? 'MissingParameter' : 'InvalidParameterCombination', message)
  }
  if (values.length > valuesMax)
    throw refused(`The collection ${where}.Values must not have a size greater than ${valuesMax}.`)
  if (counts.length > 0 && counts.length !== values.length)
    throw refused(`The parameters ${where}.Values and ${where}.Counts must be of the same size.`)
  if (values.length > 0) {
    return values.map((value, index) => ({
      value: finite(value, `${where}.Values`),
      count: counts[index] === undefined ? 1 : finite(counts[index], `${where}.Counts`),
    }))
  }
  if (has('Value')) return [{ value: finite(datum['Value'], `${where}.Value`), count: 1 }]
  const set = object(datum['StatisticValues'], 'StatisticValues')
  const count = finite(set['SampleCount'], `${where}.StatisticValues.SampleCount`)
  return [{ value: finite(set['Sum'], `${where}.StatisticValues.Sum`) / count, count }]
}

function finite(value: unknown, where: string): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  if (typeof number === 'number' && Math.abs(number) <= largestValue) return number
  throw refused(`The value ${String(value)} for parameter ${where} is invalid.`)
}
