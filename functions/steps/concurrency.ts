// Provisioned concurrency before a release. On an alias it does not go with a release: at the promotion Lambda would leave all
// traffic on the version before until the concurrency is ready on the new one, for good if its initialisation fails, and at a
// way back on the version that is bad. On versions it is not in the way. Nothing may keep a way back, so that waits instead.
import type { Provisioned } from '../../cloud/ports.ts'
import { backKey } from '../../core/release/head.ts'
import { isOnItsWay } from '../../core/release/move.ts'
import { Problem } from '../../core/problem.ts'
import type { Release } from '../../core/release/release.ts'
import { only, type Routing } from '../../core/service/routing.ts'
import type { Target } from '../../core/service/service.ts'

export const isWayBack = ({ key }: Pick<Release, 'key'>): boolean => key.startsWith(backKey)

/**
 * Whether the alias has any.
 * @throws Problem `alias_provisioned`, and `concurrency_moving` when Lambda is still moving what a way back has to live with
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
    throw new Problem('concurrency_moving', `Lambda moves the provisioned concurrency of alias ${place}.`)
  return true
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
