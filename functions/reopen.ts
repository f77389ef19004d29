// What was in the way of releases may be gone: those that wait at a gate are asked about again, now and not at their next look.
import { replay } from '../core/advance.ts'
import { heldNow } from '../core/clearance.ts'
import type { OpenRelease } from '../cloud/ports.ts'
import type { Release } from '../core/release.ts'
import { record } from './ledger.ts'
import { wake } from './waiting.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'executions' | 'openReleases'>

/** @param mayPass which open releases to read at all, and which of those that wait are meant @returns their ids */
export async function reopenGates(
  deps: Deps,
  because: string,
  mayPass: { readonly open: (open: OpenRelease) => boolean; readonly held: (release: Release) => boolean },
): Promise<readonly string[]> {
  const reopened: string[] = []
  for (const open of (await deps.openReleases.list()).filter(mayPass.open)) {
    const { events, waiters } = await deps.journal.read(open.releaseId)
    // An entry without a log is left to the sweep.
    const release = replay(events)
    if (release === undefined || heldNow(release) === undefined || !mayPass.held(release)) continue
    const after = await record(deps, { release, waiters }, (now) =>
      heldNow(now) === undefined ? undefined : { type: 'gateReopened', atMs: deps.clock.nowMs(), because },
    )
    await wake(deps, after)
    reopened.push(open.releaseId)
  }
  return reopened
}
