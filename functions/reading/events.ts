// The log of a release, in pages, or as a stream of server-sent events. API Gateway sends no answer before it is whole, and waits
// for 30 seconds at most. So a stream is many answers: each waits a while for new events, and an EventSource asks again, from the
// last event that it has got.
import * as z from 'zod'
import { Problem } from '../../core/problem.ts'
import type { ReleaseEvent } from '../../core/release/event.ts'
import { isSettled } from '../../core/release/release.ts'
import type { World } from '../steps/world.ts'
import { limitOf, nextAfter, nextOf, type Query } from './paging.ts'
import { loadOf } from './releases.ts'

type Deps = Pick<World, 'journal' | 'rest'>
type Asked = {
  readonly service: string
  readonly release: string
  readonly query: Query
  readonly accept: string
  readonly lastEventId?: string | undefined
}

const eventStream = 'text/event-stream'
/** How long a stream waits for news when it is not said, and at most: well before API Gateway gives up. */
const waitUsual = 10
const waitMost = 20
/** Until it asks again. */
const retryMs = 1000
/** Lambda answers with at most 6 MB. */
const answerMost = 1_000_000

const Seq = z.int().min(0).max(99_999)

/** @throws Problem `call_invalid`, `release_missing`, `item_unreadable` */
export async function readEvents(deps: Deps, asked: Asked) {
  const { service, release: releaseId, query, accept, lastEventId } = asked
  const isStream = accept.includes(eventStream)
  const limit = limitOf(query)
  const afterSeq = seqOf(lastEventId) ?? nextOf(query, Seq) ?? 0
  const waitSeconds = waitOf(query) ?? (isStream ? waitUsual : 0)
  const release = await loadOf(deps, service, releaseId)
  const read = async () => (await deps.journal.read(releaseId, { afterSeq, atMost: limit })).events
  let found = await read()
  for (let left = waitSeconds; left > 0 && found.length === 0 && !isSettled(release); left--) {
    await deps.rest(1000)
    found = await read()
  }
  const items = fitting(found)
  if (!isStream)
    return { items, ...nextAfter(items.at(-1)?.seq, found.length === limit || items.length < found.length) }
  // What EventSource takes for the end: it does not ask again.
  if (items.length === 0 && isSettled(release)) return { contentType: eventStream, status: 204, text: '' }
  return { contentType: eventStream, text: [`retry: ${retryMs}\n\n`, ...items.map(sent)].join('') }
}

const sent = (event: ReleaseEvent): string => `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`

/** As many as go into one answer, and one at least. */
function fitting(events: readonly ReleaseEvent[]): readonly ReleaseEvent[] {
  let size = 0
  return events.filter((event, index) => (size += JSON.stringify(event).length) <= answerMost || index === 0)
}

function seqOf(lastEventId: string | undefined): number | undefined {
  if (lastEventId === undefined || lastEventId === '') return undefined
  if (/^\d{1,5}$/.test(lastEventId)) return Number(lastEventId)
  throw new Problem('call_invalid', 'Last-Event-ID is not the id of an event: a whole number.')
}

function waitOf({ wait }: Query): number | undefined {
  if (wait === undefined) return undefined
  if (/^\d{1,2}$/.test(wait) && Number(wait) <= waitMost) return Number(wait)
  throw new Problem('call_invalid', `wait is not valid: give whole seconds, at most ${waitMost}.`)
}
