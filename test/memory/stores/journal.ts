// The release log in memory. A sequence number is taken once and its event never changes.
import { ReleaseEvent } from '../../../core/release/event.ts'
import type { Journal, Waiter } from '../../../cloud/ports.ts'
import { type MemoryTable, padded, schemaOf, unreadable } from './table.ts'

const StoredWaiter = schemaOf('a waiter', (value): value is Waiter => {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 2) return false
  return 'slot' in value && typeof value.slot === 'string' && 'token' in value && typeof value.token === 'string'
})
const Snapshot = schemaOf('a text', (value): value is string => typeof value === 'string')

export const logOf = (releaseId: string): string => `log/${releaseId}`
export const waitersOf = (releaseId: string): string => `waiters/${releaseId}`
const snapshotOf = (releaseId: string): string => `snapshot/${releaseId}`

export function memoryJournal(table: MemoryTable): Journal {
  return {
    append: (releaseId, event) => Promise.resolve(table.insert(logOf(releaseId), padded(event.seq), event)),
    read(releaseId, { afterSeq = 0, atMost = Number.POSITIVE_INFINITY } = {}) {
      const places = table.list(logOf(releaseId)).filter((sk) => sk > padded(afterSeq))
      const events = places.slice(0, atMost).map((sk, index) => readEvent(table, releaseId, sk, afterSeq + index + 1))
      const isWhole = places.length < atMost
      return Promise.resolve({ events, isWhole })
    },
    wait(releaseId, { slot, token }) {
      table.set(waitersOf(releaseId), slot, { slot, token })
      return Promise.resolve()
    },
    waiters(releaseId) {
      const waiters = table.list(waitersOf(releaseId)).map((slot) => table.get(StoredWaiter, waitersOf(releaseId), slot))
      return Promise.resolve(waiters.filter((waiter) => waiter !== undefined))
    },
    keep(releaseId, snapshot) {
      table.set(snapshotOf(releaseId), '', snapshot)
      return Promise.resolve()
    },
    kept: (releaseId) => Promise.resolve(table.get(Snapshot, snapshotOf(releaseId), '')),
  }
}

/** A log with a gap, or with an event in the wrong position, is not the log that was written. */
function readEvent(table: MemoryTable, releaseId: string, sk: string, seq: number): ReleaseEvent {
  const event = table.get(ReleaseEvent, logOf(releaseId), sk)
  if (event?.seq === seq && sk === padded(seq)) return event
  throw unreadable(logOf(releaseId), padded(seq), 'it is missing, or not that event')
}
