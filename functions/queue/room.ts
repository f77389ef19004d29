// Which releases wait for a place in a concurrency group, and which one is offered a place that becomes free: only the oldest,
// because there is only one place.
import { heldNow } from '../../core/release/gating.ts'
import type { Release } from '../../core/release/release.ts'
import { each } from '../steps/each.ts'
import { loadIfReadable } from '../steps/lease.ts'
import type { Loaded } from '../steps/log.ts'
import { leavePlace } from '../steps/place.ts'
import { reopen } from './reopen.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'leases' | 'waitingLists' | 'executions' | 'trouble'>

// Only this many waiting releases are considered. The others ask their gates again after 15 minutes at most.
const lookedAtMost = 20

const isHeldByFull = ({ release }: Loaded): boolean => heldNow(release)?.gates.includes('full') === true

export async function waitForPlace({ waitingLists }: Pick<Deps, 'waitingLists'>, release: Release): Promise<void> {
  const { concurrency } = release.service.gates
  if (concurrency !== undefined) await waitingLists.add(concurrency.group, release)
}

/**
 * After a release ended: gives up its place, and offers it to the release that has waited longest and has no other closed gate.
 */
export async function makeRoom(deps: Deps, release: Release): Promise<void> {
  const { concurrency } = release.service.gates
  if (concurrency === undefined) return
  const { group } = concurrency
  await leavePlace(deps, release)
  await deps.waitingLists.remove(group, release)
  const because = `release ${release.id} has left its place in group ${group}`
  for (const waiting of await deps.waitingLists.first(group, lookedAtMost)) {
    const { done } = await each(
      deps,
      [waiting],
      ({ id }) => ({ releaseId: id }),
      async (one) => {
        const loaded = await loadIfReadable(deps, one.id)
        if (loaded === undefined || !isHeldByFull(loaded)) return deps.waitingLists.remove(group, one)
        await reopen(deps, loaded, because)
        return heldNow(loaded.release)?.gates.length === 1
      },
    )
    if (done[0] === true) return
  }
}
