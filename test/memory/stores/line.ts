// Stop-the-line in memory.
import { StoredStop } from '../../../core/gate/stopped-line.ts'
import { listing } from '../../../core/listing.ts'
import { Problem } from '../../../core/problem.ts'
import type { Line } from '../../../cloud/ports.ts'
import type { MemoryTable } from './table.ts'

const linePk = 'line'

export function memoryLine(table: MemoryTable): Line {
  const read = (sk: string) => table.get(StoredStop, linePk, sk)
  return {
    stop(service = '*', stopped) {
      table.set(linePk, service, stopped)
      return Promise.resolve()
    },
    stopFor(service, stopped) {
      const was = read(service)
      if (was === undefined || was.release !== undefined) table.set(linePk, service, stopped)
      return Promise.resolve()
    },
    startFor(service, releaseId) {
      if (read(service)?.release === releaseId) table.delete(linePk, service)
      return Promise.resolve()
    },
    start(service = '*') {
      const was = read(service)
      table.delete(linePk, service)
      return Promise.resolve(was !== undefined)
    },
    stopped(service) {
      const all = read('*')
      const stop = all ?? read(service)
      return Promise.resolve(stop === undefined ? undefined : { ...stop, isAll: all !== undefined })
    },
    list() {
      const about = (sk: string) => (sk === '*' ? {} : { service: sk })
      const found = (sk: string) => {
        const stop = read(sk)
        if (stop === undefined) throw new Problem('item_unreadable', sk)
        return { ...stop, ...about(sk) }
      }
      return Promise.resolve(listing(table.list(linePk), found, about))
    },
  }
}
