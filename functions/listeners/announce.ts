// Tells the world what happened to a release, and counts it. The log is the outbox: the table's stream brings each
// event that was written, in the order in which a release wrote them, again and again until it has been sent.
import * as z from 'zod'
import { advance, replay } from '../../core/release/advance.ts'
import { announcementOf } from '../../core/release/announcement.ts'
import type { ReleaseEvent } from '../../core/release/event.ts'
import { readLogKey } from '../../core/release/log-key.ts'
import { isMeasured, metricsOf } from '../../core/measures/metric.ts'
import { isAway, issuesSentence, Problem } from '../../core/problem.ts'
import type { Release } from '../../core/release/release.ts'
import { withoutReadings } from '../../core/release/snapshot.ts'
import { asOf, remember } from '../steps/log.ts'
import { noteDown, noteUp } from '../sweep/outages.ts'
import { GivenUpBatch, reannounce } from '../sweep/reannounce.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'outages' | 'outbox' | 'pager' | 'log' | 'emit' | 'trouble'> &
  Parameters<typeof reannounce>[0]
type Place = { readonly releaseId: string; readonly seq: number }

const Text = z.looseObject({ S: z.string().max(2048) })
/** What Lambda hands over of a stream; the mapping's filter lets through new events of releases only. */
const StreamBatch = z.looseObject({
  Records: z
    .array(
      z.looseObject({
        dynamodb: z.looseObject({
          SequenceNumber: z.string().max(40),
          Keys: z.looseObject({ pk: Text, sk: Text }),
        }),
      }),
    )
    .max(10_000),
})

/** From this record on, Lambda sends the batch again: what follows waits, so that order is kept. */
type Answer = { readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] }

/** @throws Problem `event_invalid` */
export function announceHandler(deps: Deps) {
  // Unknown at first: the function may have been replaced in the middle of an outage.
  let isUp = false
  return async (event: unknown): Promise<Answer> => {
    const givenUp = GivenUpBatch.safeParse(event)
    if (givenUp.success) {
      await reannounce(deps, givenUp.data)
      return { batchItemFailures: [] }
    }
    const parsed = StreamBatch.safeParse(event)
    if (!parsed.success)
      throw new Problem('event_invalid', `Not a batch of a stream: ${issuesSentence(parsed.error.issues)}.`)
    const tellers = new Map<string, Teller>()
    for (const { dynamodb } of parsed.data.Records) {
      const place = readLogKey({ pk: dynamodb.Keys.pk.S, sk: dynamodb.Keys.sk.S })
      if (place === undefined) continue
      try {
        const teller = tellers.get(place.releaseId) ?? (await tellerOf(deps, place))
        tellers.set(place.releaseId, teller)
        await announce(deps, teller, place)
      } catch (error) {
        deps.trouble(error, place)
        // What nobody can read will not be readable next time, and must not keep others from being heard of.
        if (!(error instanceof Problem && error.code === 'item_unreadable')) {
          isUp = false
          if (isBus(error)) await told(deps, () => noteDown(deps, 'EventBridge', error.message))
          return { batchItemFailures: [{ itemIdentifier: dynamodb.SequenceNumber }] }
        }
      }
    }
    if (!isUp) isUp = await told(deps, () => noteBack(deps))
    return { batchItemFailures: [] }
  }
}

/** A release before the first event of the batch that is told of, and its events since. */
type Teller = { readonly release: Release | undefined; readonly events: readonly ReleaseEvent[] }

/** One reading for each release of a batch: what this function has told of before, it has read before. */
async function tellerOf(deps: Deps, { releaseId, seq }: Place): Promise<Teller> {
  const release = await asOf(deps, releaseId, seq)
  const { events } = await deps.journal.read(releaseId, { afterSeq: release?.seq ?? 0 })
  return { release, events }
}

async function announce(deps: Deps, { release: before, events }: Teller, place: Place): Promise<void> {
  const { releaseId, seq } = place
  const index = seq - 1 - (before?.seq ?? 0)
  const event = events[index]
  const sofar = events.slice(0, index + 1)
  const release = before === undefined ? replay(sofar) : sofar.reduce(advance, before)
  if (release === undefined || event === undefined) {
    throw new Problem('item_unreadable', `Event ${seq} of release ${releaseId} is not there.`)
  }
  const announcement = announcementOf(event, release)
  if (announcement !== undefined) await deps.outbox.announce(announcement)
  // Once it is out, it is not tried again, and not counted twice.
  if (isMeasured(event)) {
    const whole = before === undefined ? sofar : (await deps.journal.read(releaseId)).events.slice(0, seq)
    for (const metric of metricsOf(whole, release)) deps.emit(metric)
  }
  remember(deps, withoutReadings({ release, readFromMs: 0 }, Number.POSITIVE_INFINITY))
}

/** The table fails here as well, which is told by the sweep. */
const isBus = (error: unknown): error is Problem => isAway(error) && error.message.includes('events:PutEvents')

async function noteBack(deps: Deps): Promise<void> {
  const away = (await deps.outages.list()).find((outage) => outage.part === 'EventBridge')
  if (away !== undefined) await noteUp(deps, away)
}

/** Telling of it must not keep events from going out. @returns whether that is done */
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
