// Return records in memory.
import { listing } from '../../../core/listing.ts'
import { Problem } from '../../../core/problem.ts'
import { ReturnRecord } from '../../../core/release/return-record.ts'
import type { Returns } from '../../../cloud/ports.ts'
import { type MemoryTable, unreadable } from './table.ts'

export const returnsKey = 'returns'

export function memoryReturns(table: MemoryTable): Returns {
  const read = (releaseId: string): ReturnRecord | undefined => {
    const record = table.get(ReturnRecord, returnsKey, releaseId)
    if (record === undefined || record.releaseId === releaseId) return record
    throw unreadable(returnsKey, releaseId, 'it holds the record of another release')
  }
  const readThere = (releaseId: string): ReturnRecord => {
    const record = read(releaseId)
    if (record === undefined) throw unreadable(returnsKey, releaseId, 'it is gone')
    return record
  }
  const readOrProblem = (releaseId: string): ReturnRecord | Problem | undefined => {
    try {
      return read(releaseId)
    } catch (error) {
      if (error instanceof Problem) return error
      throw error
    }
  }
  return {
    put(record) {
      const there = readOrProblem(record.releaseId)
      if (there === undefined || there instanceof Problem || there.ended === undefined)
        table.set(returnsKey, record.releaseId, record)
      return Promise.resolve()
    },
    get: (releaseId) => Promise.resolve().then(() => read(releaseId)),
    list() {
      const all = listing(table.list(returnsKey), readThere, (releaseId) => ({ releaseId }))
      return Promise.resolve({ ...all, items: all.items.filter((record) => record.ended === undefined) })
    },
    end(record) {
      table.set(returnsKey, record.releaseId, record)
      return Promise.resolve()
    },
    remove(releaseId) {
      table.delete(returnsKey, releaseId)
      return Promise.resolve()
    },
  }
}
