// Watches after a promotion, in memory.
import { Watch } from '../../core/watch/watch.ts'
import type { Watches } from '../../cloud/ports.ts'
import { listing } from '../../core/listing.ts'
import type { MemoryTable } from './stores/table.ts'

export const watchKey = 'watches'

export function memoryWatches(table: MemoryTable): Watches {
  const find = (key: string) => table.get(Watch, watchKey, key)
  return {
    put(watch) {
      const key = `${watch.service}#${watch.releaseId}`
      const before = find(key)
      const isNext = watch.rev === 1 ? before === undefined : before?.rev === watch.rev - 1
      if (isNext) table.set(watchKey, key, watch)
      return Promise.resolve(isNext || JSON.stringify(before) === JSON.stringify(Watch.parse(watch)))
    },
    list: (service) =>
      Promise.resolve(
        listing(
          table.list(watchKey).filter((key) => service === undefined || key.startsWith(`${service}#`)),
          (key) => find(key) as Watch,
          (key) => ({ service: key.split('#')[0] ?? '', releaseId: key.split('#')[1] ?? '' }),
        ),
      ),
    remove({ service, releaseId }) {
      table.delete(watchKey, `${service}#${releaseId}`)
      return Promise.resolve()
    },
  }
}
