// Heads of a service's releases. A head is a projection of the log, so an unreadable head is rebuilt from its log.
import { type Head, headOf } from '../../core/release/head.ts'
import type { Listing } from '../../core/listing.ts'
import type { HeadKey } from '../../cloud/ports.ts'
import { load } from './log.ts'
import type { World } from './world.ts'

/** Newest first. An entry that is still unreadable has an unreadable log too. */
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
