// Turns in memory: from when each queue is free.
import type { Turns } from '../../../cloud/ports.ts'
import { type MemoryTable, schemaOf } from './table.ts'

const Time = schemaOf('a time', (value): value is number => typeof value === 'number')
export const turnsKey = 'turns'
const longestMs = 2 * 86_400_000

/** An unreadable value is replaced. */
function readTime(table: MemoryTable, queue: string): number | undefined {
  try {
    return table.get(Time, turnsKey, queue)
  } catch {
    return undefined
  }
}

export function memoryTurns(table: MemoryTable): Turns {
  return {
    take(queue, fromMs, lengthMs) {
      const freeAtMs = readTime(table, queue) ?? fromMs
      const beginsMs = freeAtMs >= fromMs && freeAtMs <= fromMs + longestMs ? freeAtMs : fromMs
      table.set(turnsKey, queue, beginsMs + lengthMs)
      return Promise.resolve(beginsMs)
    },
  }
}
