// Who waits behind whom while a release of the service is live: which ones were asked for before it, whose place it takes, and
// whether it waits at all. functions/tasks/admit.ts reads what this decides by, and writes what it says.
import type { NewEvent } from '../release/event.ts'
import { isLive, isWaiting, type Release } from '../release/release.ts'

/** An open release of the service, as the listing of them has it. */
type Asked = { readonly releaseId: string; readonly requestedAtMs: number }

/**
 * The open releases that were asked for before it, oldest first.
 * @param damaged those whose entry cannot be read: when they were asked for, their logs say; one that has none is left out
 * @param holder who has the lease
 */
export function olderThan(
  { id, requestedAtMs }: Pick<Release, 'id' | 'requestedAtMs'>,
  listed: readonly Asked[],
  damaged: readonly (Pick<Release, 'id' | 'requestedAtMs'> | undefined)[],
  holder: string | undefined,
): readonly string[] {
  const known = damaged
    .filter((one) => one !== undefined)
    .map((one): Asked => ({ releaseId: one.id, requestedAtMs: one.requestedAtMs }))
  // Of two that were asked for at the same moment, the one that has the lease is the older.
  const isBefore = ({ releaseId }: Asked): boolean => id !== holder && (releaseId === holder || releaseId < id)
  const isOlder = (one: Asked): boolean =>
    one.requestedAtMs < requestedAtMs || (one.requestedAtMs === requestedAtMs && isBefore(one))
  return [...listed, ...known]
    .filter(isOlder)
    .toSorted((a, b) => a.requestedAtMs - b.requestedAtMs)
    .map(({ releaseId }) => releaseId)
}

/** Whether it may take the place of others: only then their logs are of interest. */
export const takesPlaces = ({ urgent, service: { policy } }: Pick<Release, 'urgent' | 'service'>): boolean =>
  urgent || policy.whileLive === 'supersede' || policy.whileLive === 'coalesce'

/** Whether it takes the place of an older one. A security fix waits for nobody. */
export function isReplacedBy({ urgent, service: { policy } }: Release, older: Release): boolean {
  if (!isLive(older)) return false
  if (urgent) return true
  if (older.urgent) return false
  if (policy.whileLive === 'supersede') return true
  // What has not been prepared has changed nothing, and what it would bring is in the newer one.
  return policy.whileLive === 'coalesce' && ['requested', 'queued', 'preparing'].includes(older.state.phase)
}

/** What becomes of it when `holder` goes first; `undefined` when nothing is new. */
export function behind(release: Release, holder: string, atMs: number): NewEvent | undefined {
  const { service, urgent, state } = release
  if (!isWaiting(release)) return undefined
  if (service.policy.whileLive === 'refuse' && !urgent) {
    const because = `Release ${holder} of ${service.name} is live, and policy.whileLive is refuse.`
    return { type: 'refused', atMs, outcome: 'rejected', code: 'service_busy', because }
  }
  const isKnown = state.phase === 'queued' && state.behind === holder
  return isKnown ? undefined : { type: 'queued', atMs, behind: holder }
}
