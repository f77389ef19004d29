// The release log in DynamoDB. The item's key is the lock: an event is put only if no item has its key, and is never changed. What
// is changed beside a log, its waiters and its snapshot, has partitions of its own.
import * as z from 'zod'
import { ReleaseEvent } from '../../../core/release/event.ts'
import type { Journal, Waiter } from '../../ports.ts'
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
  waiterBefore,
} from './table.ts'

const StoredWaiter = z.strictObject({ slot: z.string().min(1).max(200), token: z.string().min(1).max(4096) })

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
      const items = await queryItems(table, { pk, between: [sk, lastOf(releaseId)], ...limit })
      return {
        events: items.map((item, index) => readEvent(releaseId, item, afterSeq + index + 1)),
        isWhole: atMost === undefined || items.length < atMost,
      }
    },
    async wait(releaseId, waiter) {
      const { slot, token } = waiter
      await putItem(table, keys.waiter(releaseId, slot), bodyOf({ slot, token }))
    },
    async waiters(releaseId) {
      const before = waiterBefore(releaseId, '')
      const [now, old] = await Promise.all([
        queryItems(table, { pk: keys.waiter(releaseId, '').pk }),
        queryItems(table, { pk: before.pk, prefix: before.sk }),
      ])
      const waiters = now.map((item) => parseBody(StoredWaiter, item))
      const isReplaced = ({ slot }: Waiter): boolean => waiters.some((one) => one.slot === slot)
      return [...waiters, ...old.map((item) => parseBody(StoredWaiter, item)).filter((one) => !isReplaced(one))]
    },
    async keep(releaseId, snapshot) {
      await putItem(table, keys.snapshot(releaseId), { body: { S: snapshot } })
    },
    async kept(releaseId) {
      return (await getItem(table, keys.snapshot(releaseId), true))?.['body']?.S
    },
  }
}

/** The sort key of the last event that a log can have. */
const lastOf = (releaseId: string): string => keys.event(releaseId, 999_999).sk

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
