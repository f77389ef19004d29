// What was in the way of releases may be gone: those that wait at a gate are asked about again, now and not at their next look.
import { heldNow } from '../../core/release/gating.ts'
import { each } from '../steps/each.ts'
import { loadIfReadable } from '../steps/lease.ts'
import { type Loaded, record } from '../steps/log.ts'
import { wake } from '../steps/waiting.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'executions' | 'trouble'>

// So many are read and woken at once.
const together = 20

/** One that cannot be asked about again now is asked at its next look. @returns the ids of those that waited */
export async function reopenGates(deps: Deps, open: readonly string[], because: string): Promise<readonly string[]> {
  const { done } = await each(
    deps,
    open,
    (releaseId) => ({ releaseId }),
    async (releaseId) => {
      // An entry without a log is left to the sweep.
      const loaded = await loadIfReadable(deps, releaseId)
      if (loaded === undefined || heldNow(loaded.release) === undefined) return []
      await reopen(deps, loaded, because)
      return [releaseId]
    },
    together,
  )
  return done.flat()
}

/** One that waits at a gate. */
export async function reopen(deps: Omit<Deps, 'trouble'>, loaded: Loaded, because: string): Promise<void> {
  const after = await record(deps, loaded, (now) =>
    heldNow(now) === undefined ? undefined : { type: 'gateReopened', atMs: deps.clock.nowMs(), because },
  )
  await wake(deps, after)
}
