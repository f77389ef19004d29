// The alarm of a drill, with the rights of the person who drills. It has no data of its own: it keeps the state that it is set to
// until the drill removes it.
import {
  CloudWatchClient,
  type CloudWatchClientConfig,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch'
import { asProblem } from '../../cloud/aws/failure.ts'
import { Problem } from '../../core/problem.ts'

export type DrillAlarm = {
  /** Creates it, or takes what an earlier drill has left, and sets it to OK. @throws Problem */
  readonly open: (name: string, about: string) => Promise<void>
  /** Makes it fire. @returns when, by CloudWatch's clock; `undefined` if the caller may not see it @throws Problem */
  readonly fire: (name: string, reason: string) => Promise<number | undefined>
  /** @throws Problem */
  readonly remove: (name: string) => Promise<void>
}

/** @param config for tests and the embedded cloud; without it the SDK finds region, credentials and endpoint itself */
export function drillAlarmOnAws(config: CloudWatchClientConfig = {}): DrillAlarm {
  const client = new CloudWatchClient(config)
  const asked = async <T>(call: string, answer: Promise<T>): Promise<T> => {
    try {
      return await answer
    } catch (error) {
      throw asProblem(error, call)
    }
  }
  const set = (AlarmName: string, StateValue: 'OK' | 'ALARM', StateReason: string) =>
    asked(
      `cloudwatch:SetAlarmState of ${AlarmName}`,
      client.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: StateReason.slice(0, 1000) })),
    )
  return {
    async open(AlarmName, AlarmDescription) {
      const command = new PutMetricAlarmCommand({
        ...{ AlarmName, AlarmDescription, ActionsEnabled: false },
        ...{ Namespace: 'Tidegate', MetricName: 'Drill', Statistic: 'Sum', Period: 60, EvaluationPeriods: 1 },
        ...{ Threshold: 1, ComparisonOperator: 'GreaterThanOrEqualToThreshold', TreatMissingData: 'ignore' },
      })
      await asked(`cloudwatch:PutMetricAlarm of ${AlarmName}`, client.send(command))
      await set(AlarmName, 'OK', 'A drill begins.')
    },
    async fire(AlarmName, reason) {
      await set(AlarmName, 'ALARM', reason)
      try {
        const { MetricAlarms: [found] = [] } = await asked(
          `cloudwatch:DescribeAlarms of ${AlarmName}`,
          client.send(new DescribeAlarmsCommand({ AlarmNames: [AlarmName] })),
        )
        return found?.StateUpdatedTimestamp?.getTime()
      } catch (error) {
        // How long it took is then counted from the decision.
        if (error instanceof Problem) return undefined
        throw error
      }
    },
    remove: async (name) => {
      await asked(`cloudwatch:DeleteAlarms of ${name}`, client.send(new DeleteAlarmsCommand({ AlarmNames: [name] })))
    },
  }
}
