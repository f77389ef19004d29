// Releases that wait for the lease of their service, in memory: for each service a list that is kept in order.
import { goesBefore, type QueueEntry } from '../../../core/queue/admission.ts'
import type { Queues } from '../../../cloud/ports.ts'

export function memoryQueues(): Queues {
  const queues = new Map<string, QueueEntry[]>()
  const of = (service: string): QueueEntry[] => {
    const queue = queues.get(service) ?? []
    queues.set(service, queue)
    return queue
  }
  /** Where the entry is, or where it belongs. */
  const indexOf = (queue: readonly QueueEntry[], entry: QueueEntry): number => {
    let [from, to] = [0, queue.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if (goesBefore(queue[middle]!, entry)) from = middle + 1
      else to = middle
    }
    return from
  }
  return {
    add(service, entry) {
      const queue = of(service)
      const index = indexOf(queue, entry)
      if (!isSame(queue[index], entry)) queue.splice(index, 0, { ...entry })
      return Promise.resolve()
    },
    remove(service, entry) {
      const queue = of(service)
      const index = indexOf(queue, entry)
      if (isSame(queue[index], entry)) queue.splice(index, 1)
      return Promise.resolve()
    },
    first: (service, count) => Promise.resolve(of(service).slice(0, count)),
    newest: (service, lane) => Promise.resolve(of(service).findLast((entry) => entry.lane === lane)),
    list: () =>
      Promise.resolve([...queues.keys()].sort().flatMap((service) => of(service).map((entry) => ({ service, entry })))),
  }
}

const isSame = (a: QueueEntry | undefined, b: QueueEntry): boolean =>
  a?.releaseId === b.releaseId &&
  a.requestedAtMs === b.requestedAtMs &&
  a.lane === b.lane &&
  a.whileLive === b.whileLive
