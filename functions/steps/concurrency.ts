// Provisioned concurrency before a release. If an alias has it, at a promotion Lambda would keep all traffic on the previous
// version until the concurrency is ready on the new one, and for good if its initialisation fails. A rollback would leave traffic
// on the bad version in the same way. So it is refused on an alias; on versions it is no problem. A release that undoes a
// promoted one must never be refused, so it waits instead.
import type { Provisioned } from '../../cloud/ports.ts'
import { isWayBack } from '../../core/release/head.ts'
import { isOnItsWay } from '../../core/release/move.ts'
import { Problem } from '../../core/problem.ts'
import type { Release } from '../../core/release/release.ts'
import { only, type Routing } from '../../core/service/routing.ts'
import type { Target } from '../../core/service/service.ts'
import type { World } from './world.ts'

/**
 * Whether the alias has provisioned concurrency.
 * @throws Problem `alias_provisioned`; for an undo release instead `concurrency_moving`, while Lambda is still moving it
 */
export function aliasConcurrency(
  release: Pick<Release, 'key'>,
  { functionName, alias }: Target,
  routing: Routing,
  all: readonly Provisioned[],
): boolean {
  const own = all.find(({ qualifier }) => qualifier === alias)
  if (own === undefined) return false
  const place = `${functionName}:${alias}`
  if (!isWayBack(release)) throw new Problem('alias_provisioned', `Alias ${place} has provisioned concurrency.`)
  if (isOnItsWay({ provisioned: true }, only(routing.version), routing))
    throw new Problem('concurrency_moving', `Lambda is still moving the provisioned concurrency of alias ${place}.`)
  return true
}

/**
 * What Application Auto Scaling has given to stable, where the definition promises concurrency: the candidate takes over its
 * load.
 * @throws Problem `alias_scaled`: it would provision the alias at any time, which Lambda refuses beside a version that has some
 */
export async function scaledTo(
  { scaling }: Pick<World, 'scaling'>,
  { key, service }: Pick<Release, 'key' | 'service'>,
  { functionName, alias }: Target,
  stable: string,
  all: readonly Provisioned[],
): Promise<number | undefined> {
  const promised = service.targets.find((one) => one.functionName === functionName)?.provisionedConcurrency
  if (promised === undefined || isWayBack({ key })) return undefined
  const targets = await scaling.targets(functionName, [alias, stable])
  if (targets.some(({ qualifier }) => qualifier === alias))
    throw new Problem('alias_scaled', `Application Auto Scaling scales alias ${functionName}:${alias}.`)
  return targets.length === 0 ? undefined : all.find(({ qualifier }) => qualifier === stable)?.environments
}

/** @throws Problem `concurrency_moving`, `version_failed` */
export function checkCandidateConcurrency(
  { functionName }: Target,
  candidate: string,
  all: readonly Provisioned[],
): void {
  const own = all.find(({ qualifier }) => qualifier === candidate)
  const place = `${functionName}:${candidate}`
  if (own?.state === 'allocating')
    throw new Problem('concurrency_moving', `The provisioned concurrency of version ${place} is not ready yet.`)
  if (own?.state === 'failed')
    throw new Problem(
      'version_failed',
      `Version ${place} cannot be provisioned: ${own.because ?? 'Lambda gave no reason'}.`,
    )
}
