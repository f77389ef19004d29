// Places in a concurrency group: leases with numbers. Whoever has one keeps it until the release is settled; there is no
// count that could be wrong.
import type { Leases } from '../cloud/ports.ts'
import type { Release } from '../core/release.ts'
import type { Service } from '../core/service.ts'

type Deps = { readonly leases: Leases }

/** No service is called like this. */
const placesOf = ({ gates: { concurrency } }: Service): readonly string[] =>
  concurrency === undefined
    ? []
    : Array.from({ length: concurrency.max }, (_, index) => `#${concurrency.group}/${index + 1}`)

/** Whether a release that began now would find one. */
export async function isPlaceFree(deps: Deps, service: Service): Promise<boolean> {
  const places = placesOf(service)
  const holders = await Promise.all(places.map((place) => deps.leases.holder(place)))
  return places.length === 0 || holders.includes(undefined)
}

/** @returns whether the release has a place now, or needs none; the one that it has is found again */
export async function takePlace(deps: Deps, { id, service }: Release): Promise<boolean> {
  const places = placesOf(service)
  const holders = await Promise.all(places.map((place) => deps.leases.holder(place)))
  if (places.length === 0 || holders.includes(id)) return true
  for (const [index, place] of places.entries()) {
    if (holders[index] === undefined && (await deps.leases.take(place, id)) === id) return true
  }
  return false
}

export async function leavePlace(deps: Deps, { id, service }: Release): Promise<void> {
  for (const place of placesOf(service)) await deps.leases.drop(place, id)
}
