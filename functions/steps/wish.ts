// Finds the release of a wish: the one that was asked for already, or the id and the key of a new one.
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

type Wish = Pick<ReleaseRequest, 'key' | 'provenance' | 'plan' | 'urgent'> & { readonly candidate: Candidate }
type Place = { readonly releaseId: string; readonly key: string; readonly first: ReleaseEvent | undefined }

// Of a hash of 64 digits. A shorter id is easier to type; a longer one is for the wish whose id another one has already.
const idDigits = [10, 16, 22]
// Among so many of the last releases of the service the same artifact is looked for.
const headsMax = 50

/**
 * @returns `first` is the first event of the log when the release has been asked for already
 * @throws Problem `request_reused` when a call names a request id that has asked for something else,
 * `item_unreadable` when nobody can tell whether the artifact was asked for
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
  // One that cannot be read may be the release of this very artifact.
  const known = knownReleases(whole(open), whole(heads))
  const releaseId = askedBefore(wish.candidate, eventAtMs, known)
  return releaseId === undefined ? again : { releaseId, key: wish.key, first }
}

/** Where the log of a key is: two keys whose hashes begin alike have ids of their own. */
async function placeOf(deps: Deps, service: string, key: string): Promise<Place> {
  const hash = deps.digest(`${service}\n${key}`)
  for (const digits of idDigits) {
    const releaseId = `${service}-${hash.slice(0, digits)}`
    const [first] = (await deps.journal.read(releaseId, { atMost: 1 })).events
    if (first === undefined || (first.type === 'requested' && first.key === key)) return { releaseId, key, first }
  }
  throw new Problem('crowded', `No id is left for the request ${key} of ${service}.`)
}
