// What releases that have ended may still hold: leases, places in concurrency groups, watches of alarms. Settling lets go of
// all that is held by then; a call that comes late, or dies right after taking, leaves something that only the sweep finds.
import type { Lease } from '../../cloud/ports.ts'
import type { Listing } from '../../core/listing.ts'
import { isSettled } from '../../core/release/release.ts'
import { each, readable, sentenceOf } from '../steps/each.ts'
import { isOver, loadIfThere } from '../steps/lease.ts'
import type { World } from '../steps/world.ts'
import { dayMs } from '../../core/time.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'leases' | 'openReleases' | 'alarmWatch' | 'services' | 'log' | 'trouble'>

// A watch that is left does no harm: its release ignores the alarm. So once a day is enough, in the first sweep of a day.
const dailyWithinMs = 60_000

/**
 * @param held the leases as they were before `open` was listed: so whoever holds one and is not open has ended, or its
 * entry is lost
 * @returns what could not be looked at
 */
export async function dropLeftovers(
  deps: Deps,
  held: Listing<Lease, Pick<Lease, 'name'>>,
  open: readonly string[],
): Promise<readonly string[]> {
  const isOpen = new Set(open)
  const left = readable(deps, held).filter(({ holder }) => !isOpen.has(holder))
  const leases = await each(
    deps,
    left,
    ({ name }) => ({ leftover: name }),
    (lease) => dropLease(deps, lease),
  )
  const isDaily = deps.clock.nowMs() % dayMs < dailyWithinMs
  // What was put by code that knew of no keys is found by them, too: the first time, and what such code has put since.
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
  )
  return [
    ...held.unreadable.map(({ about, problem }) => `${about.name}: ${problem.message}`),
    ...leases.failed.map(({ item, error }) => `${item.name}: ${sentenceOf(error)}`),
    ...found.failed.map(({ item, error }) => `${item}: ${sentenceOf(error)}`),
    ...watches.failed.map(({ item, error }) => `${item}: ${sentenceOf(error)}`),
  ]
}

/** A release that holds a lease, has not ended and is not open has lost its entry: without it nobody would finish it. */
async function dropLease(deps: Deps, { name, holder }: Lease): Promise<void> {
  const loaded = await loadIfThere(deps, holder)
  if (loaded === undefined || isSettled(loaded.release)) {
    await deps.leases.drop(name, holder)
    deps.log({ message: `the lease ${name} was left by a release that is over`, releaseId: holder })
    return
  }
  const { events } = await deps.journal.read(holder)
  const [requested] = events
  if (requested?.type !== 'requested') return
  const { service, requestedAtMs } = loaded.release
  await deps.openReleases.add({ releaseId: holder, service: service.name, requestedAtMs, requested })
  deps.log({ message: 'a live release was not among the open ones', releaseId: holder })
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
      deps.log({ message: `the alarm ${alarm} was still watched for a release that is over`, releaseId })
    },
  )
}
