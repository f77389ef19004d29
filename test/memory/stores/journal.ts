// The release log in memory. A sequence number is taken once and its event never changes.
import { hash } from 'node:crypto'
import { type Digest, firstLink, linkOf, type LogItem } from '../../../core/release/chain.ts'
import { ReleaseEvent } from '../../../core/release/event.ts'
import { logKey } from '../../../core/release/log-key.ts'
import type { Journal, Waiter } from '../../../cloud/ports.ts'
import { type MemoryTable, padded, schemaOf, unreadable } from './table.ts'

const digest: Digest = (text) => hash('sha256', text, 'base64url')

const StoredWaiter = schemaOf('a waiter', (value): value is Waiter => {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 2) return false
  return 'slot' in value && typeof value.slot === 'string' && 'token' in value && typeof value.token === 'string'
})
const Snapshot = schemaOf('a text', (value): value is string => typeof value === 'string')

export const logOf = (releaseId: string): string => `log/${releaseId}`
export const waitersOf = (releaseId: string): string => `waiters/${releaseId}`
const snapshotOf = (releaseId: string): string => `snapshot/${releaseId}`

export function memoryJournal(table: MemoryTable): Journal {
  /** What each event's item carries beside it, by release and number. */
  const previous = new Map<string, string | undefined>()
  const itemAt = (releaseId: string, seq: number): Pick<LogItem, 'body' | 'previous'> => ({
    body: table.text(logOf(releaseId), padded(seq)),
    previous: previous.get(`${releaseId} ${seq}`),
  })
  const linkAt = (releaseId: string, seq: number): string => linkOf(digest, releaseId, seq, itemAt(releaseId, seq))
  return {
    append(releaseId, event, before) {
      if (!table.insert(logOf(releaseId), padded(event.seq), event)) return Promise.resolve(undefined)
      const place = `${releaseId} ${event.seq}`
      // The same event again changes nothing.
      if (!previous.has(place)) previous.set(place, event.seq === 1 ? firstLink(digest, releaseId) : before)
      return Promise.resolve(linkAt(releaseId, event.seq))
    },
    read(releaseId, { afterSeq = 0, atMost = Number.POSITIVE_INFINITY } = {}) {
      const places = table.list(logOf(releaseId)).filter((sk) => sk > padded(afterSeq))
      const events = places.slice(0, atMost).map((sk, index) => readEvent(table, releaseId, sk, afterSeq + index + 1))
      const isWhole = places.length < atMost
      const link = events.length === 0 ? {} : { link: linkAt(releaseId, afterSeq + events.length) }
      return Promise.resolve({ events, ...link, isWhole })
    },
    wait(releaseId, { slot, token }) {
      table.set(waitersOf(releaseId), slot, { slot, token })
      return Promise.resolve()
    },
    waiters(releaseId) {
      const waiters = table
        .list(waitersOf(releaseId))
        .map((slot) => table.get(StoredWaiter, waitersOf(releaseId), slot))
      return Promise.resolve(waiters.filter((waiter) => waiter !== undefined))
    },
    keep(releaseId, snapshot) {
      table.set(snapshotOf(releaseId), '', snapshot)
      return Promise.resolve()
    },
    kept: (releaseId) => Promise.resolve(table.get(Snapshot, snapshotOf(releaseId), '')),
    item: (releaseId, seq) =>
      Promise.resolve(
        table.text(logOf(releaseId), padded(seq)) === undefined
          ? undefined
          : { ...logKey(releaseId, seq), ...itemAt(releaseId, seq) },
      ),
    items: (releaseId) =>
      Promise.resolve(
        table
          .list(logOf(releaseId))
          .map((sk) => ({ ...logKey(releaseId, Number(sk)), ...itemAt(releaseId, Number(sk)) })),
      ),
  }
}

/** A log with a gap, or with an event in the wrong position, is not the log that was written. */
function readEvent(table: MemoryTable, releaseId: string, sk: string, seq: number): ReleaseEvent {
  const event = table.get(ReleaseEvent, logOf(releaseId), sk)
  if (event?.seq === seq && sk === padded(seq)) return event
  throw unreadable(logOf(releaseId), padded(seq), 'it is missing, or not that event')
}
