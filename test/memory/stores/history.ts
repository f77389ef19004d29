// Heads of releases in memory. An older head never replaces a newer one.
import { Head } from '../../../core/release/head.ts'
import { type Listing, listing } from '../../../core/listing.ts'
import type { HeadKey, History } from '../../../cloud/ports.ts'
import { type MemoryTable, padded, unreadable } from './table.ts'

export const historyOf = (service: string): string => `history/${service}`

export function memoryHistory(table: MemoryTable): History {
  const keyOf = ({ requestedAtMs, releaseId }: Head): string => `${padded(requestedAtMs)}#${releaseId}`
  const find = (service: string, sk: string): Head => {
    const head = table.get(Head, historyOf(service), sk)
    if (head?.service === service && keyOf(head) === sk) return head
    throw unreadable(historyOf(service), sk, 'it holds another release')
  }
  const atMsOf = (sk: string): number => Number(sk.split('#')[0])
  const read = (service: string, keys: readonly string[]): Listing<Head, HeadKey> =>
    listing(
      keys,
      (sk) => find(service, sk),
      (sk) => ({ releaseId: sk.split('#')[1] ?? '', requestedAtMs: atMsOf(sk) }),
    )
  return {
    put(head) {
      const there = table.get(Head, historyOf(head.service), keyOf(head))
      if (there === undefined || there.seq <= head.seq) table.set(historyOf(head.service), keyOf(head), head)
      return Promise.resolve()
    },
    list(service, limit, before) {
      const end = before === undefined ? undefined : `${padded(before.requestedAtMs)}#${before.releaseId}`
      const older = table.list(historyOf(service)).filter((sk) => end === undefined || sk < end)
      const newest = older.toReversed().slice(0, Math.max(0, limit))
      return Promise.resolve(read(service, newest))
    },
    between(service, fromMs, toMs) {
      const keys = table.list(historyOf(service)).filter((sk) => atMsOf(sk) >= fromMs && atMsOf(sk) < toMs)
      return Promise.resolve(read(service, keys))
    },
  }
}
