// What dynalite holds in memory for good, and need not. Measured with a release every ten minutes (npm run bench:memory).
import { createRequire } from 'node:module'

type Iterator = { close(): Promise<void>; return?: (this: Iterator) => Promise<void> }
type Level = { values(): Iterator; close(): Promise<void> }

let isDone = false

/** For all tables of this process. */
export function holdLittle(): void {
  if (isDone) return
  isDone = true
  letIteratorsEnd()
  // Node cuts small buffers out of slabs of 64 kB, and one key or item that stays keeps its slab: 10 MB an hour.
  Buffer.poolSize = 1024
}

/**
 * Dynalite ends its readings by calling `return` of an iterator, which abstract-level calls `close`; so each Query and Scan
 * stayed open with all that the table held at its time: 20 MB an hour. Here iterators get the name that dynalite knows, the
 * very ones that it uses, wherever they are installed.
 */
function letIteratorsEnd(): void {
  const require = createRequire(import.meta.resolve('dynalite'))
  const { MemoryLevel } = require('memory-level') as { MemoryLevel: new () => Level }
  const level = new MemoryLevel()
  for (let kind: unknown = level.values(); kind !== null; kind = Object.getPrototypeOf(kind)) {
    const found = kind as Iterator
    if (!Object.hasOwn(found, 'close')) continue
    found.return ??= function (this: Iterator) {
      return this.close()
    }
  }
  void level.close()
}
