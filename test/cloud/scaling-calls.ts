// Calls of Application Auto Scaling, each with the action and the resource that IAM checks; and what it asks for itself.
import * as scaling from '@aws-sdk/client-application-auto-scaling'
import { anyScalableTarget } from '../../cloud/local/application-auto-scaling.ts'

/** It makes these with the rights of its caller. */
export const byScaling = [
  'cloudwatch:DeleteAlarms',
  'cloudwatch:PutMetricAlarm',
  'lambda:GetProvisionedConcurrencyConfig',
]

const of = {
  ...({ ServiceNamespace: 'lambda', ScalableDimension: 'lambda:function:ProvisionedConcurrency' } as const),
  ResourceId: 'function:orders:7',
}
const target = `arn:aws:application-autoscaling:HERE:${anyScalableTarget}`

/** `HERE` is the region and the account. */
export const scalingCalls: readonly (readonly [action: string, command: object, on: string])[] = [
  ['application-autoscaling:DescribeScalableTargets', new scaling.DescribeScalableTargetsCommand(of), '*'],
  ['application-autoscaling:DescribeScalingPolicies', new scaling.DescribeScalingPoliciesCommand(of), '*'],
  ['application-autoscaling:DescribeScheduledActions', new scaling.DescribeScheduledActionsCommand(of), '*'],
  ['application-autoscaling:RegisterScalableTarget', new scaling.RegisterScalableTargetCommand(of), target],
  [
    'application-autoscaling:PutScalingPolicy',
    new scaling.PutScalingPolicyCommand({ ...of, PolicyName: 'load' }),
    target,
  ],
  [
    'application-autoscaling:PutScheduledAction',
    new scaling.PutScheduledActionCommand({ ...of, ScheduledActionName: 'morning' }),
    target,
  ],
  ['application-autoscaling:DeregisterScalableTarget', new scaling.DeregisterScalableTargetCommand(of), target],
]
