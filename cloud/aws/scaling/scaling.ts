// What Application Auto Scaling scales of a function, and the moving of it from one version to another.
import {
  type ApplicationAutoScalingClient,
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  paginateDescribeScalingPolicies,
  paginateDescribeScheduledActions,
  PutScalingPolicyCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
  type ScalableTarget,
} from '@aws-sdk/client-application-auto-scaling'
import type { Scaling, ScalingMoves } from '../../ports.ts'
import { asProblem, isNamed, present, translated } from '../failure.ts'
import { actionIn, actionOf, policyIn, policyOf, suspendedIn, suspendedOf } from './parts.ts'

const dimension = { ServiceNamespace: 'lambda', ScalableDimension: 'lambda:function:ProvisionedConcurrency' } as const
const placeOf = (functionName: string, version: string) => ({
  ...dimension,
  ResourceId: `function:${functionName}:${version}`,
})

export function awsScaling(client: ApplicationAutoScalingClient): Scaling {
  return {
    async targets(functionName, qualifiers) {
      const call = `application-autoscaling:DescribeScalableTargets of ${functionName}`
      const found = await targetsOf(client, functionName, qualifiers)
      return found.map((target) => ({
        qualifier: present(target.ResourceId, 'ResourceId', call).split(':').at(-1) ?? '',
        ...limitsIn(target, call),
      }))
    },
  }
}

/** Apart from the reading, so that a function that moves nothing has none of it. */
export function awsScalingMoves(client: ApplicationAutoScalingClient): ScalingMoves {
  return {
    async registered(functionName, version, nowMs) {
      const [target] = await targetsOf(client, functionName, [version])
      if (target === undefined) return undefined
      const call = `application-autoscaling:DescribeScalableTargets of ${functionName}`
      const policies = (await policiesOf(client, functionName, version)).map((one) => policyIn(one, version))
      const actions = (await actionsOf(client, functionName, version)).flatMap((one) => actionIn(one, nowMs))
      const bounds = { ...limitsIn(target, call), suspended: suspendedIn(target) }
      return { ...bounds, parts: [...policies, ...actions] }
    },
    async register(functionName, version, { min, max, suspended }) {
      const call = `application-autoscaling:RegisterScalableTarget of ${functionName}:${version}`
      const command = new RegisterScalableTargetCommand({
        ...{ ...placeOf(functionName, version), MinCapacity: min, MaxCapacity: max },
        SuspendedState: suspendedOf(suspended),
      })
      await translated(call, client.send(command))
    },
    async add(functionName, version, { kind, name, says }) {
      const place = placeOf(functionName, version)
      const operation = kind === 'policy' ? 'PutScalingPolicy' : 'PutScheduledAction'
      try {
        await (kind === 'policy'
          ? client.send(new PutScalingPolicyCommand({ ...policyOf(says), ...place, PolicyName: name }))
          : client.send(new PutScheduledActionCommand({ ...actionOf(says), ...place, ScheduledActionName: name })))
        return true
      } catch (error) {
        // A registration is seen a little later (docs/aws.md §1.3), or somebody has taken it back.
        if (isNamed(error, 'ObjectNotFoundException')) return false
        throw asProblem(error, `application-autoscaling:${operation} of ${functionName}:${version}`)
      }
    },
    async deregister(functionName, version) {
      try {
        await client.send(new DeregisterScalableTargetCommand(placeOf(functionName, version)))
      } catch (error) {
        if (isNamed(error, 'ObjectNotFoundException')) return
        throw asProblem(error, `application-autoscaling:DeregisterScalableTarget of ${functionName}:${version}`)
      }
    },
  }
}

const limitsIn = ({ MinCapacity, MaxCapacity }: ScalableTarget, call: string) => ({
  min: present(MinCapacity, 'MinCapacity', call),
  max: present(MaxCapacity, 'MaxCapacity', call),
})

/** A few ids, so there is one page (docs/aws.md §1.3). */
async function targetsOf(
  client: ApplicationAutoScalingClient,
  functionName: string,
  qualifiers: readonly string[],
): Promise<readonly ScalableTarget[]> {
  const call = `application-autoscaling:DescribeScalableTargets of ${functionName}`
  const ResourceIds = qualifiers.map((qualifier) => placeOf(functionName, qualifier).ResourceId)
  const command = new DescribeScalableTargetsCommand({ ...dimension, ResourceIds })
  return present((await translated(call, client.send(command))).ScalableTargets, 'ScalableTargets', call)
}

async function policiesOf(client: ApplicationAutoScalingClient, functionName: string, version: string) {
  const call = `application-autoscaling:DescribeScalingPolicies of ${functionName}:${version}`
  const pages = paginateDescribeScalingPolicies({ client }, placeOf(functionName, version))
  return whole(pages, (page) => page.ScalingPolicies, call)
}

async function actionsOf(client: ApplicationAutoScalingClient, functionName: string, version: string) {
  const call = `application-autoscaling:DescribeScheduledActions of ${functionName}:${version}`
  const pages = paginateDescribeScheduledActions({ client }, placeOf(functionName, version))
  return whole(pages, (page) => page.ScheduledActions, call)
}

/** Half of what is there must not look like all of it: the rest would be gone with the version before. */
async function whole<Page, T>(
  pages: AsyncIterable<Page>,
  itemsOf: (page: Page) => readonly T[] | undefined,
  call: string,
): Promise<readonly T[]> {
  const found: T[] = []
  const read = async () => {
    for await (const page of pages) found.push(...present(itemsOf(page), 'a list', call))
  }
  await translated(call, read())
  return found
}
