// Tells the world what happened to a release, and counts it. The log is the outbox: the table's stream brings each event that was written,
// in the order in which a release wrote them, again and again until it has been sent.
import * as z from 'zod'
import { replay } from '../core/advance.ts'
import { announcementOf } from '../core/announcement.ts'
import { metricsOf } from '../core/metric.ts'
import { readLogKey } from '../core/log-key.ts'
import { issuesSentence, Problem } from '../core/problem.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'journal' | 'outbox' | 'measure' | 'trouble'>

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
  return async (event: unknown): Promise<Answer> => {
    const parsed = StreamBatch.safeParse(event)
    if (!parsed.success)
      throw new Problem('event_invalid', `Not a batch of a stream: ${issuesSentence(parsed.error.issues)}.`)
    for (const { dynamodb } of parsed.data.Records) {
      const place = readLogKey({ pk: dynamodb.Keys.pk.S, sk: dynamodb.Keys.sk.S })
      if (place === undefined) continue
      try {
        await announce(deps, place)
      } catch (error) {
        deps.trouble(error, place)
        // What nobody can read will not be readable next time, and must not keep others from being heard of.
        if (!(error instanceof Problem && error.code === 'item_unreadable'))
          return { batchItemFailures: [{ itemIdentifier: dynamodb.SequenceNumber }] }
      }
    }
    return { batchItemFailures: [] }
  }
}

async function announce(deps: Deps, { releaseId, seq }: { releaseId: string; seq: number }): Promise<void> {
  const { events } = await deps.journal.read(releaseId)
  const sofar = events.slice(0, seq)
  const release = replay(sofar)
  const event = events[seq - 1]
  if (release === undefined || event === undefined) {
    throw new Problem('item_unreadable', `Event ${seq} of release ${releaseId} is not there.`)
  }
  const announcement = announcementOf(event, release)
  if (announcement !== undefined) await deps.outbox.announce(announcement)
  // Once it is out, it is not tried again, and not counted twice.
  for (const metric of metricsOf(sofar, release)) deps.measure(metric)
}
