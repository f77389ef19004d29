// What was in the way of releases may be gone: those that wait at a gate are asked about again, now and not at their next look.
import type { OpenRelease } from '../cloud/ports.ts'
import { heldNow } from '../core/clearance.ts'
import { concurrently } from './concurrently.ts'
import { loadIfReadable } from './lease.ts'
import { type Loaded, record } from './ledger.ts'
import { wake } from './waiting.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'executions'>

// So many are read and woken at once.
const together = 20

/** @returns the ids of those that waited */
export async function reopenGates(
  deps: Deps,
  open: readonly Pick<OpenRelease, 'releaseId'>[],
  because: string,
): Promise<readonly string[]> {
  const reopened = await concurrently(open, together, async ({ releaseId }) => {
    // An entry without a log is left to the sweep.
    const loaded = await loadIfReadable(deps, releaseId)
    if (loaded === undefined || heldNow(loaded.release) === undefined) return []
    await reopen(deps, loaded, because)
    return [releaseId]
  })
  return reopened.flat()
}

/** One that waits at a gate. */
export async function reopen(deps: Deps, loaded: Loaded, because: string): Promise<void> {
  const after = await record(deps, loaded, (now) =>
    heldNow(now) === undefined ? undefined : { type: 'gateReopened', atMs: deps.clock.nowMs(), because },
  )
  await wake(deps, after)
}
