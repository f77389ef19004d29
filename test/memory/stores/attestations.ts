// Attestations about candidates in memory, by subject and then by author. One takes the place of exactly the one that was read.
import { Attestation } from '../../../core/gate/attestation.ts'
import { listing } from '../../../core/listing.ts'
import type { Attestations } from '../../../cloud/ports.ts'
import { type MemoryTable, unreadable } from './table.ts'

export const attestationsOf = (subject: string): string => `attestation/${subject}`

export function memoryAttestations(table: MemoryTable): Attestations {
  const find = (subject: string, by: string): Attestation => {
    const found = table.get(Attestation, attestationsOf(subject), by)
    if (found?.subject === subject && found.by === by) return found
    throw unreadable(attestationsOf(subject), by, 'it holds what somebody else said')
  }
  return {
    find(subject, by) {
      return Promise.resolve(
        table.get(Attestation, attestationsOf(subject), by) === undefined ? undefined : find(subject, by),
      )
    },
    put(attestation, beforeMs) {
      const { subject, by } = attestation
      if (table.get(Attestation, attestationsOf(subject), by)?.atMs !== beforeMs) return Promise.resolve(false)
      table.set(attestationsOf(subject), by, attestation)
      return Promise.resolve(true)
    },
    of(subjects) {
      const keys = subjects.flatMap((subject) => table.list(attestationsOf(subject)).map((by) => ({ subject, by })))
      return Promise.resolve(
        listing(
          keys,
          ({ subject, by }) => find(subject, by),
          (key) => key,
        ),
      )
    },
  }
}
