// The alarm of the sample service, as tests of freezes let it fire; and the gates of a one-way step that no person has to answer.
import { SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import type { Sandbox } from '../../../local/sandbox.ts'

export const firedAlarm = 'checkout-errors'

/** The caller lets time pass. */
export const setAlarm = ({ clients }: Sandbox, StateValue: 'ALARM' | 'OK') =>
  clients.cloudwatch.send(
    new SetAlarmStateCommand({ AlarmName: firedAlarm, StateValue, StateReason: 'the test says so' }),
  )

export const policyRules =
  '@id("urgent") forbid (principal, action == Action::"goOn", resource) when { context.oneWay && context.urgent };'
