// The metric operations of CloudWatch's API: reading statistics, and the code that these operations share.
import { AwsError, notImplemented } from '../protocol/aws-error.ts'
import { list, object, optionalNumber, optionalText, text } from '../protocol/field.ts'
import type { Input } from '../protocol/json-protocol.ts'
import type { MetricStore, Series, Window } from './metric-store.ts'
import { floorTo } from './retention.ts'
import { isStatistic } from './statistic.ts'

export type MetricApi = {
  readonly store: MetricStore
  readonly nowMs: () => number
  /** Injects a status other than Complete, for tests. */
  readonly statusOf?: ((queryId: string) => 'PartialData' | 'Forbidden' | 'InternalError' | undefined) | undefined
}

export const invalid = (message: string): AwsError => new AwsError('ValidationError', message)
export const refused = (message: string, code = 'InvalidParameterValue'): AwsError => new AwsError(code, message)

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
  const ids = queries.map((query) => text(query, 'Id'))
  if (new Set(ids).size < ids.length) throw invalid('The values for parameter id in MetricDataQueries are not unique.')
  const asked = queries.map((query, index) => askedBy(query, `MetricDataQueries.member.${index + 1}`))
  const ascending = optionalText(input, 'ScanBy') === 'TimestampAscending'
  const MetricDataResults = asked.map((one) => {
    const window = wholePeriods(one.periodMs, startMs, endMs)
    const data = [...api.store.statistic(one.series, one.stat, window, one.unit)]
    if (!ascending) data.reverse()
    const status = api.statusOf?.(one.id) ?? 'Complete'
    const shown = status === 'Complete' ? data : data.slice(0, Math.floor(data.length / 2))
    return {
      Id: one.id,
      Label: one.label ?? labelOf(one, asked),
      Timestamps: shown.map((point) => new Date(point.atMs)),
      Values: shown.map((point) => point.value),
      StatusCode: status,
    }
  })
  return { MetricDataResults, Messages: [] }
}

type Asked = {
  readonly id: string
  readonly label: string | undefined
  readonly series: Series
  readonly unit: string | undefined
  readonly stat: string
  readonly periodMs: number
}

/** The metric's name, plus the statistic if several statistics of the same metric are queried. */
function labelOf({ series, stat }: Asked, all: readonly Asked[]): string {
  const stats = new Set(all.filter((one) => one.series.name === series.name).map((one) => one.stat))
  return stats.size > 1 ? `${series.name} ${stat}` : series.name
}

function askedBy(query: Input, where: string): Asked {
  const id = text(query, 'Id')
  if (!/^[a-z][A-Za-z0-9_]*$/.test(id))
    throw invalid(
      `The value ${id} for parameter ${where}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`,
    )
  if (optionalText(query, 'Expression') !== undefined) throw notImplemented('CloudWatch metric math')
  const metricStat = object(query['MetricStat'], 'MetricStat')
  const stat = text(metricStat, 'Stat')
  if (!isStatistic(stat))
    throw invalid(`The value ${stat} for parameter ${where}.MetricStat.Stat is not a valid statistic.`)
  const periodSeconds = optionalNumber(metricStat, 'Period')
  if (periodSeconds === undefined) throw invalid(`The parameter ${where}.MetricStat.Period is required.`)
  if (!isPeriod(periodSeconds, [1, 5, 10, 20, 30]))
    throw invalid(
      `The parameter ${where}.MetricStat.Period must be a value in the set [ 1, 5, 10, 20, 30 ] or any multiple of 60.`,
    )
  const series = seriesOf(object(metricStat['Metric'], 'Metric'))
  const unit = optionalText(metricStat, 'Unit')
  return { id, label: optionalText(query, 'Label'), series, unit, stat, periodMs: periodSeconds * 1000 }
}

/** @param short the accepted periods below a minute */
export const isPeriod = (seconds: number, short: readonly number[]): boolean =>
  short.includes(seconds) || (Number.isInteger(seconds / 60) && seconds > 0)

/** Aligns periods to their own length. A period that starts before the end is returned whole. */
export const wholePeriods = (periodMs: number, startMs: number, endMs: number): Window => ({
  periodMs,
  startMs: floorTo(startMs, periodMs),
  endMs: floorTo(endMs + periodMs - 1, periodMs),
})

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

/** Accepts epoch seconds (JSON protocol) and ISO 8601 (query protocol). */
export function timeOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  const ms = typeof value === 'number' ? value * 1000 : Date.parse(typeof value === 'string' ? value : '')
  if (Number.isNaN(ms)) throw invalid('A timestamp is not a time.')
  return ms
}

export function dimensionsOf(input: Input): Record<string, string> {
  const dimensions = list(input, 'Dimensions').map((one) => object(one, 'Dimensions'))
  return Object.fromEntries(dimensions.map((one) => [text(one, 'Name'), text(one, 'Value')]))
}

export function seriesOf(metric: Input): Series {
  return { namespace: text(metric, 'Namespace'), name: text(metric, 'MetricName'), dimensions: dimensionsOf(metric) }
}

export const dimensionList = ({ dimensions }: Series): unknown =>
  Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }))
