// Leases of services, and places in concurrency groups, which are numbered leases. Settling a release drops everything that it
// holds. A late call, or one that died halfway, may take a lease after that. Such a lease blocks nobody, because whoever meets it
// checks the holder's log.
import type { Leases } from '../../cloud/ports.ts'
import { insteadOf, Problem } from '../../core/problem.ts'
import { isSettled } from '../../core/release/release.ts'
import { load, type Loaded } from './log.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'journal' | 'leases'>

/** The log of a release; `undefined` when there is none. */
export const loadIfThere = (deps: Pick<Deps, 'journal'>, releaseId: string): Promise<Loaded | undefined> =>
  load(deps, releaseId).catch(insteadOf('release_missing', undefined))

/** Like `loadIfThere`, but also `undefined` for a log that cannot be read. */
export const loadIfReadable = (deps: Pick<Deps, 'journal'>, releaseId: string): Promise<Loaded | undefined> =>
  loadIfThere(deps, releaseId).catch(insteadOf('item_unreadable', undefined))

/**
 * Whether the release has ended or has no log; then its leases are free. If its log cannot be read, that is unknown, so the
 * answer is no.
 */
export async function isOver(deps: Pick<Deps, 'journal'>, releaseId: string): Promise<boolean> {
  try {
    const loaded = await loadIfThere(deps, releaseId)
    return loaded === undefined || isSettled(loaded.release)
  } catch (error) {
    if (error instanceof Problem && error.code === 'item_unreadable') return false
    throw error
  }
}

/** The release that holds the service's lease, ended or not; `undefined` when the lease is free, or its holder has no log. */
async function holderOf(deps: Deps, service: string): Promise<Loaded | undefined> {
  const holder = await deps.leases.holder(service)
  return holder === undefined ? undefined : loadIfThere(deps, holder)
}

/** The release that may move the service's aliases now. */
export async function liveHolder(deps: Deps, service: string): Promise<Loaded | undefined> {
  const loaded = await holderOf(deps, service)
  return loaded === undefined || isSettled(loaded.release) ? undefined : loaded
}

/**
 * Takes the lease `name` if it is free, or if its holder is over. Afterwards the caller must read its own log, and drop the lease
 * if its release has settled meanwhile: settling drops what is held at that time, but not what is taken later.
 * @returns who holds it now
 */
export async function takeLease(
  deps: Pick<Deps, 'journal'> & { readonly leases: Leases },
  name: string,
  releaseId: string,
): Promise<string> {
  const holder = await deps.leases.take(name, releaseId)
  if (holder === releaseId || !(await isOver(deps, holder))) return holder
  await deps.leases.drop(name, holder)
  return deps.leases.take(name, releaseId)
}
