// Places in a concurrency group: leases with numbers. Whoever has one keeps it until the release is settled; there is no
// count that could be wrong.
import type { Release } from '../../core/release/release.ts'
import type { Service } from '../../core/service/service.ts'
import { isOver, takeLease } from './lease.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'leases' | 'journal'>

/** What they are called: no service is called like this. */
const placesOf = ({ gates: { concurrency } }: Service): readonly string[] =>
  concurrency === undefined ? [] : placesIn(concurrency)

type Group = { readonly group: string; readonly max: number }
const placesIn = ({ group, max }: Group): readonly string[] =>
  Array.from({ length: max }, (_, index) => `#${group}/${index + 1}`)

/** Whether a release that began now would find one. */
export async function isPlaceFree(deps: Deps, service: Service): Promise<boolean> {
  const places = placesOf(service)
  const holders = await Promise.all(places.map((place) => deps.leases.holder(place)))
  if (places.length === 0 || holders.includes(undefined)) return true
  const over = await Promise.all(holders.map(async (holder) => holder !== undefined && (await isOver(deps, holder))))
  return over.includes(true)
}

/** @returns whether the release has a place now, or needs none; the one that it has is found again */
export async function takePlace(deps: Deps, release: Release): Promise<boolean> {
  if (placesOf(release.service).length === 0) return true
  const has = await findPlace(deps, release)
  // If it has ended while it was asked about, nobody else leaves a place that was taken after that.
  if (has && (await isOver(deps, release.id))) await leavePlace(deps, release)
  return has
}

async function findPlace(deps: Deps, { id, service }: Release): Promise<boolean> {
  const places = placesOf(service)
  const holders = await Promise.all(places.map((place) => deps.leases.holder(place)))
  if (holders.includes(id)) return true
  const free = places.filter((_, index) => holders[index] === undefined)
  // Only when there is none is it worth a look at the logs of those who hold one.
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
