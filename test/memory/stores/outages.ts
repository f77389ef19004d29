// Outages of AWS services in memory.
import { Outage } from '../../../core/release/outage.ts'
import type { Outages } from '../../../cloud/ports.ts'
import type { MemoryTable } from './table.ts'

const outagesKey = 'outages'

export function memoryOutages(table: MemoryTable): Outages {
  return {
    list: () =>
      Promise.resolve().then(() => table.list(outagesKey).flatMap((part) => table.get(Outage, outagesKey, part) ?? [])),
    put(outage) {
      table.set(outagesKey, outage.part, outage)
      return Promise.resolve()
    },
    remove(part) {
      table.delete(outagesKey, part)
      return Promise.resolve()
    },
  }
}
