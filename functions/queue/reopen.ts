// Asks the gates again for releases that are held, because what blocked them may be gone. Otherwise they would wait until they
// are next due.
import { heldNow } from '../../core/release/gating.ts'
import { each } from '../steps/each.ts'
import { loadIfReadable } from '../steps/lease.ts'
import { type Loaded, record } from '../steps/log.ts'
import { wake } from '../steps/waiting.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'executions' | 'trouble'>

// How many are read and woken at once.
const together = 20

/** A release that fails here asks its gates again when it is next due. @returns the ids of the releases that were held */
export async function reopenGates(deps: Deps, open: readonly string[], because: string): Promise<readonly string[]> {
  const { done } = await each(
    deps,
    open,
    (releaseId) => ({ releaseId }),
    async (releaseId) => {
      // The sweep takes care of an entry without a log.
      const loaded = await loadIfReadable(deps, releaseId)
      if (loaded === undefined || heldNow(loaded.release) === undefined) return []
      await reopen(deps, loaded, because)
      return [releaseId]
    },
    together,
  )
  return done.flat()
}

/** Asks the gates again for a release that is held. */
export async function reopen(deps: Omit<Deps, 'trouble'>, loaded: Loaded, because: string): Promise<void> {
  const after = await record(deps, loaded, (now) =>
    heldNow(now) === undefined ? undefined : { type: 'gateReopened', atMs: deps.clock.nowMs(), because },
  )
  await wake(deps, after)
}
