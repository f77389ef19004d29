// Provisioned concurrency after a release: the version with the traffic has what the definition promises, and the other one has
// none, so that nothing is paid for twice. It follows from the aliases as they are, and so may run any number of times, after any
// death in between.
import type { Provisioned } from '../../cloud/ports.ts'
import { type Promised, promisedOf } from '../../core/concurrency/need.ts'
import { Problem } from '../../core/problem.ts'
import type { Release } from '../../core/release/release.ts'
import { concurrently, each } from '../steps/each.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'concurrency' | 'leases' | 'log' | 'trouble'>

// A gate that was asking Lambda when the release ended may still do so until its time is up (functions/rules.ts).
const lateMs = 5 * 60_000

/**
 * @param by who holds the lease, if the release has given it to another one that takes its place
 * @param settledAtMs when the release has ended
 * @returns whether nothing of it can be left, not even by a late call. Until then the sweep comes back.
 */
export async function leaveConcurrency(
  deps: Deps,
  release: Release,
  settledAtMs: number,
  by: string = release.id,
): Promise<boolean> {
  const promised = promisedOf(release)
  if (promised.length === 0) return true
  if (await isTaken(deps, release, by)) return false
  const { failed } = await each(
    deps,
    promised,
    ({ target }) => ({ releaseId: release.id, functionName: target.functionName }),
    (one) => leaveTarget(deps, release, one, by),
  )
  if (failed.length > 0) return false
  // Nothing was asked for, so nothing can come late.
  if (release.asked === undefined) return true
  return deps.clock.nowMs() >= settledAtMs + lateMs
}

/** Whether another release of the service is under way, which may want what this one would remove. It leaves one version, too. */
async function isTaken({ leases }: Deps, { service }: Release, by: string): Promise<boolean> {
  const holder = await leases.holder(service.name)
  return holder !== undefined && holder !== by
}

async function leaveTarget(
  deps: Deps,
  release: Release,
  { target, environments }: Promised,
  by: string,
): Promise<void> {
  const { functionName, alias, stable, candidate } = target
  const found = await deps.concurrency.list(functionName)
  const aliases = await deps.concurrency.aliases(functionName)
  if (await isTaken(deps, release, by))
    throw new Problem('crowded', `A release of ${release.service.name} has just begun.`)
  const served = new Set(aliases.flatMap(({ versions }) => versions))
  const idle = [stable, candidate].filter((version) => !served.has(version) && has(found, version))
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

const has = (found: readonly Provisioned[], version: string): boolean =>
  found.some(({ qualifier }) => qualifier === version)

const enough = (found: readonly Provisioned[], version: string, wanted: number): boolean =>
  found.some(
    ({ qualifier, environments, state }) => qualifier === version && environments >= wanted && state !== 'failed',
  )
