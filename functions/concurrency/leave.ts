// Provisioned concurrency after a release: the version with the traffic has what the definition promises, and the other one has
// none, so that nothing is paid for twice; unless the definition keeps it warm (warm.ts). It follows from the aliases, and so may
// run any number of times, after any death in between.
import type { Provisioned } from '../../cloud/ports.ts'
import { type Promised, promisedOf } from '../../core/concurrency/need.ts'
import { movesScaling } from '../../core/concurrency/scaled.ts'
import { type Warm, warmVersions } from '../../core/concurrency/warm.ts'
import { Problem } from '../../core/problem.ts'
import type { Release } from '../../core/release/release.ts'
import { concurrently, each } from '../steps/each.ts'
import type { World } from '../steps/world.ts'
import { moveScaling } from './move-scaling.ts'

type Deps = Pick<World, 'clock' | 'concurrency' | 'leases' | 'log' | 'openReleases' | 'scalingMoves' | 'trouble'>

// A gate that was asking Lambda when the release ended may still do so until its time is up (functions/rules.ts).
export const lateMs = 5 * 60_000

/**
 * all: nothing of it can be left, not even by a late call. late: a call may still come. taken: another release of the service is
 * under way, and nothing was done. Until it is `all`, the sweep comes back.
 */
type LeftAs = 'all' | 'late' | 'taken' | 'failed'

/**
 * @param settledAtMs when the release has ended
 * @param by who holds the lease, if the release has given it to another one that takes its place
 * @param keeping what it keeps warm
 */
export async function leaveConcurrency(
  deps: Deps,
  release: Release,
  settledAtMs: number,
  { by = release.id, keeping }: { readonly by?: string; readonly keeping?: Warm | undefined } = {},
): Promise<LeftAs> {
  const promised = promisedOf(release)
  if (promised.length === 0) return 'all'
  if (await isTaken(deps, release, by)) return 'taken'
  const kept = await keptFrom(deps, release.id, keeping)
  // First, so that nothing gives the old version back what is taken from it.
  const moved = await each(
    deps,
    movesScaling(release),
    ({ functionName }) => ({ releaseId: release.id, functionName }),
    (target) => moveScaling(deps, release, target, () => isTaken(deps, release, by)),
  )
  const { failed } = await each(
    deps,
    promised,
    ({ target }) => ({ releaseId: release.id, functionName: target.functionName }),
    (one) => leaveTarget(deps, release, one, { by, kept }),
  )
  if (failed.length > 0 || moved.failed.length > 0 || moved.done.includes(false)) return 'failed'
  // Nothing was asked for, so nothing can come late.
  return release.asked === undefined || deps.clock.nowMs() >= settledAtMs + lateMs ? 'all' : 'late'
}

/** Versions that stay warm for other releases, perhaps of another service with the same function, and for this one. */
export async function keptFrom(
  { openReleases }: Pick<World, 'openReleases'>,
  releaseId: string,
  keeping?: Warm,
): Promise<ReadonlySet<string>> {
  const others = (await openReleases.all()).warm.filter((one) => one.releaseId !== releaseId)
  return warmVersions([...others, ...(keeping === undefined ? [] : [keeping])])
}

/** Whether another release of the service is under way, which may want what this one would remove. It leaves one version, too. */
async function isTaken({ leases }: Pick<Deps, 'leases'>, { service }: Release, by: string): Promise<boolean> {
  const holder = await leases.holder(service.name)
  return holder !== undefined && holder !== by
}

async function leaveTarget(
  deps: Deps,
  release: Release,
  { target, environments }: Promised,
  { by, kept }: { readonly by: string; readonly kept: ReadonlySet<string> },
): Promise<void> {
  const { functionName, alias, stable, candidate } = target
  const found = await deps.concurrency.list(functionName)
  const aliases = await deps.concurrency.aliases(functionName)
  if (await isTaken(deps, release, by))
    throw new Problem('crowded', `A release of ${release.service.name} has just begun.`)
  const served = new Set(aliases.flatMap(({ versions }) => versions))
  const isIdle = (version: string): boolean =>
    !served.has(version) && has(found, version) && !kept.has(`${functionName}:${version}`)
  const idle = [stable, candidate].filter(isIdle)
  await concurrently(idle, 1, async (version) => {
    await deps.concurrency.remove(functionName, version)
    deps.log({ message: `removed the provisioned concurrency of ${functionName}:${version}`, releaseId: release.id })
  })
  const [serving, ...others] = aliases.find(({ name }) => name === alias)?.versions ?? []
  if (serving === undefined || others.length > 0 || ![stable, candidate].includes(serving)) return
  if (enough(found, serving, environments)) return
  // After a way back that did not wait: it is there some minutes after the traffic.
  await deps.concurrency.ask(functionName, serving, environments)
  deps.log({
    message: `asked for ${environments} provisioned environments of ${functionName}:${serving}`,
    releaseId: release.id,
  })
}

export const has = (found: readonly Provisioned[], version: string): boolean =>
  found.some(({ qualifier }) => qualifier === version)

const enough = (found: readonly Provisioned[], version: string, wanted: number): boolean =>
  found.some(
    ({ qualifier, environments, state }) => qualifier === version && environments >= wanted && state !== 'failed',
  )
