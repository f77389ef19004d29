// The result of listing stored items. An item that cannot be read is left out and reported, so that it blocks only what it is
// about. A caller that would be wrong to treat such an item as absent uses `whole` instead.
import { Problem } from './problem.ts'

/** `about` comes from the item's key, so it is known even when the item cannot be read. */
type Unreadable<About> = { readonly about: About; readonly problem: Problem }
export type Listing<T, About> = { readonly items: readonly T[]; readonly unreadable: readonly Unreadable<About>[] }

/** @param read throws for an item that it cannot parse */
export function listing<Found, T, About>(
  found: readonly Found[],
  read: (one: Found) => T,
  about: (one: Found) => About,
): Listing<T, About> {
  const items: T[] = []
  const unreadable: Unreadable<About>[] = []
  for (const one of found) {
    try {
      items.push(read(one))
    } catch (error) {
      unreadable.push({ about: about(one), problem: asUnreadable(error) })
    }
  }
  return { items, unreadable }
}

function asUnreadable(error: unknown): Problem {
  if (error instanceof Problem) return error
  const sentence = error instanceof Error ? error.message : String(error)
  return new Problem('item_unreadable', `A stored item cannot be read: ${sentence}.`, { cause: error })
}

/** All items, for a caller that must not mistake an unreadable item for a missing one. @throws Problem `item_unreadable` */
export function whole<T>({ items, unreadable: [first] }: Listing<T, unknown>): readonly T[] {
  if (first !== undefined) throw first.problem
  return items
}
