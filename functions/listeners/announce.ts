// Announces what happened to releases, and emits their metrics. The log is the outbox: the table's stream delivers each event of
// a release in order, and repeats it until it has been sent. It also delivers every other change of a log, which nobody may make:
// a person is told (watch-log.ts).
import { advance, replay } from '../../core/release/advance.ts'
import { announcementOf } from '../../core/release/announcement.ts'
import type { ReleaseEvent } from '../../core/release/event.ts'
import type { LogPlace } from '../../core/release/log-key.ts'
import { putBackAlonePage } from '../../core/release/pages.ts'
import { isMeasured, isMeasuredByAll, metricsOf } from '../../core/measures/metric.ts'
import { isAway, Problem } from '../../core/problem.ts'
import type { Release } from '../../core/release/release.ts'
import { withoutReadings } from '../../core/release/snapshot.ts'
import { asOf, linkToAnnounce, remember } from '../steps/log.ts'
import { type Answer, readBatch } from './stream-batch.ts'
import { changesTeller, changeIn } from './watch-log.ts'
import { noteDown, noteUp } from '../sweep/outages.ts'
import { GivenUpBatch, reannounce } from '../sweep/reannounce.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'outages' | 'outbox' | 'pager' | 'log' | 'emit' | 'trouble'> &
  Parameters<typeof reannounce>[0]

/** @throws Problem `event_invalid` */
export function announceHandler(deps: Deps) {
  const tellChanges = changesTeller(deps, 'announce')
  // Unknown at first, because this environment may have started in the middle of an outage.
  let isUp = false
  return async (event: unknown): Promise<Answer> => {
    const givenUp = GivenUpBatch.safeParse(event)
    if (givenUp.success) {
      await reannounce(deps, givenUp.data)
      return { batchItemFailures: [] }
    }
    const records = readBatch(event)
    // First of all: a person must not wait for a bus that does not answer.
    const untold = await tellChanges(records.flatMap((record) => changeIn(record)))
    if (untold !== undefined) return { batchItemFailures: [{ itemIdentifier: untold }] }
    const tellers = new Map<string, Teller>()
    for (const { place, sequenceNumber } of records.filter(({ eventName }) => eventName === 'INSERT')) {
      try {
        const teller = tellers.get(place.releaseId) ?? (await tellerOf(deps, place))
        tellers.set(place.releaseId, teller)
        await announce(deps, teller, place)
      } catch (error) {
        deps.trouble(error, place)
        // An unreadable item will not become readable by retrying, and must not block the announcements of other releases.
        if (!(error instanceof Problem && error.code === 'item_unreadable')) {
          isUp = false
          if (isBus(error)) await told(deps, () => noteDown(deps, 'EventBridge', error.message))
          return { batchItemFailures: [{ itemIdentifier: sequenceNumber }] }
        }
      }
    }
    if (!isUp) isUp = await told(deps, () => noteBack(deps))
    return { batchItemFailures: [] }
  }
}

/** A release before its first event in this batch, and its events from there on. */
type Teller = { readonly release: Release | undefined; readonly events: readonly ReleaseEvent[] }

/** Each release in a batch is read once; earlier events are usually still in this function's memory. */
async function tellerOf(deps: Deps, { releaseId, seq }: LogPlace): Promise<Teller> {
  const release = await asOf(deps, releaseId, seq)
  const { events } = await deps.journal.read(releaseId, { afterSeq: release?.seq ?? 0 })
  return { release, events }
}

async function announce(deps: Deps, { release: before, events }: Teller, place: LogPlace): Promise<void> {
  const { releaseId, seq } = place
  const index = seq - 1 - (before?.seq ?? 0)
  const event = events[index]
  const sofar = events.slice(0, index + 1)
  const release = before === undefined ? replay(sofar) : sofar.reduce(advance, before)
  if (release === undefined || event === undefined) {
    throw new Problem('item_unreadable', `Event ${seq} of release ${releaseId} is missing.`)
  }
  // A person does not wait for the bus. Who gets an event twice is told once.
  if (event.type === 'moved' && event.purpose === 'putBack')
    await deps.pager.page(putBackAlonePage(release), release.service.planned)
  const announcement = announcementOf(event, release, await linkToAnnounce(deps, releaseId, event))
  if (announcement !== undefined) await deps.outbox.announce(announcement)
  // Only after the announcement has gone out, so that a retry does not count the event twice.
  if (isMeasured(event)) {
    const isAll = before === undefined || !isMeasuredByAll(event)
    const whole = isAll ? sofar : (await deps.journal.read(releaseId)).events.slice(0, seq)
    for (const metric of metricsOf(whole, release)) deps.emit(metric)
  }
  remember(deps, withoutReadings({ release, readFromMs: 0 }, Number.POSITIVE_INFINITY))
}

/** Only EventBridge failures count here. The sweep reports failures of the table. */
const isBus = (error: unknown): error is Problem => isAway(error) && error.message.includes('events:PutEvents')

async function noteBack(deps: Deps): Promise<void> {
  const away = (await deps.outages.list()).find((outage) => outage.part === 'EventBridge')
  if (away !== undefined) await noteUp(deps, away)
}

/** A failure to report the outage must not stop announcements. @returns whether the report succeeded */
async function told(deps: Deps, telling: () => Promise<void>): Promise<boolean> {
  try {
    await telling()
    return true
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    deps.log(error.line)
    return false
  }
}
