// Where the traffic of a release would go back to, and whether it can: as its page says it, with the versions as data.
import type { Release } from '../../core/release/release.ts'
import { backOf } from '../../core/view/release/steering.ts'
import { besideOf } from '../../functions/views/release.ts'
import type { Backend } from '../backend/backend.ts'

type WayBack = {
  /** What putting it back means, or why it is not possible. */
  readonly sentence: string
  /** The version that gets all traffic, by function; absent if it cannot be put back. */
  readonly to?: Readonly<Record<string, string>>
}

export async function wayBack(backend: Backend, release: Release): Promise<WayBack> {
  const { inCharge } = await besideOf(backend, release, 0)
  const { sentence, order } = backOf(release, inCharge)
  if (order === undefined) return { sentence }
  const targets = release.targets.filter(({ lost }) => !lost)
  return { sentence, to: Object.fromEntries(targets.map(({ functionName, stable }) => [functionName, stable])) }
}

/** Functions and versions have forms of their own, without spaces (core/location.ts, core/service/routing.ts). */
export const placesWords = (to: Readonly<Record<string, string>>): string =>
  Object.entries(to)
    .map(([name, version]) => `${name} to version ${version}`)
    .join(', ')

export const wayBackWords = ({ id, service }: Release, { to }: WayBack): readonly string[] =>
  to === undefined
    ? ['put_back would be refused: `back` in the data says why.']
    : [
        `put_back would move all traffic: ${placesWords(to)}. Its arguments: ${JSON.stringify({ service: service.name, release: id, to })}, and a reason.`,
      ]
