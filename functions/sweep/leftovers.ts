// Finds what ended releases may still hold: leases, places in concurrency groups, alarm watches. Settling drops everything that
// is held at that time. What a late call takes afterwards, or a call that dies right after taking it, is found only by the sweep.
import type { Lease } from '../../cloud/ports.ts'
import type { Listing } from '../../core/listing.ts'
import { isSettled } from '../../core/release/release.ts'
import { each, readable, sentenceOf } from '../steps/each.ts'
import { isOver, loadIfThere } from '../steps/lease.ts'
import type { World } from '../steps/world.ts'
import { dayMs } from '../../core/time.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'leases' | 'openReleases' | 'alarmWatch' | 'services' | 'log' | 'trouble'>

// A leftover watch is harmless, because its release ignores the alarm. So once a day is enough, in the first sweep of a day.
const dailyWithinMs = 60_000
// How many at once.
const together = 10

/**
 * @param held the leases, read before `open` was listed. So the release of a holder that is not in `open` has ended, or its entry
 * is lost.
 * @param isInTime once it says no, the rest is left to the next sweep
 * @returns what could not be checked, as sentences
 */
export async function dropLeftovers(
  deps: Deps,
  held: Listing<Lease, Pick<Lease, 'name'>>,
  open: readonly string[],
  isInTime: () => boolean,
): Promise<readonly string[]> {
  const isOpen = new Set(open)
  const left = readable(deps, held).filter(({ holder }) => !isOpen.has(holder))
  const leases = await each(
    deps,
    left,
    ({ name }) => ({ leftover: name }),
    (lease) => dropLease(deps, lease),
    together,
    isInTime,
  )
  const isDaily = deps.clock.nowMs() % dayMs < dailyWithinMs
  // Adds keys for services that older code stored without any, both at the first run and whenever such code has run since.
  const found = await each(
    deps,
    ['services'],
    (leftover) => ({ leftover }),
    () => deps.services.index(isDaily),
  )
  const watches = await each(
    deps,
    isDaily ? await alarmsOf(deps) : [],
    (alarm) => ({ leftover: alarm }),
    (alarm) => dropWatches(deps, alarm),
    together,
    isInTime,
  )
  return [
    ...held.unreadable.map(({ about, problem }) => `${about.name}: ${problem.message}`),
    ...leases.failed.map(({ item, error }) => `${item.name}: ${sentenceOf(error)}`),
    ...found.failed.map(({ item, error }) => `${item}: ${sentenceOf(error)}`),
    ...watches.failed.map(({ item, error }) => `${item}: ${sentenceOf(error)}`),
  ]
}

/**
 * A live release that holds a lease but is not open has lost its entry. Restore the entry, or nothing would finish the release.
 */
async function dropLease(deps: Deps, { name, holder }: Lease): Promise<void> {
  const loaded = await loadIfThere(deps, holder)
  if (loaded === undefined || isSettled(loaded.release)) {
    await deps.leases.drop(name, holder)
    deps.log({ message: `dropped the lease ${name} of a release that has ended`, releaseId: holder })
    return
  }
  const { events } = await deps.journal.read(holder)
  const [requested] = events
  if (requested?.type !== 'requested') return
  const { service, requestedAtMs } = loaded.release
  await deps.openReleases.add({ releaseId: holder, service: service.name, requestedAtMs, requested })
  deps.log({ message: 'restored the missing entry of a live release', releaseId: holder })
}

async function alarmsOf(deps: Deps): Promise<readonly string[]> {
  return [...new Set(readable(deps, await deps.services.list()).flatMap(({ signals }) => signals.alarms))]
}

async function dropWatches(deps: Deps, alarm: string): Promise<void> {
  await each(
    deps,
    await deps.alarmWatch.releases(alarm),
    (releaseId) => ({ releaseId, leftover: alarm }),
    async (releaseId) => {
      if (!(await isOver(deps, releaseId))) return
      await deps.alarmWatch.remove(alarm, releaseId)
      deps.log({ message: `stopped watching the alarm ${alarm} for a release that has ended`, releaseId })
    },
  )
}
