// Places in a concurrency group are numbered leases, held until the release is settled. There is no counter that could get out of
// step.
import type { Release } from '../../core/release/release.ts'
import type { Service } from '../../core/service/service.ts'
import { isOver, takeLease } from './lease.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'leases' | 'journal'>

/** Lease names of the places; no service name can start with `#`. */
const placesOf = ({ gates: { concurrency } }: Service): readonly string[] =>
  concurrency === undefined ? [] : placesIn(concurrency)

type Group = { readonly group: string; readonly max: number }
const placesIn = ({ group, max }: Group): readonly string[] =>
  Array.from({ length: max }, (_, index) => `#${group}/${index + 1}`)

/** Whether a release that begins now would find a free place. */
export async function isPlaceFree(deps: Deps, service: Service): Promise<boolean> {
  const places = placesOf(service)
  const holders = await Promise.all(places.map((place) => deps.leases.holder(place)))
  if (places.length === 0 || holders.includes(undefined)) return true
  const over = await Promise.all(holders.map(async (holder) => holder !== undefined && (await isOver(deps, holder))))
  return over.includes(true)
}

/** @returns whether the release has a place now, or needs none. Calling again finds the place that it already has. */
export async function takePlace(deps: Deps, release: Release): Promise<boolean> {
  if (placesOf(release.service).length === 0) return true
  const has = await findPlace(deps, release)
  // If the release ended meanwhile, its settling cannot have dropped a place taken after it, so drop it here.
  if (has && (await isOver(deps, release.id))) await leavePlace(deps, release)
  return has
}

async function findPlace(deps: Deps, { id, service }: Release): Promise<boolean> {
  const places = placesOf(service)
  const holders = await Promise.all(places.map((place) => deps.leases.holder(place)))
  if (holders.includes(id)) return true
  const free = places.filter((_, index) => holders[index] === undefined)
  // Check the holders' logs only if no place is free, because reading them is expensive.
  for (const place of free) if ((await deps.leases.take(place, id)) === id) return true
  const over = await Promise.all(holders.map(async (holder) => holder !== undefined && (await isOver(deps, holder))))
  for (const place of places.filter((_, index) => over[index]))
    if ((await takeLease(deps, place, id)) === id) return true
  return false
}

export async function leavePlace(deps: Pick<Deps, 'leases'>, { id, service }: Release): Promise<void> {
  const { concurrency } = service.gates
  if (concurrency !== undefined) await leavePlaces(deps, concurrency, id)
}

export async function leavePlaces(deps: Pick<Deps, 'leases'>, group: Group, releaseId: string): Promise<void> {
  for (const place of placesIn(group)) await deps.leases.drop(place, releaseId)
}
