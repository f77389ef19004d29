// The release log in DynamoDB. The item's key is the lock: an event is put only if no item has its key, and is never changed.
import * as z from 'zod'
import { ReleaseEvent } from '../../../core/release/event.ts'
import { eventPrefix } from '../../../core/release/log-key.ts'
import type { Journal } from '../../ports.ts'
import {
  bodyOf,
  getItem,
  ifNew,
  type Item,
  keyOf,
  keys,
  parseBody,
  putItem,
  queryItems,
  type Table,
  unreadable,
  waitPrefix,
} from './table.ts'

const StoredWaiter = z.strictObject({ slot: z.string().min(1).max(200), token: z.string().min(1).max(4096) })
// Sorts after the events and the waiters.
const end = 'X'

export function awsJournal(table: Table): Journal {
  return {
    async append(releaseId, event) {
      const refused = await putItem(table, keys.event(releaseId, event.seq), bodyOf(event), ifNew)
      // The SDK retries a write whose answer was lost and then finds its own item in the way. In that case the write succeeded.
      return refused === undefined || sameBody(refused.inTheWay, bodyOf(event))
    },
    async read(releaseId, { afterSeq = 0, atMost } = {}) {
      const { pk, sk } = keys.event(releaseId, afterSeq + 1)
      const limit = atMost === undefined ? {} : { limit: atMost }
      const items = await queryItems(table, { pk, between: [sk, end], ...limit })
      const events = items.filter((item) => keyOf(item).sk.startsWith(eventPrefix))
      const waiters = items.filter((item) => keyOf(item).sk.startsWith(waitPrefix))
      return {
        events: events.map((item, index) => readEvent(releaseId, item, afterSeq + index + 1)),
        waiters: waiters.map((item) => parseBody(StoredWaiter, item)),
        isWhole: atMost === undefined || items.length < atMost,
      }
    },
    async wait(releaseId, waiter) {
      const { slot, token } = waiter
      await putItem(table, keys.waiter(releaseId, slot), bodyOf({ slot, token }))
    },
    async keep(releaseId, snapshot) {
      await putItem(table, keys.snapshot(releaseId), { body: { S: snapshot } })
    },
    async kept(releaseId) {
      return (await getItem(table, keys.snapshot(releaseId), true))?.['body']?.S
    },
  }
}

/** A log with a gap, or with an event in the wrong position, is not the log that was written. */
function readEvent(releaseId: string, item: Item, seq: number): ReleaseEvent {
  const event = parseBody(ReleaseEvent, item)
  const expected = keys.event(releaseId, seq)
  if (keyOf(item).sk !== expected.sk) throw unreadable(expected, 'it is missing from the middle of the log')
  if (event.seq !== seq) throw unreadable(expected, `it holds event ${event.seq}`)
  return event
}

function sameBody(stored: Item | undefined, wanted: Item): boolean {
  return stored?.['body']?.S !== undefined && stored['body'].S === wanted['body']?.S
}
