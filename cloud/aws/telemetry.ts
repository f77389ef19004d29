// CloudWatch: alarms by name, and series by minute. Only a complete answer is evidence. An answer that CloudWatch gives only in
// part, or not at all, is `unread`, `unclear` or `missing`, never zero.
import { DescribeAlarmsCommand, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import type { CloudWatchClient, MetricDataQuery, MetricDataResult } from '@aws-sdk/client-cloudwatch'
import type { AlarmReading, Reading } from '../../core/verdict/evidence/evidence.ts'
import type { Question } from '../../core/verdict/evidence/questions.ts'
import type { Telemetry } from '../ports.ts'
import type { ClientAt } from './client-at.ts'
import { translated } from './failure.ts'
import { type Asked, readingOf, type Series } from './reading.ts'
import { own } from '../../core/own.ts'

/** The most queries that GetMetricData accepts in one call. */
const queriesPerCall = 500

export function awsTelemetry(cloudWatch: ClientAt<CloudWatchClient>): Telemetry {
  return {
    async alarms(names) {
      // Without names, DescribeAlarms would return every alarm in the account.
      if (names.length === 0) return []
      const found = await describeAlarms(cloudWatch(), [...new Set(names)])
      return names.map((name) => found.get(name) ?? { name, state: 'missing' })
    },
    async read(questions, asked) {
      const answers = new Map<Question, Reading>()
      const byClient = Map.groupBy(questions, ({ place }) => cloudWatch(place))
      for (const [client, asking] of byClient) {
        for (let first = 0; first < asking.length; first += queriesPerCall) {
          const batch = asking.slice(first, first + queriesPerCall)
          const series = await readSeries(client, batch, asked)
          for (const [index, question] of batch.entries()) {
            const found = series.get(idOf(index)) ?? { name: nameOf(question), status: 'no result', points: [] }
            answers.set(question, readingOf(found, asked))
          }
        }
      }
      return questions.map((question) => answers.get(question) ?? { kind: 'unread', because: 'it was not asked' })
    },
  }
}

const idOf = (index: number): string => `q${index}`
const nameOf = ({ namespace, metric, stat, dimensions }: Question): string =>
  `${stat} of ${namespace} ${metric} of ${Object.values(dimensions).join(' ')}`.slice(0, 200)

function metricQuery(
  { namespace, metric, dimensions, stat }: Question,
  index: number,
  period: number,
): MetricDataQuery {
  return {
    Id: idOf(index),
    MetricStat: {
      Metric: {
        Namespace: namespace,
        MetricName: metric,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: period,
      Stat: stat,
    },
    ReturnData: true,
  }
}

async function readSeries(
  client: CloudWatchClient,
  batch: readonly Question[],
  { startMs, endMs, periodSeconds }: Asked,
): Promise<ReadonlyMap<string, Series>> {
  const names = new Map(batch.map((question, index) => [idOf(index), nameOf(question)] as const))
  const series = new Map<string, Series>()
  let token: string | undefined
  do {
    const command = new GetMetricDataCommand({
      MetricDataQueries: batch.map((question, index) => metricQuery(question, index, periodSeconds)),
      StartTime: new Date(startMs),
      EndTime: new Date(endMs),
      ScanBy: 'TimestampAscending',
      ...(token === undefined ? {} : { NextToken: token }),
    })
    const page = await translated('cloudwatch:GetMetricData', client.send(command))
    for (const result of page.MetricDataResults ?? []) {
      const id = result.Id ?? ''
      series.set(id, joined(series.get(id), result, names.get(id) ?? id))
    }
    token = page.NextToken
  } while (token !== undefined && token !== '')
  return series
}

/** A series can span pages, and is PartialData until its last page. A refused status sticks, whatever later pages say. */
function joined(earlier: Series | undefined, result: MetricDataResult, name: string): Series {
  const times = result.Timestamps ?? []
  const values = result.Values ?? []
  const points = times.map((time, index) => ({ atMs: time.getTime(), value: values[index] ?? NaN }))
  const refused = earlier !== undefined && earlier.status !== 'Complete' && earlier.status !== 'PartialData'
  return {
    name,
    status: refused ? earlier.status : (result.StatusCode ?? 'no status'),
    points: [...(earlier?.points ?? []), ...points],
  }
}

const alarmStates: Readonly<Record<string, AlarmReading['state']>> = {
  OK: 'ok',
  ALARM: 'alarm',
  INSUFFICIENT_DATA: 'insufficientData',
}

/** The fields that metric alarms and composite alarms share. */
type Described = {
  readonly AlarmName?: string | undefined
  readonly StateValue?: string | undefined
  readonly StateReason?: string | undefined
  readonly EvaluationState?: string | undefined
}

async function describeAlarms(client: CloudWatchClient, names: string[]): Promise<ReadonlyMap<string, AlarmReading>> {
  const found = new Map<string, AlarmReading>()
  let token: string | undefined
  do {
    const command = new DescribeAlarmsCommand({
      AlarmNames: names,
      // Without this, AWS silently omits composite alarms.
      AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
      MaxRecords: 100,
      ...(token === undefined ? {} : { NextToken: token }),
    })
    const page = await translated('cloudwatch:DescribeAlarms', client.send(command))
    const described: readonly Described[] = [...(page.MetricAlarms ?? []), ...(page.CompositeAlarms ?? [])]
    for (const alarm of described) {
      const name = alarm.AlarmName ?? ''
      found.set(name, alarmReading(name, alarm))
    }
    token = page.NextToken
  } while (token !== undefined && token !== '')
  return found
}

function alarmReading(name: string, alarm: Described): AlarmReading {
  const trouble = alarm.EvaluationState
  // A firing alarm counts even if its evaluation had trouble. An alarm that says OK must have been evaluated cleanly.
  const clean = trouble === undefined || trouble === '' || alarm.StateValue === 'ALARM'
  const state = clean ? own(alarmStates, alarm.StateValue ?? '') : undefined
  const why = alarm.StateReason ?? ''
  if (state === undefined) {
    const reason = `its evaluation state is ${trouble ?? 'unknown'}, its state ${alarm.StateValue ?? 'unknown'}. ${why}`
    return { name, state: 'unclear', reason: reason.slice(0, 1024) }
  }
  return { name, state, ...(why === '' ? {} : { reason: why.slice(0, 1024) }) }
}
