// The copy of the logs in memory.
import type { LogCopy } from '../../cloud/ports.ts'

export function memoryLogCopy(copies: Map<string, string>): LogCopy {
  return {
    put(key, text) {
      const there = copies.get(key)
      if (there === undefined) copies.set(key, text)
      return Promise.resolve(there === undefined ? 'written' : there === text ? 'same' : 'other')
    },
  }
}
