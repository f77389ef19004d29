// A batch of the stream that was given up, as its record in the queue says: not what was in it, but when it was written. The log
// has what was written then, so all of that is announced again, in the order of each release. Most of it has been heard before;
// an event keeps its id when it is sent again. Nothing is counted a second time.
import * as z from 'zod'
import { replay } from '../../core/release/advance.ts'
import { announcementOf } from '../../core/release/announcement.ts'
import { Problem } from '../../core/problem.ts'
import { each, orThrow, readable } from '../steps/each.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'journal' | 'outbox' | 'trouble' | 'services' | 'openReleases' | 'history'>

const time = z.iso.datetime().transform((text) => Date.parse(text))
export const GivenUpBatch = z.looseObject({
  DDBStreamBatchInfo: z.looseObject({
    approximateArrivalOfFirstRecord: time,
    approximateArrivalOfLastRecord: time,
  }),
})

/** An event has the time at which its function began, which may be a minute before it was written, and clocks differ. */
const beforeMs = 120_000
const afterMs = 60_000
/** No release is as long as that. */
const longestMs = 40 * 86_400_000

/** @throws what failed first; what could be announced is, by then */
export async function reannounce(
  deps: Deps,
  { DDBStreamBatchInfo: info }: z.output<typeof GivenUpBatch>,
): Promise<void> {
  const fromMs = info.approximateArrivalOfFirstRecord - beforeMs
  const toMs = info.approximateArrivalOfLastRecord + afterMs
  const found = await releasesOf(deps, fromMs, toMs)
  const { done, failed } = await each(
    deps,
    found,
    (releaseId) => ({ releaseId }),
    (releaseId) => announceAgain(deps, releaseId, fromMs, toMs),
  )
  // As in a batch: what nobody can read now will not be readable next time.
  orThrow({
    done,
    failed: failed.filter(({ error }) => !(error instanceof Problem && error.code === 'item_unreadable')),
  })
}

/** Those that may have written something in that time: open ones, and ended ones that began before its end. */
async function releasesOf(deps: Deps, fromMs: number, toMs: number): Promise<readonly string[]> {
  const open = readable(deps, await deps.openReleases.list()).map(({ releaseId }) => releaseId)
  const services = readable(deps, await deps.services.list())
  const listed = await each(
    deps,
    services,
    ({ name }) => ({ service: name }),
    async ({ name }) => readable(deps, await deps.history.between(name, fromMs - longestMs, toMs)),
    10,
  )
  const ended = orThrow(listed)
    .flat()
    .filter(({ settledAtMs }) => settledAtMs === undefined || settledAtMs >= fromMs)
  return [...new Set([...open, ...ended.map(({ releaseId }) => releaseId)])]
}

async function announceAgain(deps: Deps, releaseId: string, fromMs: number, toMs: number): Promise<void> {
  const { events } = await deps.journal.read(releaseId)
  for (const [index, event] of events.entries()) {
    if (event.atMs < fromMs || event.atMs > toMs) continue
    const release = replay(events.slice(0, index + 1))
    const announcement = release === undefined ? undefined : announcementOf(event, release)
    if (announcement === undefined) continue
    await deps.outbox.announce(announcement)
  }
}
