// The queue of a service: who waits for its lease, in the order of their turns. Whatever is asked of it is one small read,
// however many wait. The log decides whether a release waits; an entry only says where to look.
import { entryOf, goesBefore, type QueueEntry, takesPlaces } from '../../core/queue/admission.ts'
import { Problem } from '../../core/problem.ts'
import { isWaiting, type Release } from '../../core/release/release.ts'
import { type Service, waitingMost } from '../../core/service/service.ts'
import { isOver, loadIfReadable } from './lease.ts'
import type { Loaded } from './log.ts'
import { wake } from './waiting.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'journal' | 'queues'>

/**
 * Puts a new release into the queue. It looks before and after, because many may come at the same moment.
 * @throws Problem `queue_full`; then it is not in the queue
 */
export async function enqueue({ queues }: Pick<Deps, 'queues'>, service: Service, entry: QueueEntry): Promise<void> {
  if (takesPlaces(entry)) return queues.add(service.name, entry)
  const most = waitingMost(service)
  const full = (): Problem =>
    new Problem('queue_full', `${most} releases of ${service.name} wait already, and policy.waitingMost is ${most}.`)
  // Also by an entry of an attempt that failed.
  const isAmong = (first: readonly QueueEntry[]): boolean =>
    first.some(({ releaseId }) => releaseId === entry.releaseId)
  const before = await queues.first(service.name, most)
  if (before.length >= most && !isAmong(before)) throw full()
  await queues.add(service.name, entry)
  if (isAmong(await queues.first(service.name, most))) return
  await queues.remove(service.name, entry)
  throw full()
}

/** For a release that has begun, or will not begin. */
export const dequeue = ({ queues }: Pick<Deps, 'queues'>, release: Release): Promise<void> =>
  queues.remove(release.service.name, entryOf(release))

// Usually the first one waits. Others are there because a function died before it could take them out.
const lookedAt = 5

/** The release that has its turn next, or that has its turn before `own`. */
export async function nextInQueue(deps: Deps, service: string, own?: QueueEntry): Promise<Loaded | undefined> {
  const before = (entries: readonly QueueEntry[]) => entries.filter((one) => own === undefined || goesBefore(one, own))
  const first = await deps.queues.first(service, lookedAt)
  const found = await firstWaiting(deps, service, before(first))
  if (found !== undefined || before(first).length < lookedAt) return found
  return firstWaiting(deps, service, before(await deps.queues.first(service)))
}

/** What cannot be read is left to the sweep, and so is an entry without a log: its request has only just arrived. */
async function firstWaiting(deps: Deps, service: string, entries: readonly QueueEntry[]): Promise<Loaded | undefined> {
  for (const entry of entries) {
    const loaded = await loadIfReadable(deps, entry.releaseId)
    if (loaded === undefined) continue
    if (isEntryOf(entry, loaded.release)) return loaded
    await deps.queues.remove(service, entry)
  }
  return undefined
}

/** Whether the release waits, and this is its entry. A request that was accepted twice may have left another one. */
export const isEntryOf = ({ requestedAtMs }: QueueEntry, release: Release): boolean =>
  isWaiting(release) && release.requestedAtMs === requestedAtMs

/** Wakes the next release, and no other, unless one is live: that one wakes the next when it ends. */
export async function wakeNext(deps: Deps & Pick<World, 'leases' | 'executions'>, service: string): Promise<void> {
  const holder = await deps.leases.holder(service)
  if (holder !== undefined && !(await isOver(deps, holder))) return
  const next = await nextInQueue(deps, service)
  if (next !== undefined) await wake(deps, next)
}
