// Open releases in memory, each once.
import type { Warm } from '../../../core/concurrency/warm.ts'
import { ReleaseEvent } from '../../../core/release/event.ts'
import { Head } from '../../../core/release/head.ts'
import { listing } from '../../../core/listing.ts'
import type { OpenKey, OpenRelease, OpenReleases } from '../../../cloud/ports.ts'
import { type MemoryTable, unreadable } from './table.ts'

const [RequestedEvent] = ReleaseEvent.options
const StoredOpen = Head.pick({ releaseId: true, service: true, requestedAtMs: true }).extend({
  requested: RequestedEvent,
})
export const openKey = 'open'

function aboutOpen(sk: string): OpenKey {
  const [service = '', releaseId = ''] = sk.split('#')
  return { service, releaseId }
}

export function memoryOpenReleases(table: MemoryTable): OpenReleases {
  const keyOf = (service: string, releaseId: string): string => `${service}#${releaseId}`
  const find = (sk: string): OpenRelease => {
    const open = table.get(StoredOpen, openKey, sk)
    if (open !== undefined && keyOf(open.service, open.releaseId) === sk) return open
    throw unreadable(openKey, sk, 'it holds another release')
  }
  const kept = new Map<string, Warm>()
  const openOnes = (prefix = '') => table.list(openKey, prefix).filter((sk) => !kept.has(sk))
  return {
    add({ releaseId, service, requestedAtMs, requested }) {
      table.insert(openKey, keyOf(service, releaseId), { releaseId, service, requestedAtMs, requested })
      return Promise.resolve()
    },
    remove({ service, releaseId }) {
      table.delete(openKey, keyOf(service, releaseId))
      kept.delete(keyOf(service, releaseId))
      return Promise.resolve()
    },
    get({ service, releaseId }) {
      const sk = keyOf(service, releaseId)
      return Promise.resolve(table.text(openKey, sk) === undefined ? undefined : find(sk))
    },
    keys: () => Promise.resolve(openOnes().map(aboutOpen)),
    page({ atMost, after }) {
      const last = after === undefined ? '' : keyOf(after.service, after.releaseId)
      const later = openOnes().filter((sk) => sk > last)
      return Promise.resolve(listing(later.slice(0, atMost), find, aboutOpen))
    },
    list(service) {
      const found = listing(openOnes(service === undefined ? '' : `${service}#`), find, aboutOpen)
      const items = found.items.toSorted(
        (a, b) => a.requestedAtMs - b.requestedAtMs || (a.releaseId < b.releaseId ? -1 : 1),
      )
      return Promise.resolve({ ...found, items })
    },
    all(service) {
      const isAsked = (one: { readonly service: string }): boolean => service === undefined || one.service === service
      const warm = [...kept.values()].filter(isAsked)
      return Promise.resolve({ open: openOnes().map(aboutOpen).filter(isAsked), warm })
    },
    keepWarm(warm) {
      const sk = keyOf(warm.service, warm.releaseId)
      if (table.text(openKey, sk) !== undefined) kept.set(sk, warm)
      return Promise.resolve()
    },
  }
}
