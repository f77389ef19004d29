// Alarms of the controller's own health: who watches production unattended has to be watched. Failed executions are not among
// them: a release that was rolled back is one. What a function could not do ends in the dead-letter queue, or the sweep does it.
import { Duration, Stack } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import * as iam from 'aws-cdk-lib/aws-iam'
import type * as lambda from 'aws-cdk-lib/aws-lambda'
import type * as sns from 'aws-cdk-lib/aws-sns'
import type * as sqs from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'

type Watched = {
  readonly deadLetters: sqs.Queue
  readonly sweep: lambda.Function
  readonly announce: lambda.Function
  readonly topic: sns.Topic
}

export function watchHealth(scope: Construct, { deadLetters, sweep, announce, topic }: Watched): void {
  const fiveMinutes = { period: Duration.minutes(5) }
  const alarms = [
    new cloudwatch.Alarm(scope, 'LostEvents', {
      alarmDescription: 'Tidegate could not handle an event, or send one, for as long as AWS tries: docs/operate.md.',
      metric: deadLetters.metricApproximateNumberOfMessagesVisible(fiveMinutes),
      threshold: 1,
      evaluationPeriods: 1,
      // A queue that nobody has used for hours reports nothing.
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    }),
    new cloudwatch.Alarm(scope, 'SweepMissing', {
      alarmDescription:
        'The sweep of Tidegate has not run for 15 minutes: what an execution leaves behind stays as it is.',
      metric: sweep.metricInvocations({ ...fiveMinutes, statistic: 'Sum' }),
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 3,
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    }),
    new cloudwatch.Alarm(scope, 'SweepFailing', {
      alarmDescription: 'The sweep of Tidegate has failed for 15 minutes: its log names the item or the permission.',
      metric: sweep.metricErrors({ ...fiveMinutes, statistic: 'Sum' }),
      threshold: 1,
      evaluationPeriods: 3,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    }),
    new cloudwatch.Alarm(scope, 'EventsLate', {
      alarmDescription: 'Events of Tidegate wait for more than ten minutes: the log of its function announce says why.',
      metric: announce.metric('IteratorAge', { ...fiveMinutes, statistic: 'Maximum' }),
      threshold: Duration.minutes(10).toMilliseconds(),
      evaluationPeriods: 1,
      // Nothing was written, nothing waits.
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    }),
  ]
  // The topic has a policy of its own, which takes the place of the one that lets everything in the account publish.
  topic.addToResourcePolicy(
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  )
  for (const alarm of alarms) alarm.addAlarmAction(new SnsAction(topic))
}
