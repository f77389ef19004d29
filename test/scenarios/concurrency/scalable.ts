// Scalable targets of a sandbox, as a team registers them, and what is registered for each version at a moment.
import * as scaling from '@aws-sdk/client-application-auto-scaling'
import type { Sandbox } from '../../../local/sandbox.ts'

const dimension = { ServiceNamespace: 'lambda', ScalableDimension: 'lambda:function:ProvisionedConcurrency' } as const
const placeOf = (qualifier: string) => ({ ...dimension, ResourceId: `function:checkout:${qualifier}` })

const tracking = {
  TargetValue: 0.7,
  PredefinedMetricSpecification: { PredefinedMetricType: 'LambdaProvisionedConcurrencyUtilization' },
} as const
const morning = { Schedule: 'cron(0 8 * * ? *)', ScalableTargetAction: { MinCapacity: 40 } }

export const register = (
  { clients }: Sandbox,
  qualifier: string,
  more: Partial<scaling.RegisterScalableTargetCommandInput> = {},
) =>
  clients.scaling.send(
    new scaling.RegisterScalableTargetCommand({
      ...{ ...placeOf(qualifier), MinCapacity: 20, MaxCapacity: 200 },
      ...more,
    }),
  )

export const deregister = ({ clients }: Sandbox, qualifier: string) =>
  clients.scaling.send(new scaling.DeregisterScalableTargetCommand(placeOf(qualifier)))

export const follow = (
  { clients }: Sandbox,
  qualifier: string,
  more: Partial<scaling.PutScalingPolicyCommandInput> = {},
) =>
  clients.scaling.send(
    new scaling.PutScalingPolicyCommand({
      ...{ ...placeOf(qualifier), PolicyName: 'load', PolicyType: 'TargetTrackingScaling' },
      ...{ TargetTrackingScalingPolicyConfiguration: tracking, ...more },
    }),
  )

export const plan = (
  { clients }: Sandbox,
  qualifier: string,
  more: Partial<scaling.PutScheduledActionCommandInput> = {},
) =>
  clients.scaling.send(
    new scaling.PutScheduledActionCommand({
      ...{ ...placeOf(qualifier), ScheduledActionName: 'morning', ...morning, ...more },
    }),
  )

/** Bounds with a suspended part, a policy and a scheduled action. */
export async function scale(sandbox: Sandbox, qualifier: string): Promise<void> {
  await register(sandbox, qualifier, { SuspendedState: { ScheduledScalingSuspended: true } })
  await follow(sandbox, qualifier)
  await plan(sandbox, qualifier)
}

export const whole = {
  ...{ min: 20, max: 200, suspended: [false, false, true] },
  ...{ policies: [{ name: 'load', ...tracking }], actions: [{ name: 'morning', ...morning }] },
}

/** By version, or alias. */
export async function scalable({ clients: { scaling: client } }: Sandbox): Promise<Readonly<Record<string, object>>> {
  const { ScalableTargets = [] } = await client.send(new scaling.DescribeScalableTargetsCommand(dimension))
  const found = ScalableTargets.map(async ({ ResourceId = '', MinCapacity, MaxCapacity, SuspendedState: state }) => {
    const place = { ...dimension, ResourceId }
    const { ScalingPolicies = [] } = await client.send(new scaling.DescribeScalingPoliciesCommand(place))
    const { ScheduledActions = [] } = await client.send(new scaling.DescribeScheduledActionsCommand(place))
    const has = {
      ...{ min: MinCapacity, max: MaxCapacity },
      suspended: [
        ...[state?.DynamicScalingInSuspended, state?.DynamicScalingOutSuspended],
        state?.ScheduledScalingSuspended,
      ],
      policies: ScalingPolicies.map((one) => ({
        ...{ name: one.PolicyName, ...one.TargetTrackingScalingPolicyConfiguration },
      })),
      actions: ScheduledActions.map((one) => ({
        ...{ name: one.ScheduledActionName, Schedule: one.Schedule, ScalableTargetAction: one.ScalableTargetAction },
        ...(one.StartTime === undefined ? {} : { StartTime: one.StartTime }),
      })),
    }
    return [ResourceId.split(':').at(-1) ?? '', has] as const
  })
  return Object.fromEntries(await Promise.all(found))
}
