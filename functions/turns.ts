// When a release may begin among all that are open (core/pace.ts).
import { beginsAtMs } from '../core/pace.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'openReleases'>

/**
 * @param fromMs nothing begins before; those that were asked for earlier take their turns from then on
 * @returns `undefined` when the release is not among the open ones; one that cannot be read keeps nobody waiting: then Lambda's own
 * throttling paces, and the SDK's retries
 */
export async function turnOf(deps: Deps, releaseId: string, fromMs = 0): Promise<number | undefined> {
  const open = (await deps.openReleases.list()).items.map(({ requested, ...one }) => ({
    ...one,
    requestedAtMs: Math.max(one.requestedAtMs, fromMs),
    targets: requested.service.targets,
  }))
  return beginsAtMs(open, releaseId)
}
