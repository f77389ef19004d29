// What Application Auto Scaling scales of functions to which definitions promise provisioned concurrency. Its target is one
// version, and releases move it to the next one only where the definition says so, and not everything (docs/concurrency.md).
import { paginateDescribeScalableTargets, type ScalableTarget } from '@aws-sdk/client-application-auto-scaling'
import type { Service, Target } from '../../core/service/service.ts'
import { placedIn } from '../../core/service/target.ts'
import type { Account, Check } from './account.ts'
import { type AwsCommand, awsCommand, each, type Finding, ok, problem } from './finding.ts'

const ServiceNamespace = 'lambda'
const ScalableDimension = 'lambda:function:ProvisionedConcurrency'

export const scaling: Check = {
  id: 'scaling',
  right: 'Application Auto Scaling scales the versions that have the traffic, and no alias.',
  asks: ['application-autoscaling:DescribeScalableTargets', 'lambda:GetAlias'],
  async look(account) {
    const promised = (await account.services()).flatMap((service) =>
      service.targets
        .filter(({ provisionedConcurrency }) => provisionedConcurrency !== undefined)
        .map((target) => ({ service, target })),
    )
    if (promised.length === 0) return [ok('services', 'No definition promises provisioned concurrency.')]
    const call = 'application-autoscaling:DescribeScalableTargets'
    const about = ({ service, target }: Promised) => `${target.functionName}:${target.alias} (${service.name})`
    let listed: ReturnType<typeof targetsOf> | undefined
    const targets = () => (listed ??= targetsOf(account))
    return each(promised, about, call, async (one) => look(account, about(one), one, targets))
  },
}

type Promised = { readonly service: Service; readonly target: Target }

/** Of all functions of the region. */
async function targetsOf({ scaling: client }: Account): Promise<readonly ScalableTarget[]> {
  const found: ScalableTarget[] = []
  const of = { ServiceNamespace, ScalableDimension } as const
  for await (const { ScalableTargets = [] } of paginateDescribeScalableTargets({ client }, of))
    found.push(...ScalableTargets)
  return found
}

async function look(
  account: Account,
  about: string,
  { service, target }: Promised,
  targets: () => ReturnType<typeof targetsOf>,
): Promise<readonly Finding[]> {
  // A live release needs the one that it began with until it ends.
  if ((await account.backend.leases.holder(service.name)) !== undefined) return [ok(about, 'A release is live.')]
  const { routing } = await account.backend.aliases.read(placedIn(service, target))
  const prefix = `function:${target.functionName}:`
  const found = (await targets()).filter(({ ResourceId = '' }) => ResourceId.startsWith(prefix))
  const serving = `${prefix}${routing.version}`
  const wrong = found.filter(({ ResourceId }) => ResourceId !== serving)
  const isScaled = found.length > wrong.length
  if (wrong.length === 0) return [ok(about, isScaled ? `Version ${routing.version} is scaled.` : 'It is not scaled.')]
  return wrong.map((one) => misplaced(about, one, isScaled ? undefined : serving, target))
}

/** @param serving what is to be scaled in its place */
function misplaced(
  about: string,
  found: ScalableTarget,
  serving: string | undefined,
  { alias, moveScaling }: Target,
): Finding {
  const { ResourceId = '', MinCapacity, MaxCapacity } = found
  const of = { ServiceNamespace, ScalableDimension }
  const register: readonly AwsCommand[] =
    serving === undefined
      ? []
      : [
          awsCommand('application-autoscaling', 'register-scalable-target', {
            ...{ ...of, ResourceId: serving, MinCapacity, MaxCapacity },
          }),
        ]
  const says = ResourceId.endsWith(`:${alias}`)
    ? `Application Auto Scaling scales the alias (${ResourceId}): its releases are refused.`
    : `Application Auto Scaling scales a version without traffic (${ResourceId}), and may give it environments that are paid for.`
  return problem(about, says, {
    words: `${moveScaling ? 'The log of `settle` says why no release has moved it. ' : ''}Copy its policies and scheduled actions first: they go with it (docs/concurrency.md, Scaled by load).`,
    commands: [...register, awsCommand('application-autoscaling', 'deregister-scalable-target', { ...of, ResourceId })],
  })
}
