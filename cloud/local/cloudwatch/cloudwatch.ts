// Amazon CloudWatch: metrics and alarms, in the JSON protocol (SDKs) and in the query protocol (older command lines).
import { AwsError, isAwsError, notImplemented } from '../aws-error.ts'
import type { LocalClock } from '../clock.ts'
import { list, object, optionalNumber, optionalText, text } from '../field.ts'
import { parseJson } from '../json-body.ts'
import { parseQuery, queryError, queryResponse } from '../query-protocol.ts'
import { type Bus, type LocalRequest, type LocalResponse, type LocalService, type MetricSink } from '../service.ts'
import { comparisonOf, evaluateRule, type MetricAlarm } from './alarm.ts'
import { alarmArn, alarmsOn, type Kept } from './alarms.ts'
import { metricStore, type Series } from './metric-store.ts'

type Input = Readonly<Record<string, unknown>>
type Operation = (input: Input) => Record<string, unknown> | undefined

export type CloudWatchDeps = {
  readonly clock: LocalClock
  readonly bus: Bus
  readonly ids: () => string
  /** How long after its time a point can be seen. */
  readonly metricDelayMs?: number
  /** A status other than Complete, for tests. */
  readonly statusOf?: (queryId: string) => 'PartialData' | 'Forbidden' | 'InternalError' | undefined
}

const namespace = 'http://monitoring.amazonaws.com/doc/2010-08-01/'
const invalid = (message: string): AwsError => new AwsError('ValidationError', message)

