// Amazon CloudWatch: metrics and alarms, in the JSON protocol (SDKs) and in the query protocol (older command lines).
import { isAwsError, notImplemented } from '../protocol/aws-error.ts'
import type { LocalClock } from '../time/clock.ts'
import { parseJson } from '../protocol/json-body.ts'
import type { Input } from '../protocol/json-protocol.ts'
import { parseQuery, queryError, queryResponse } from '../protocol/query-protocol.ts'
import type { Bus, LocalRequest, LocalResponse, LocalService, MetricSink } from '../protocol/service.ts'
import {
  deleteAlarms,
  describeAlarms,
  enableActions,
  putCompositeAlarm,
  putMetricAlarm,
  setAlarmState,
  tagsOfAlarm,
} from './alarm-api.ts'
import { alarmsOn } from './alarms.ts'
import { getMetricData, listMetrics, type MetricApi } from './metric-api.ts'
import { getMetricStatistics } from './metric-statistics.ts'
import { metricStore } from './metric-store.ts'
import { putMetricData } from './put-metric-data.ts'

type Operation = (input: Input) => Record<string, unknown> | undefined
type Operations = Readonly<Record<string, Operation>>

type CloudWatchDeps = {
  readonly clock: LocalClock
  readonly bus: Bus
  readonly ids: () => string
  /** The delay until a point becomes visible. */
  readonly metricDelayMs?: number
  readonly statusOf?: MetricApi['statusOf']
}

export function localCloudWatch(deps: CloudWatchDeps): LocalService & MetricSink {
  const nowMs = (): number => deps.clock.nowMs()
  const store = metricStore(nowMs, deps.metricDelayMs)
  const alarms = alarmsOn({ clock: deps.clock, bus: deps.bus, store, ids: deps.ids })
  const api: MetricApi = { store, nowMs, statusOf: deps.statusOf }
  const operations: Operations = {
    PutMetricData: (input) => putMetricData(api, input),
    GetMetricData: (input) => getMetricData(api, input),
    GetMetricStatistics: (input) => getMetricStatistics(api, input),
    ListMetrics: (input) => listMetrics(api, input),
    PutMetricAlarm: (input) => putMetricAlarm(alarms, input),
    PutCompositeAlarm: (input) => putCompositeAlarm(alarms, input),
    DescribeAlarms: (input) => describeAlarms(alarms, input),
    DeleteAlarms: (input) => deleteAlarms(alarms, input),
    EnableAlarmActions: (input) => enableActions(alarms, input, true),
    DisableAlarmActions: (input) => enableActions(alarms, input, false),
    ListTagsForResource: (input) => tagsOfAlarm(alarms, input),
    SetAlarmState: (input) => setAlarmState(alarms, input),
  }
  return {
    record: ({ namespace, name, dimensionSets, value, unit, atMs }) => {
      const point = { atMs, value, count: 1 }
      const how = { resolutionMs: 60_000, unit }
      for (const dimensions of dimensionSets) store.add({ namespace, name, dimensions }, point, how)
    },
    handle: (request) => Promise.resolve(answer(request, operations)),
  }
}

const xmlNamespace = 'http://monitoring.amazonaws.com/doc/2010-08-01/'
const json = { 'content-type': 'application/x-amz-json-1.0' }

function answer(request: LocalRequest, operations: Operations): LocalResponse {
  const target = request.headers['x-amz-target']
  try {
    const input = target === undefined ? parseQuery(new TextDecoder().decode(request.body)) : parseJson(request)
    const name = target === undefined ? String(input['Action']) : (target.split('.').at(-1) ?? '')
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
    if (operation === undefined) throw notImplemented(`CloudWatch ${name}`)
    const output = operation(input) ?? {}
    if (target === undefined) return queryResponse(name, xmlNamespace, output)
    return { status: 200, headers: json, body: JSON.stringify(epochSeconds(output)) }
  } catch (error) {
    if (!isAwsError(error)) throw error
    if (target === undefined) return queryError(xmlNamespace, error)
    const body = JSON.stringify({ __type: error.code, message: error.message })
    // SDKs use the code that the query protocol would send.
    const headers = { ...json, 'x-amzn-errortype': error.code, 'x-amzn-query-error': `${error.code};Sender` }
    return { status: error.status, headers, body }
  }
}

/** The JSON protocol writes times as epoch seconds. */
function epochSeconds(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000
  if (Array.isArray(value)) return value.map(epochSeconds)
  if (value instanceof Map) return Object.fromEntries(value) as unknown
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, epochSeconds(field)]))
}
