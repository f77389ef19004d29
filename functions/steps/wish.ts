// Finds the release of a request: the existing one if it was requested before, or the id and key of a new one.
import type { History, Journal, OpenReleases } from '../../cloud/ports.ts'
import type { Candidate } from '../../core/service/candidate.ts'
import type { ReleaseEvent } from '../../core/release/event.ts'
import { whole } from '../../core/listing.ts'
import { Problem } from '../../core/problem.ts'
import type { ReleaseRequest } from '../../core/release/request.ts'
import { askedBefore, contradiction, knownReleases } from '../../core/queue/wish.ts'
import { latestHeads } from './heads.ts'

type Deps = {
  readonly journal: Journal
  readonly openReleases: OpenReleases
  readonly history: History
  readonly digest: (text: string) => string
}

type Wish = Pick<ReleaseRequest, 'key' | 'provenance' | 'plan' | 'urgent' | 'drill'> & { readonly candidate: Candidate }
type Place = { readonly releaseId: string; readonly key: string; readonly first: ReleaseEvent | undefined }

// How many of the 64 hex digits of the hash go into an id: 80 bits, and more for a collision that somebody has made. With the
// longest name of a service it has 64 characters; Step Functions takes 80 for an execution's name, so a number fits behind it.
const idDigits = [20, 22, 23]
// Ids from before, with 40 bits, which anybody could make collide.
const oldDigits = [10, 16, 22]
// How many of the service's latest releases are searched for the same artifact.
const headsMax = 50

/**
 * @returns `first`: the first event of the log, if the release was requested before
 * @throws Problem `request_reused` when a call reuses a request id for something else, `item_unreadable` when it cannot be
 * determined whether the artifact was requested before
 */
export async function findWish(deps: Deps, service: string, wish: Wish): Promise<Place> {
  const place = await placeOf(deps, service, wish.key)
  const { first } = place
  if (first?.type !== 'requested') return place
  const { eventAtMs, eventId } = wish.provenance
  if (eventAtMs === undefined) {
    const other = contradiction(first, wish)
    if (other === undefined) return place
    throw new Problem('request_reused', `The request ${wish.key.replace(/^call\//, '')} of ${service} ${other}.`)
  }
  if (first.provenance.eventId === eventId && first.provenance.eventAtMs === eventAtMs) return place
  const again = await placeOf(deps, service, `${wish.key}/${eventId ?? eventAtMs}`)
  if (again.first !== undefined) return again
  const [open, heads] = await Promise.all([deps.openReleases.list(service), latestHeads(deps, service, headsMax)])
  // An unreadable item may be the release of this very artifact, so `whole` throws.
  const known = knownReleases(whole(open), whole(heads))
  const releaseId = askedBefore(wish.candidate, eventAtMs, known)
  return releaseId === undefined ? again : { releaseId, key: wish.key, first }
}

/** The release id for a key. Two keys whose hashes begin alike get different ids: the key in the log decides whose an id is. */
async function placeOf(deps: Deps, service: string, key: string): Promise<Place> {
  const hash = deps.digest(`${service}\n${key}`)
  const place = await firstPlace(deps, service, key, hash, idDigits)
  if (place === undefined) throw new Problem('crowded', `No id is left for the request ${key} of ${service}.`)
  if (place.first !== undefined) return place
  const old = await firstPlace(deps, service, key, hash, oldDigits)
  return old?.first === undefined ? place : old
}

/** The first id of these lengths that is the key's, or free. */
async function firstPlace(
  { journal }: Pick<Deps, 'journal'>,
  service: string,
  key: string,
  hash: string,
  lengths: readonly number[],
): Promise<Place | undefined> {
  for (const digits of lengths) {
    const releaseId = `${service}-${hash.slice(0, digits)}`
    const [first] = (await journal.read(releaseId, { atMost: 1 })).events
    if (first === undefined || isOf(first, key)) return { releaseId, key, first }
  }
  return undefined
}

/** Whether a log that begins so is that of the request. */
export const isOf = (first: ReleaseEvent | undefined, key: string): boolean =>
  first?.type === 'requested' && first.key === key
