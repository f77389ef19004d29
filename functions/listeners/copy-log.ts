// Copies every new event of a log to a bucket whose objects nobody can change: the second reader of the table's stream. An event
// that comes again has its copy already; if that is another, somebody changed the one or the other, and a person is told.
import * as z from 'zod'
import { copyKey, copyText } from '../../core/copy/log-copy.ts'
import { logKey, type LogPlace, readLogKey, releaseIdForm } from '../../core/release/log-key.ts'
import { Problem } from '../../core/problem.ts'
import { each, orThrow } from '../steps/each.ts'
import type { World } from '../steps/world.ts'
import { GivenUpBatch, inGivenUp, type ReadsGivenUp } from '../sweep/reannounce.ts'
import { changesTeller } from './watch-log.ts'
import { type Answer, type LogRecord, readBatch } from './stream-batch.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'logCopy' | 'pager' | 'emit' | 'trouble'> & ReadsGivenUp

/** At the same time. They are of no order: each has its own object. */
const together = 5

/** @throws Problem `event_invalid` */
export function copyLogHandler(deps: Deps) {
  const tellChanges = changesTeller(deps, 'copyLog')
  return async (event: unknown): Promise<Answer> => {
    const givenUp = GivenUpBatch.safeParse(event)
    if (givenUp.success) {
      await inGivenUp(deps, givenUp.data, async (releaseId, isOfThen) => {
        const items = await deps.journal.items(releaseId)
        const places = items.flatMap(({ sk, body }) => {
          const place = readLogKey({ pk: logKey(releaseId, 1).pk, sk })
          const atMs = timeIn(body)
          return place !== undefined && (atMs === undefined || isOfThen(atMs)) ? [place] : []
        })
        orThrow(await copied(places.map((place) => ({ place, sequenceNumber: '' }))))
      })
      return { batchItemFailures: [] }
    }
    const { failed } = await copied(readBatch(event).filter(({ eventName }) => eventName === 'INSERT'))
    return { batchItemFailures: failed.map(({ item }) => ({ itemIdentifier: item.sequenceNumber })) }
  }

  function copied(records: readonly Omit<LogRecord, 'eventName'>[]) {
    return each(
      deps,
      records,
      ({ place }) => place,
      async ({ place, sequenceNumber }) => {
        const what = await copy(place)
        if (what === undefined) return
        const untold = await tellChanges([{ place, sequenceNumber, what }])
        if (untold !== undefined) throw new Problem('aws_unavailable', `Nobody could be told that event ${what}.`)
      },
      together,
    )
  }

  /** @returns what is wrong with the event, in words that follow its name */
  async function copy({ releaseId, seq }: LogPlace): Promise<string | undefined> {
    // Whatever somebody wrote there, it is no key of an object.
    if (!releaseIdForm.test(releaseId)) return 'is of no release that Tidegate can have made'
    const item = await deps.journal.item(releaseId, seq)
    if (item === undefined) return 'was deleted before it was copied'
    const found = await deps.logCopy.put(copyKey(releaseId, seq), copyText(item))
    return found === 'other' ? 'is another than its copy' : undefined
  }
}

const Timed = z.looseObject({ atMs: z.number() })

/** When the event says that it happened. One that does not say is looked at. */
function timeIn(body: string | undefined): number | undefined {
  try {
    return Timed.safeParse(JSON.parse(body ?? '')).data?.atMs
  } catch {
    return undefined
  }
}
