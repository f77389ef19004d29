// What Application Auto Scaling has registered for the version before, moved to the version with the traffic after a release: put
// on the new one first, removed from the old one last. It follows from what is registered, and so may run any number of times,
// after any death in between.
import { concurrently } from '../steps/each.ts'
import type { World } from '../steps/world.ts'
import { hasTakenOver, movingOf } from '../../core/concurrency/scaled.ts'
import type { Release, ReleaseTarget } from '../../core/release/release.ts'

type Deps = Pick<World, 'clock' | 'concurrency' | 'log' | 'scalingMoves'>

/**
 * @param isTaken whether another release of the service is under way
 * @returns false if some of it is left for later
 */
export async function moveScaling(
  { clock, concurrency, log, scalingMoves }: Deps,
  { id: releaseId }: Pick<Release, 'id'>,
  target: ReleaseTarget,
  isTaken: () => Promise<boolean>,
): Promise<boolean> {
  const { functionName, stable, candidate } = target
  if (!hasTakenOver(target, await concurrency.aliases(functionName))) return true
  const from = await scalingMoves.registered(functionName, stable, clock.nowMs())
  if (from === undefined) return true
  const moving = movingOf(from, await scalingMoves.registered(functionName, candidate, clock.nowMs()))
  const what = `what Application Auto Scaling does for ${functionName}:${stable}`
  if (moving.kind === 'stays') {
    log({ level: 'error', message: `${what} is not moved to version ${candidate}: ${moving.because}`, releaseId })
    return true
  }
  // Asked once: a move that has begun is ended, because half of one would be left where no later release looks.
  if (await isTaken()) return false
  if (moving.bounds !== undefined) await scalingMoves.register(functionName, candidate, moving.bounds)
  const put = await concurrently(moving.parts, 1, (part) => scalingMoves.add(functionName, candidate, part))
  if (!put.every(Boolean)) return false
  await scalingMoves.deregister(functionName, stable)
  log({ message: `moved ${what} to version ${candidate}`, releaseId })
  return true
}
