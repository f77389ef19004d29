// Who waits behind whom while a release of the service is live: the order of the turns, whose place a release takes, and whether
// it waits at all. An entry of the queue says all that this takes, so nobody reads the logs of those that wait.
import type { NewEvent } from '../release/event.ts'
import { isWayBack, watchName } from '../release/head.ts'
import { isLive, isPastOneWay, isWaiting, type Release } from '../release/release.ts'

/** In the order of their turns: rollbacks, security fixes, everything else. */
export const lanes = ['back', 'urgent', 'usual'] as const
type Lane = (typeof lanes)[number]

export const whileLives = ['queue', 'coalesce', 'supersede', 'refuse'] as const

/** A release in the queue of its service. */
export type QueueEntry = {
  readonly releaseId: string
  readonly requestedAtMs: number
  readonly lane: Lane
  /** The policy that it was requested with. */
  readonly whileLive: (typeof whileLives)[number]
}

type Asked = Pick<Release, 'id' | 'key' | 'urgent' | 'requestedAtMs' | 'service' | 'fixes'>

/** A forward fix goes first, as a rollback does: it is the way out of a freeze that has no way back. */
export const entryOf = ({ id, key, urgent, requestedAtMs, service, fixes }: Asked): QueueEntry => ({
  releaseId: id,
  requestedAtMs,
  lane: isWayBack({ key }) || fixes !== undefined ? 'back' : urgent ? 'urgent' : 'usual',
  whileLive: service.policy.whileLive,
})

const wasAskedFor = (a: QueueEntry, before: QueueEntry): boolean =>
  a.requestedAtMs < before.requestedAtMs || (a.requestedAtMs === before.requestedAtMs && a.releaseId < before.releaseId)

/** Whether `a` has its turn before `b`. */
export function goesBefore(a: QueueEntry, b: QueueEntry): boolean {
  const lead = lanes.indexOf(b.lane) - lanes.indexOf(a.lane)
  return lead === 0 ? wasAskedFor(a, b) : lead > 0
}

/** Whether it may take the place of others. */
export const takesPlaces = ({ lane, whileLive }: QueueEntry): boolean =>
  lane !== 'usual' || whileLive === 'supersede' || whileLive === 'coalesce'

/** How far a release has come that may be replaced: `preparing` has the lease, and nothing has changed yet. */
type Stage = 'waiting' | 'preparing' | 'begun'

/** `undefined` once nobody can replace it any more. */
export function stageOf(release: Release): Stage | undefined {
  // Past a one-way step it could not make room: it would have to go back.
  if (!isLive(release) || isPastOneWay(release)) return undefined
  if (isWaiting(release)) return 'waiting'
  return release.state.phase === 'preparing' ? 'preparing' : 'begun'
}

/** Whether `newer` takes the place of `older`. */
export function replaces(newer: QueueEntry, older: QueueEntry, stage: Stage): boolean {
  // Of two that were asked for at the same moment, the one that has the lease is the older.
  const isOlder = wasAskedFor(older, newer) || (stage !== 'waiting' && older.requestedAtMs === newer.requestedAtMs)
  // Only a person may undo what a person has put back.
  if (!isOlder || older.lane === 'back') return false
  // Whoever waits may still be wanted after a rollback. Whoever has begun is what the rollback would have ended.
  if (newer.lane === 'back') return stage !== 'waiting'
  // A security fix waits for nobody.
  if (newer.lane === 'urgent') return true
  if (older.lane === 'urgent') return false
  if (newer.whileLive === 'supersede') return true
  // What has not been prepared has changed nothing, and what it would bring is in the newer one.
  return newer.whileLive === 'coalesce' && stage !== 'begun'
}

/** A way back that no person has ordered. */
export const isUnordered = ({ key, provenance }: Pick<Release, 'key' | 'provenance'>): boolean =>
  isWayBack({ key }) && provenance.requestedBy === watchName

/** What becomes of it when `holder` goes first; `undefined` when nothing is new. */
export function behind(release: Release, holder: string, atMs: number): NewEvent | undefined {
  const { service, state } = release
  if (!isWaiting(release)) return undefined
  if (service.policy.whileLive === 'refuse' && entryOf(release).lane === 'usual') {
    const because = `Release ${holder} of ${service.name} is live, and policy.whileLive is refuse.`
    return { type: 'refused', atMs, outcome: 'rejected', code: 'service_busy', because }
  }
  if (isUnordered(release)) {
    const because = `Release ${holder} of ${service.name} came first, and a watch undoes only the release that it watches.`
    return { type: 'refused', atMs, outcome: 'rejected', code: 'service_busy', because }
  }
  const isKnown = state.phase === 'queued' && state.behind === holder
  return isKnown ? undefined : { type: 'queued', atMs, behind: holder }
}
