// The alarms that the stack makes of the controller's own health (functions/alarms.ts), on the embedded cloud.
import { type CloudWatchClient, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch'
import { watches } from '../../functions/alarms.ts'
import { environment, functionName } from '../../local/installation.ts'

/** One of several series is several alarms here, which has no metric math. */
export async function installAlarms(client: CloudWatchClient): Promise<void> {
  for (const { id, series, ...watch } of watches(functionName('').replace(/-$/, '')))
    for (const dimensions of series)
      await client.send(
        new PutMetricAlarmCommand({
          AlarmName: [functionName(id), ...(series.length > 1 ? Object.values(dimensions) : [])].join('-'),
          AlarmDescription: watch.description,
          Namespace: watch.namespace,
          MetricName: watch.metric,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
          Statistic: watch.stat,
          Period: 300,
          EvaluationPeriods: watch.periods,
          Threshold: watch.threshold,
          ComparisonOperator: watch.fires === 'below' ? 'LessThanThreshold' : 'GreaterThanOrEqualToThreshold',
          TreatMissingData: watch.missing,
          AlarmActions: [environment.TIDEGATE_TOPIC_ARN],
        }),
      )
}
