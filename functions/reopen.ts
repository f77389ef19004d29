// What was in the way of releases may be gone: those that wait at a gate are asked about again, now and not at their next look.
import { replay } from '../core/advance.ts'
import { heldNow } from '../core/clearance.ts'
import type { OpenRelease } from '../cloud/ports.ts'
import type { Release } from '../core/release.ts'
import { each } from './each.ts'
import { idsOf, record } from './ledger.ts'
import { wake } from './waiting.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'executions' | 'openReleases' | 'trouble'>

/**
 * One that cannot be asked about again now is asked at its next look.
 * @param mayPass which open releases to read at all, and which of those that wait are meant
 * @returns their ids
 */
export async function reopenGates(
  deps: Deps,
  because: string,
  mayPass: { readonly open: (open: OpenRelease) => boolean; readonly held: (release: Release) => boolean },
): Promise<readonly string[]> {
  const { items, unreadable } = await deps.openReleases.list()
  // Of one whose entry cannot be read its log says all that there is to know.
  const ids = idsOf({ items: items.filter(mayPass.open), unreadable })
  const { done } = await each(
    deps,
    ids,
    (releaseId) => ({ releaseId }),
    async (releaseId) => {
      const { events, waiters } = await deps.journal.read(releaseId)
      // An entry without a log is left to the sweep.
      const release = replay(events)
      if (release === undefined || heldNow(release) === undefined || !mayPass.held(release)) return []
      const after = await record(deps, { release, waiters }, (now) =>
        heldNow(now) === undefined ? undefined : { type: 'gateReopened', atMs: deps.clock.nowMs(), because },
      )
      await wake(deps, after)
      return [releaseId]
    },
  )
  return done.flat()
}
