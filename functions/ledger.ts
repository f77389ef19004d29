// Reading a release and adding to its log: read, decide, append at the next free place; if somebody else was there
// first, read again and decide again.
import type { Journal, Waiter } from '../cloud/ports.ts'
import { advance, replay } from '../core/advance.ts'
import { type NewEvent, ReleaseEvent } from '../core/event.ts'
import type { Listing } from '../core/listing.ts'
import { issuesSentence, Problem } from '../core/problem.ts'
import type { Release } from '../core/release.ts'

export type Loaded = { readonly release: Release; readonly waiters: readonly Waiter[] }
type Deps = { readonly journal: Journal }
type Id = { readonly releaseId: string }

/** Every release of a listing, also those whose own item cannot be read: their log tells who they are. */
export const idsOf = <T extends Id>({ items, unreadable }: Listing<T, Id>): readonly string[] =>
  [...items, ...unreadable.map(({ about }) => about)].map(({ releaseId }) => releaseId)

// Every writer that loses a place has let another one win it; more rounds than writers means something is broken.
const roundsMax = 20

/** @throws Problem `release_missing` when there is no such log, `item_unreadable` when it cannot be understood. */
export async function load(deps: Deps, releaseId: string): Promise<Loaded> {
  const { events, waiters } = await deps.journal.read(releaseId)
  if (events.length === 0) throw new Problem('release_missing', `There is no release ${releaseId}.`)
  const release = replay(events)
  if (release === undefined) throw new Problem('item_unreadable', `The log of release ${releaseId} has no beginning.`)
  return { release, waiters }
}

/**
 * Appends what `decide` wants, and returns the release after it. `decide` is asked again whenever the log has grown
 * meanwhile; `undefined` means that there is nothing to add any more.
 * @throws Problem `crowded` when the place is lost again and again
 */
export async function record(
  deps: Deps,
  loaded: Loaded,
  decide: (release: Release) => NewEvent | undefined,
): Promise<Loaded> {
  let current = loaded
  for (let round = 0; round < roundsMax; round++) {
    const wanted = decide(current.release)
    if (wanted === undefined) return current
    const event = numbered(wanted, current.release.seq + 1)
    if (await deps.journal.append(current.release.id, event)) {
      return { ...current, release: advance(current.release, event) }
    }
    current = await load(deps, current.release.id)
  }
  throw new Problem('crowded', `Release ${loaded.release.id} is written by too many at once.`)
}

/** The event at its place in the log. What we could not read again is refused before it is written. */
export function numbered(event: NewEvent, seq: number): ReleaseEvent {
  const parsed = ReleaseEvent.safeParse({ v: 1, seq, ...event })
  if (parsed.success) return parsed.data
  throw new Error(`bug: an event of type ${event.type} is not valid: ${issuesSentence(parsed.error.issues)}`)
}
