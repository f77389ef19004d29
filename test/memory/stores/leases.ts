// Leases in memory: taking and dropping them is conditional on the holder.
import { listing } from '../../../core/listing.ts'
import type { Leases } from '../../../cloud/ports.ts'
import { type MemoryTable, schemaOf } from './table.ts'

const Holder = schemaOf('a holder', (value): value is string => typeof value === 'string' && value !== '')
const leasesKey = 'leases'

export function memoryLeases(table: MemoryTable): Leases {
  const holder = (service: string): string | undefined => table.get(Holder, leasesKey, service)
  return {
    take(service, releaseId) {
      table.insert(leasesKey, service, releaseId)
      return Promise.resolve(holder(service) ?? releaseId)
    },
    hand(service, from, to) {
      if (holder(service) === from) table.delete(leasesKey, service)
      table.insert(leasesKey, service, to)
      return Promise.resolve(holder(service) ?? to)
    },
    drop(service, releaseId) {
      if (holder(service) === releaseId) table.delete(leasesKey, service)
      return Promise.resolve()
    },
    holder: (service) => Promise.resolve(holder(service)),
    list: () =>
      Promise.resolve(
        listing(
          table.list(leasesKey),
          (name) => ({ name, holder: holder(name) ?? '' }),
          (name) => ({ name }),
        ),
      ),
  }
}
