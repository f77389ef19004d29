// Releases that wait for a place in a concurrency group, in memory.
import type { WaitingLists } from '../../../cloud/ports.ts'
import { type MemoryTable, padded } from './table.ts'

export function memoryWaitingLists(table: MemoryTable): WaitingLists {
  const listOf = (group: string): string => `waiting/${group}`
  return {
    add(group, { requestedAtMs, id }) {
      table.set(listOf(group), `${padded(requestedAtMs)}#${id}`, true)
      return Promise.resolve()
    },
    remove(group, { requestedAtMs, id }) {
      table.delete(listOf(group), `${padded(requestedAtMs)}#${id}`)
      return Promise.resolve()
    },
    first: (group, count) =>
      Promise.resolve(
        table
          .list(listOf(group))
          .slice(0, count)
          .map((sk) => ({ requestedAtMs: Number(sk.slice(0, 15)), id: sk.slice(16) })),
      ),
  }
}