export function localCloudWatch(deps: CloudWatchDeps): LocalService & MetricSink {
  const store = metricStore(() => deps.clock.nowMs(), deps.metricDelayMs)
  const alarms = alarmsOn({ ...deps, store })

  const operations: Readonly<Record<string, Operation>> = {
    PutMetricData: (input) => {
      for (const datum of list(input, 'MetricData')) putDatum(text(input, 'Namespace'), object(datum, 'MetricData'))
      return undefined
    },
    GetMetricData: (input) => getMetricData(input),
    ListMetrics: (input) => {
      const wanted = optionalText(input, 'Namespace')
      const name = optionalText(input, 'MetricName')
      const found = store
        .list()
        .filter((series) => (wanted ?? series.namespace) === series.namespace && (name ?? series.name) === series.name)
      return {
        Metrics: found.map((series) => ({
          Namespace: series.namespace,
          MetricName: series.name,
          Dimensions: dimensionList(series),
        })),
      }
    },
    PutMetricAlarm: (input) => void alarms.put(alarmFrom(input)),
    PutCompositeAlarm: (input) => {
      const rule = text(input, 'AlarmRule')
      evaluateRule(rule, () => 'OK')
      alarms.put({
        kind: 'composite',
        name: text(input, 'AlarmName'),
        description: optionalText(input, 'AlarmDescription') ?? '',
        rule,
        actions: [],
      })
      return undefined
    },
    DescribeAlarms: (input) => describeAlarms(input),
    DeleteAlarms: (input) => {
      for (const name of list(input, 'AlarmNames')) alarms.remove(String(name))
      return undefined
    },
    SetAlarmState: (input) => {
      const name = text(input, 'AlarmName')
      const value = text(input, 'StateValue')
      if (value !== 'OK' && value !== 'ALARM' && value !== 'INSUFFICIENT_DATA')
        throw invalid(`StateValue ${value} is no state`)
      const known = alarms.setState(name, value, text(input, 'StateReason'), optionalText(input, 'StateReasonData'))
      if (!known) throw new AwsError('ResourceNotFound', `Alarm ${name} does not exist`, 404)
      return undefined
    },
  }

  function putDatum(space: string, datum: Input): void {
    const series: Series = { namespace: space, name: text(datum, 'MetricName'), dimensions: dimensionsOf(datum) }
    const atMs = timeOf(datum['Timestamp']) ?? deps.clock.nowMs()
    const values = list(datum, 'Values')
    const counts = list(datum, 'Counts')
    if (values.length > 0) {
      values.forEach((value, index) =>
        store.add(series, {
          atMs,
          value: finite(value),
          count: counts[index] === undefined ? 1 : finite(counts[index]),
        }),
      )
      return
    }
    const set = datum['StatisticValues']
    if (set !== undefined) {
      const sum = object(set, 'StatisticValues')
      const count = finite(sum['SampleCount'])
      store.add(series, { atMs, value: finite(sum['Sum']) / count, count })
      return
    }
    store.add(series, { atMs, value: finite(datum['Value']), count: 1 })
  }

  function getMetricData(input: Input): Record<string, unknown> {
    const startMs = timeOf(input['StartTime'])
    const endMs = timeOf(input['EndTime'])
    const queries = list(input, 'MetricDataQueries').map((query) => object(query, 'MetricDataQueries'))
    if (startMs === undefined || endMs === undefined || startMs >= endMs)
      throw invalid('The parameter StartTime must be less than the parameter EndTime.')
    if (queries.length > 500) throw invalid('The collection MetricDataQueries must not have a size greater than 500.')
    const MetricDataResults = queries.map((query) => {
      const id = text(query, 'Id')
      if (!/^[a-z][A-Za-z0-9_]*$/.test(id))
        throw invalid(`The value ${id} for parameter Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`)
      if (query['Expression'] !== undefined) throw notImplemented('CloudWatch metric math')
      const stat = object(query['MetricStat'], 'MetricStat')
      const periodMs = (optionalNumber(stat, 'Period') ?? 60) * 1000
      const data = [
        ...store.statistic(seriesOf(object(stat['Metric'], 'Metric')), text(stat, 'Stat'), periodMs, startMs, endMs),
      ]
      if (optionalText(input, 'ScanBy') !== 'TimestampAscending') data.reverse()
      const status = deps.statusOf?.(id) ?? 'Complete'
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

  function describeAlarms(input: Input): Record<string, unknown> {
    const names = list(input, 'AlarmNames').map(String)
    const types = list(input, 'AlarmTypes').map(String)
    const prefix = optionalText(input, 'AlarmNamePrefix') ?? ''
    const state = optionalText(input, 'StateValue')
    const found = alarms
      .all()
      .filter(
        ({ alarm, state: now }) =>
          (names.length === 0 || names.includes(alarm.name)) &&
          alarm.name.startsWith(prefix) &&
          (state ?? now.value) === now.value,
      )
    const metric = found.filter(
      ({ alarm }) => alarm.kind === 'metric' && (types.length === 0 || types.includes('MetricAlarm')),
    )
    const composite = found.filter(({ alarm }) => alarm.kind === 'composite' && types.includes('CompositeAlarm'))
    return { MetricAlarms: metric.map(describe), CompositeAlarms: composite.map(describe) }
  }

  return {
    record: ({ namespace: space, name, dimensionSets, value, atMs }) => {
      for (const dimensions of dimensionSets)
        store.add({ namespace: space, name, dimensions }, { atMs, value, count: 1 })
    },
    handle: (request) => Promise.resolve(answer(request, operations)),
  }
}

function answer(request: LocalRequest, operations: Readonly<Record<string, Operation>>): LocalResponse {
  const target = request.headers['x-amz-target']
  const isJson = target !== undefined
  try {
    const input = isJson ? parseJson(request) : parseQuery(new TextDecoder().decode(request.body))
    const name = isJson ? (target.split('.').at(-1) ?? '') : String(input['Action'])
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
    if (operation === undefined) throw notImplemented(`CloudWatch ${name}`)
    const output = operation(input) ?? {}
    if (!isJson) return queryResponse(name, namespace, output)
    return {
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: JSON.stringify(epochSeconds(output)),
    }
  } catch (error) {
    if (!isAwsError(error)) throw error
    if (!isJson) return queryError(namespace, error)
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': error.code }
    return { status: error.status, headers, body: JSON.stringify({ __type: error.code, message: error.message }) }
  }
}

/** The JSON protocol writes times as epoch seconds. */
function epochSeconds(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000
  if (Array.isArray(value)) return value.map(epochSeconds)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, epochSeconds(field)]))
}

