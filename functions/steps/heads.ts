// Heads of a service's releases. A head is a projection of its release's log: of one that cannot be read the log says the same.
import { type Head, headOf } from '../../core/release/head.ts'
import type { Listing } from '../../core/listing.ts'
import type { HeadKey } from '../../cloud/ports.ts'
import { load } from './log.ts'
import type { World } from './world.ts'

/** Newest first. What is left unreadable has a log that cannot be read either. */
export async function latestHeads(
  deps: Pick<World, 'history' | 'journal'>,
  service: string,
  limit: number,
): Promise<Listing<Head, HeadKey>> {
  const { items, unreadable } = await deps.history.list(service, limit)
  const found = await Promise.all(
    unreadable.map((one) =>
      load(deps, one.about.releaseId).then(
        ({ release }) => headOf(release),
        () => one,
      ),
    ),
  )
  const heads = [...items, ...found.filter((one) => 'releaseId' in one)]
  return {
    items: heads.toSorted((a, b) => b.requestedAtMs - a.requestedAtMs || (a.releaseId < b.releaseId ? 1 : -1)),
    unreadable: found.filter((one) => 'problem' in one),
  }
}
