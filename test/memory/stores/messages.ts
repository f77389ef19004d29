// Messages in memory.
import { listing } from '../../../core/listing.ts'
import { Kept, Told } from '../../../core/message/kept.ts'
import { Sent } from '../../../core/message/sent.ts'
import type { Messages } from '../../../cloud/ports.ts'
import { type MemoryTable, padded } from './table.ts'

export const messagesKey = 'messages'
const toldKey = 'told'
const sentKey = 'sent'

export function memoryMessages(table: MemoryTable): Messages {
  const get = (key: string): Kept | undefined => table.get(Kept, messagesKey, key)
  return {
    keep: (kept) =>
      Promise.resolve().then(() => {
        const { key } = kept.page
        if (table.text(messagesKey, key) !== undefined) return get(key)
        table.set(messagesKey, key, kept)
        return undefined
      }),
    replace(kept) {
      if (table.text(messagesKey, kept.page.key) !== undefined) table.set(messagesKey, kept.page.key, kept)
      return Promise.resolve()
    },
    get: (key) => Promise.resolve().then(() => get(key)),
    list: () =>
      Promise.resolve().then(() =>
        listing(
          table.list(messagesKey),
          (key) => get(key) as Kept,
          (key) => ({ key }),
        ),
      ),
    remove(key) {
      table.delete(messagesKey, key)
      return Promise.resolve()
    },
    told: (key) => Promise.resolve().then(() => table.get(Told, toldKey, key)),
    setTold(key, told) {
      table.set(toldKey, key, told)
      return Promise.resolve()
    },
    claim: (key, atMs, sinceMs) =>
      Promise.resolve().then(() => {
        const before = table.get(Told, toldKey, key)
        if (before !== undefined && before.atMs >= sinceMs) return false
        table.set(toldKey, key, { atMs })
        return true
      }),
    noteSent(sent) {
      table.set(sentKey, `${padded(sent.atMs)}#${sent.key}`, sent)
      return Promise.resolve()
    },
    recent: (limit) =>
      Promise.resolve().then(() =>
        listing(
          table.list(sentKey).toReversed().slice(0, limit),
          (key) => table.get(Sent, sentKey, key) as Sent,
          (key) => ({ key }),
        ),
      ),
  }
}