/** Epoch seconds from JSON, ISO 8601 from a form. */
function timeOf(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  const ms = typeof value === 'number' ? value * 1000 : Date.parse(String(value))
  if (Number.isNaN(ms)) throw invalid(`${String(value)} is not a time`)
  return ms
}

function finite(value: unknown): number {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  if (typeof number === 'number' && Number.isFinite(number)) return number
  throw invalid(`The value ${String(value)} for parameter MetricData.member.1.Value is invalid.`)
}

function dimensionsOf(input: Input): Record<string, string> {
  return Object.fromEntries(
    list(input, 'Dimensions').map((one) => [
      text(object(one, 'Dimensions'), 'Name'),
      text(object(one, 'Dimensions'), 'Value'),
    ]),
  )
}

const seriesOf = (metric: Input): Series => ({
  namespace: text(metric, 'Namespace'),
  name: text(metric, 'MetricName'),
  dimensions: dimensionsOf(metric),
})
const dimensionList = ({ dimensions }: Series): unknown =>
  Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }))

function alarmFrom(input: Input): MetricAlarm {
  if (list(input, 'Metrics').length > 0) throw notImplemented('CloudWatch metric math')
  const evaluationPeriods = optionalNumber(input, 'EvaluationPeriods') ?? 1
  const treat = optionalText(input, 'TreatMissingData') ?? 'missing'
  if (treat !== 'breaching' && treat !== 'notBreaching' && treat !== 'ignore' && treat !== 'missing')
    throw invalid(`TreatMissingData ${treat} is not valid`)
  return {
    kind: 'metric',
    name: text(input, 'AlarmName'),
    description: optionalText(input, 'AlarmDescription') ?? '',
    series: seriesOf(input),
    stat: optionalText(input, 'Statistic') ?? text(input, 'ExtendedStatistic'),
    periodSeconds: optionalNumber(input, 'Period') ?? 60,
    evaluationPeriods,
    datapointsToAlarm: optionalNumber(input, 'DatapointsToAlarm') ?? evaluationPeriods,
    threshold: optionalNumber(input, 'Threshold') ?? 0,
    comparison: comparisonOf(text(input, 'ComparisonOperator')),
    treatMissing: treat,
    actions: list(input, 'AlarmActions').map(String),
  }
}

function describe({ alarm, state }: Kept): Record<string, unknown> {
  const common = {
    AlarmName: alarm.name,
    AlarmArn: alarmArn(alarm.name),
    AlarmDescription: alarm.description,
    ActionsEnabled: true,
    AlarmActions: alarm.actions,
    StateValue: state.value,
    StateReason: state.reason,
    StateUpdatedTimestamp: new Date(state.changedMs),
    StateTransitionedTimestamp: new Date(state.changedMs),
  }
  if (alarm.kind === 'composite') return { ...common, AlarmRule: alarm.rule }
  return {
    ...common,
    Namespace: alarm.series.namespace,
    MetricName: alarm.series.name,
    Dimensions: dimensionList(alarm.series),
    ...(/^[A-Z][a-z]/.test(alarm.stat) ? { Statistic: alarm.stat } : { ExtendedStatistic: alarm.stat }),
    Period: alarm.periodSeconds,
    EvaluationPeriods: alarm.evaluationPeriods,
    DatapointsToAlarm: alarm.datapointsToAlarm,
    Threshold: alarm.threshold,
    ComparisonOperator: alarm.comparison,
    TreatMissingData: alarm.treatMissing,
  }
}
