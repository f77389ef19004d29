// The alarms that services name as signals. A missing alarm stops a release, and one that never had data never fires.
import {
  type CompositeAlarm,
  DescribeAlarmsCommand,
  type MetricAlarm,
  type PutMetricAlarmCommandInput,
} from '@aws-sdk/client-cloudwatch'
import type { Service } from '../../core/service/service.ts'
import type { Check } from './account.ts'
import { awsCommand, type Finding, ok, problem } from './finding.ts'
import { mayAct } from './pages.ts'

export const serviceAlarms: Check = {
  id: 'service-alarms',
  right: 'The alarms that services name exist, have their actions enabled, and have had data.',
  asks: ['cloudwatch:DescribeAlarms'],
  async look({ cloudwatch, services }) {
    const wanted = new Map<string, Service>()
    for (const service of await services()) for (const name of service.signals.alarms) wanted.set(name, service)
    if (wanted.size === 0) return [ok('services', 'No service names an alarm.')]
    const names = [...wanted.keys()]
    const found = new Map<string, MetricAlarm | CompositeAlarm>()
    // DescribeAlarms accepts at most a hundred names.
    for (let at = 0; at < names.length; at += 100) {
      const AlarmNames = names.slice(at, at + 100)
      const { MetricAlarms = [], CompositeAlarms = [] } = await cloudwatch.send(
        new DescribeAlarmsCommand({ AlarmNames, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'], MaxRecords: 100 }),
      )
      for (const alarm of [...MetricAlarms, ...CompositeAlarms]) found.set(alarm.AlarmName ?? '', alarm)
    }
    return [...wanted].flatMap(([name, service]) => judged(name, service, found.get(name)))
  },
}

function judged(name: string, service: Service, alarm: MetricAlarm | CompositeAlarm | undefined): readonly Finding[] {
  const about = `${name} (${service.name})`
  if (alarm === undefined)
    return [
      problem(about, 'There is no such alarm: every release of the service is refused.', {
        words: 'Create it, for example on the errors of the first target; or remove it from `signals.alarms`.',
        commands: [awsCommand('cloudwatch', 'put-metric-alarm', example(name, service))],
      }),
    ]
  const findings: Finding[] = []
  if (alarm.ActionsEnabled === false && (alarm.AlarmActions ?? []).length > 0)
    findings.push(
      problem(
        about,
        'Its actions are disabled: a release still sees it fire, but its own receivers are not notified.',
        mayAct(name),
      ),
    )
  if (alarm.StateValue === 'INSUFFICIENT_DATA') findings.push(withoutData(about, alarm))
  return findings.length > 0 ? findings : [ok(about, `It exists: ${alarm.StateValue ?? 'no state'}.`)]
}

function withoutData(about: string, alarm: MetricAlarm | CompositeAlarm): Finding {
  const { StateTransitionedTimestamp: since, AlarmConfigurationUpdatedTimestamp: made } = alarm
  const hadData = since !== undefined && made !== undefined && since.getTime() > made.getTime() + 60_000
  if (hadData)
    return {
      ...{ kind: 'unknown', about, says: `It has had no data since ${since.toISOString()}: it cannot fire now.` },
      mend: { words: 'Wait for traffic, or let missing data count as good (TreatMissingData notBreaching).' },
    }
  const metric = 'MetricName' in alarm ? { Namespace: alarm.Namespace, MetricName: alarm.MetricName } : {}
  return problem(
    about,
    'It has never had data, so it has never been able to fire: a misspelt metric looks like this.',
    {
      words: 'Compare its metric and dimensions with those that exist. If they are right, wait for traffic.',
      commands: [awsCommand('cloudwatch', 'list-metrics', metric)],
    },
  )
}

function example(AlarmName: string, { targets }: Service): PutMetricAlarmCommandInput {
  const { functionName = '', alias = '' } = targets[0] ?? {}
  const name = functionName.split(':function:').at(-1) ?? functionName
  return {
    AlarmName,
    Namespace: 'AWS/Lambda',
    MetricName: 'Errors',
    Dimensions: [
      { Name: 'FunctionName', Value: name },
      { Name: 'Resource', Value: `${name}:${alias}` },
    ],
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: 'notBreaching',
  }
}
