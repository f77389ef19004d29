// The metric half of CloudWatch's API: putting points and asking for statistics.
import { AwsError, notImplemented } from '../aws-error.ts'
import { list, object, optionalNumber, optionalText, text } from '../field.ts'
import type { Input } from '../json-protocol.ts'
import type { Datapoint, MetricStore, Series } from './metric-store.ts'

export type MetricApi = {
  readonly store: MetricStore
  readonly nowMs: () => number
  /** A status other than Complete, for tests. */
  readonly statusOf?: ((queryId: string) => 'PartialData' | 'Forbidden' | 'InternalError' | undefined) | undefined
}

export const invalid = (message: string): AwsError => new AwsError('ValidationError', message)

export function putMetricData(api: MetricApi, input: Input): undefined {
  for (const one of list(input, 'MetricData')) putDatum(api, text(input, 'Namespace'), object(one, 'MetricData'))
  return undefined
}

/** A single value, values with counts, or a statistic set. */
function putDatum({ store, nowMs }: MetricApi, namespace: string, datum: Input): void {
  const series: Series = { namespace, name: text(datum, 'MetricName'), dimensions: dimensionsOf(datum) }
  const atMs = timeOf(datum['Timestamp']) ?? nowMs()
  const values = list(datum, 'Values')
  const counts = list(datum, 'Counts')
  if (values.length > 0) {
    values.forEach((value, index) => {
      store.add(series, { atMs, value: finite(value), count: counts[index] === undefined ? 1 : finite(counts[index]) })
    })
    return
  }
  if (datum['StatisticValues'] === undefined) {
    store.add(series, { atMs, value: finite(datum['Value']), count: 1 })
    return
  }
  const set = object(datum['StatisticValues'], 'StatisticValues')
  const count = finite(set['SampleCount'])
  store.add(series, { atMs, value: finite(set['Sum']) / count, count })
}

// The quotas of docs/aws.md §2.3.
const queriesMax = 500

export function getMetricData(api: MetricApi, input: Input): Record<string, unknown> {
  const startMs = timeOf(input['StartTime'])
  const endMs = timeOf(input['EndTime'])
  const queries = list(input, 'MetricDataQueries').map((query) => object(query, 'MetricDataQueries'))
  if (startMs === undefined || endMs === undefined || startMs >= endMs) {
    throw invalid('The parameter StartTime must be less than the parameter EndTime.')
  }
  if (queries.length > queriesMax) {
    throw invalid(`The collection MetricDataQueries must not have a size greater than ${queriesMax}.`)
  }
  const ascending = optionalText(input, 'ScanBy') === 'TimestampAscending'
  const MetricDataResults = queries.map((query) => {
    const id = text(query, 'Id')
    const data = [...dataOf(api.store, query, startMs, endMs)]
    if (!ascending) data.reverse()
    const status = api.statusOf?.(id) ?? 'Complete'
    const shown = status === 'Complete' ? data : data.slice(0, Math.floor(data.length / 2))
    return {
      Id: id,
      Label: optionalText(query, 'Label') ?? id,
      Timestamps: shown.map((point) => new Date(point.atMs)),
      Values: shown.map((point) => point.value),
      StatusCode: status,
    }
  })
  return { MetricDataResults, Messages: [] }
}

function dataOf(store: MetricStore, query: Input, startMs: number, endMs: number): readonly Datapoint[] {
  const id = text(query, 'Id')
  if (!/^[a-z][A-Za-z0-9_]*$/.test(id)) {
    throw invalid(`The value ${id} for parameter Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`)
  }
  if (query['Expression'] !== undefined) throw notImplemented('CloudWatch metric math')
  const stat = object(query['MetricStat'], 'MetricStat')
  const periodMs = (optionalNumber(stat, 'Period') ?? 60) * 1000
  return store.statistic(seriesOf(object(stat['Metric'], 'Metric')), text(stat, 'Stat'), periodMs, startMs, endMs)
}

export function listMetrics({ store }: MetricApi, input: Input): Record<string, unknown> {
  const namespace = optionalText(input, 'Namespace')
  const name = optionalText(input, 'MetricName')
  const found = store
    .list()
    .filter((one) => (namespace ?? one.namespace) === one.namespace && (name ?? one.name) === one.name)
  return {
    Metrics: found.map((one) => ({ Namespace: one.namespace, MetricName: one.name, Dimensions: dimensionList(one) })),
  }
}

/** Epoch seconds from JSON, ISO 8601 from a form. */
function timeOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  const ms = typeof value === 'number' ? value * 1000 : Date.parse(typeof value === 'string' ? value : '')
  if (Number.isNaN(ms)) throw invalid('A timestamp is not a time.')
  return ms
}

function finite(value: unknown): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  if (typeof number === 'number' && Number.isFinite(number)) return number
  throw invalid('The value for parameter MetricData.member.1.Value is not a finite number.')
}

function dimensionsOf(input: Input): Record<string, string> {
  const dimensions = list(input, 'Dimensions').map((one) => object(one, 'Dimensions'))
  return Object.fromEntries(dimensions.map((one) => [text(one, 'Name'), text(one, 'Value')]))
}

export function seriesOf(metric: Input): Series {
  return { namespace: text(metric, 'Namespace'), name: text(metric, 'MetricName'), dimensions: dimensionsOf(metric) }
}

export const dimensionList = ({ dimensions }: Series): unknown =>
  Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }))
