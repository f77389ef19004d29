// Applied definitions in memory.
import { listing } from '../../../core/listing.ts'
import { AppliedDefinition } from '../../../core/service/applied.ts'
import type { Definitions } from '../../../cloud/ports.ts'
import { type MemoryTable, padded, unreadable } from './table.ts'

export const definitionsKey = (service: string): string => `definition/${service}`

export function memoryDefinitions(table: MemoryTable): Definitions {
  return {
    add: (seq, applied) => Promise.resolve(table.insert(definitionsKey(applied.service), padded(seq), applied)),
    list(service, atMost) {
      const pk = definitionsKey(service)
      const found = table.list(pk).toReversed().slice(0, atMost)
      const read = (sk: string) => {
        const applied = table.get(AppliedDefinition, pk, sk)
        if (applied === undefined) throw unreadable(pk, sk, 'it is missing')
        return { ...applied, seq: Number(sk) }
      }
      return Promise.resolve(listing(found, read, (sk) => ({ service, seq: Number(sk) })))
    },
  }
}
