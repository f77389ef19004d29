// Creates the CloudWatch alarms of functions/alarms.ts in a stack. Each goes to the topic of its severity.
import { Duration } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { telemetryWatches, type Watch, watches } from '../functions/alarms.ts'
import { type ScheduleName, scheduledVerbs } from '../functions/rules.ts'
import { alarmTo, type Topics } from './messages/topics.ts'

export function alarmsOn(scope: Construct, watched: readonly Watch[], topics: Topics): void {
  for (const watch of watched) {
    const alarm = new cloudwatch.Alarm(scope, watch.id, {
      alarmDescription: watch.description,
      metric: metricOf(watch),
      threshold: watch.threshold,
      evaluationPeriods: watch.periods,
      comparisonOperator:
        watch.fires === 'below'
          ? cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
          : cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData:
        watch.missing === 'breaching'
          ? cloudwatch.TreatMissingData.BREACHING
          : cloudwatch.TreatMissingData.NOT_BREACHING,
    })
    alarmTo(topics, watch.severity, alarm)
  }
}

type Watched = { readonly controller: string; readonly sendsTelemetry: boolean }

export const watchHealth = (scope: Construct, { controller, sendsTelemetry }: Watched, topics: Topics): void =>
  alarmsOn(scope, [...watches(controller), ...(sendsTelemetry ? telemetryWatches(controller) : [])], topics)

function metricOf({ namespace, metric, series, stat }: Watch): cloudwatch.IMetric {
  const period = Duration.minutes(5)
  const metrics = series.map(
    (dimensionsMap) => new cloudwatch.Metric({ namespace, metricName: metric, dimensionsMap, statistic: stat, period }),
  )
  const [only, ...more] = metrics
  if (only !== undefined && more.length === 0) return only
  const usingMetrics = Object.fromEntries(metrics.map((one, index) => [`m${index + 1}`, one]))
  return new cloudwatch.MathExpression({
    expression: `${stat === 'Sum' ? 'SUM' : 'MAX'}([${Object.keys(usingMetrics).join(',')}])`,
    label: metric,
    usingMetrics,
    period,
  })
}

/**
 * If a scheduled run fails for one item among many (metric Troubles, functions/steps/each.ts), the next run tries again. After
 * three failing runs in a row, a person is told.
 */
export function watchTroubles(scope: Construct, schedules: Readonly<Record<string, number>>, topics: Topics): void {
  for (const [tick, minutes] of Object.entries(schedules)) {
    const verb = scheduledVerbs[tick as ScheduleName]
    const alarm = new cloudwatch.Alarm(scope, `Troubles-${tick}`, {
      alarmDescription: `Tidegate: three runs of ${verb} in a row could not do something: its log names the items (docs/operate.md).`,
      metric: new cloudwatch.Metric({
        namespace: 'Tidegate',
        metricName: 'Troubles',
        dimensionsMap: { function: verb },
        period: Duration.minutes(minutes),
        statistic: 'Sum',
      }),
      threshold: 1,
      evaluationPeriods: 3,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    })
    alarmTo(topics, 'ticket', alarm)
  }
}
