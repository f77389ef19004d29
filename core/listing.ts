// What a listing of stored items found. An item that cannot be read is left out and named, so that it stops nobody but whom it is
// about. Whoever would take its absence for a fact asks for the whole listing instead.
import { Problem } from './problem.ts'

/** `about` is what the item's key says: it is known although the item is not. */
type Unreadable<About> = { readonly about: About; readonly problem: Problem }
export type Listing<T, About> = { readonly items: readonly T[]; readonly unreadable: readonly Unreadable<About>[] }

/** @param read throws for an item that it cannot understand */
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

/** All that there is, for whoever must not take what cannot be read for what is not there. @throws Problem `item_unreadable` */
export function whole<T>({ items, unreadable: [first] }: Listing<T, unknown>): readonly T[] {
  if (first !== undefined) throw first.problem
  return items
}
