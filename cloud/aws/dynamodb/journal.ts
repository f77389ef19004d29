// The release log in DynamoDB. The item's key is the lock: an event is put only if no item has its key, and is never changed.
// What is changed beside a log, its waiters and its snapshot, has partitions of its own.
import { hash } from 'node:crypto'
import * as z from 'zod'
import { type Digest, firstLink, linkOf } from '../../../core/release/chain.ts'
import { ReleaseEvent } from '../../../core/release/event.ts'
import { eventPrefix } from '../../../core/release/log-key.ts'
import type { Journal, Waiter } from '../../ports.ts'
import {
  bodyOf,
  bodyReader,
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

const digest: Digest = (text) => hash('sha256', text, 'base64url')
/** The attribute that holds the link of the event before. */
const link = 'previous'

/** An event never changes, and each look reads those before it again: of a release of a day, or many short ones at once. */
const readBody = bodyReader(ReleaseEvent, 2_000_000)
const StoredWaiter = z.strictObject({ slot: z.string().min(1).max(200), token: z.string().min(1).max(4096) })

export function awsJournal(table: Table): Journal {
  return {
    async append(releaseId, event, previous) {
      const before = event.seq === 1 ? firstLink(digest, releaseId) : previous
      // Beside the body, because code from before refuses a body with a field that it does not know.
      const item = { ...bodyOf(event), ...(before === undefined ? {} : { [link]: { S: before } }) }
      const refused = await putItem(table, keys.event(releaseId, event.seq), item, ifNew)
      if (refused === undefined) return linkAt(releaseId, event.seq, item)
      // The SDK retries a write whose answer was lost and then finds its own item in the way. In that case the write succeeded.
      const { inTheWay } = refused
      return inTheWay !== undefined && sameBody(inTheWay, item) ? linkAt(releaseId, event.seq, inTheWay) : undefined
    },
    async read(releaseId, { afterSeq = 0, atMost } = {}) {
      const { pk, sk } = keys.event(releaseId, afterSeq + 1)
      const limit = atMost === undefined ? {} : { limit: atMost }
      const items = await queryItems(table, { pk, between: [sk, lastOf(releaseId)], ...limit })
      const last = items.at(-1)
      return {
        events: items.map((item, index) => readEvent(releaseId, item, afterSeq + index + 1)),
        ...(last === undefined ? {} : { link: linkAt(releaseId, afterSeq + items.length, last) }),
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
    async item(releaseId, seq) {
      const item = await getItem(table, keys.event(releaseId, seq))
      return item && logItem(item)
    },
    async items(releaseId) {
      const items = await queryItems(table, { pk: keys.event(releaseId, 1).pk, prefix: eventPrefix })
      return items.map(logItem)
    },
  }
}

const logItem = (item: Item) => ({ sk: keyOf(item).sk, body: item['body']?.S, previous: item[link]?.S })

/** The sort key of the last event that a log can have. */
const lastOf = (releaseId: string): string => keys.event(releaseId, 999_999).sk

/** A log with a gap, or with an event in the wrong position, is not the log that was written. */
function readEvent(releaseId: string, item: Item, seq: number): ReleaseEvent {
  const event = readBody(item)
  const expected = keys.event(releaseId, seq)
  if (keyOf(item).sk !== expected.sk) throw unreadable(expected, 'it is missing from the middle of the log')
  if (event.seq !== seq) throw unreadable(expected, `it holds event ${event.seq}`)
  return event
}

function sameBody(stored: Item, wanted: Item): boolean {
  return stored['body']?.S !== undefined && stored['body'].S === wanted['body']?.S
}

const linkAt = (releaseId: string, seq: number, item: Item): string =>
  linkOf(digest, releaseId, seq, { body: item['body']?.S, previous: item[link]?.S })
