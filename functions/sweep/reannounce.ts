// Announces a stream batch again that Lambda gave up on. Its record in the queue does not hold the events, only when they were
// written. So everything that the log has from that time is announced again, in order for each release. Most of it was sent
// before, but a repeated event keeps its id. Metrics are not emitted again.
import * as z from 'zod'
import { replay } from '../../core/release/advance.ts'
import { announcementOf } from '../../core/release/announcement.ts'
import { Problem } from '../../core/problem.ts'
import { each, orThrow, readable } from '../steps/each.ts'
import { linkToAnnounce } from '../steps/log.ts'
import type { World } from '../steps/world.ts'

/** To find out what a batch was about. */
export type ReadsGivenUp = Pick<World, 'trouble' | 'services' | 'openReleases' | 'history'>
type Deps = Pick<World, 'journal' | 'outbox'> & ReadsGivenUp

const time = z.iso.datetime().transform((text) => Date.parse(text))
export const GivenUpBatch = z.looseObject({
  DDBStreamBatchInfo: z.looseObject({
    approximateArrivalOfFirstRecord: time,
    approximateArrivalOfLastRecord: time,
  }),
})

/** An event carries the time at which its function began, which may be a minute before the write, and clocks differ. */
const beforeMs = 120_000
const afterMs = 60_000
/** Longer than any release. */
const longestMs = 40 * 86_400_000

type GivenUp = z.output<typeof GivenUpBatch>

/** @throws the first failure, after everything that can be announced has been */
export const reannounce = (deps: Deps, batch: GivenUp): Promise<void> =>
  inGivenUp(deps, batch, (releaseId, isOfThen) => announceAgain(deps, releaseId, isOfThen))

/**
 * Does something for each release that may have written what a batch held.
 * @param work also gets whether an event of a time may have been in it
 * @throws the first failure, after the others have had their turn
 */
export async function inGivenUp(
  deps: ReadsGivenUp,
  { DDBStreamBatchInfo: info }: GivenUp,
  work: (releaseId: string, isOfThen: (atMs: number) => boolean) => Promise<void>,
): Promise<void> {
  const fromMs = info.approximateArrivalOfFirstRecord - beforeMs
  const toMs = info.approximateArrivalOfLastRecord + afterMs
  const isOfThen = (atMs: number): boolean => atMs >= fromMs && atMs <= toMs
  const found = await releasesOf(deps, fromMs, toMs)
  const { done, failed } = await each(
    deps,
    found,
    (releaseId) => ({ releaseId }),
    (releaseId) => work(releaseId, isOfThen),
  )
  // As in a batch, skip unreadable items: a retry would not make them readable.
  orThrow({
    done,
    failed: failed.filter(({ error }) => !(error instanceof Problem && error.code === 'item_unreadable')),
  })
}

/** Releases that may have written in that time: open ones, and ended ones that began before its end. */
async function releasesOf(deps: ReadsGivenUp, fromMs: number, toMs: number): Promise<readonly string[]> {
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

async function announceAgain(deps: Deps, releaseId: string, isOfThen: (atMs: number) => boolean): Promise<void> {
  const { events } = await deps.journal.read(releaseId)
  for (const [index, event] of events.entries()) {
    if (!isOfThen(event.atMs)) continue
    const release = replay(events.slice(0, index + 1))
    const link = await linkToAnnounce(deps, releaseId, event)
    const announcement = release === undefined ? undefined : announcementOf(event, release, link)
    if (announcement === undefined) continue
    await deps.outbox.announce(announcement)
  }
}
