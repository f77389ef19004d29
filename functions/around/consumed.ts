// Whether the queues and mappings are there that a service names for its consumers. A guard on nothing is silent, and a
// dead-letter queue that is silent is taken to be empty: so a release does not begin with one.
import { missingWords, otherFunctionWords, type Source, sourcesOf, strayWords } from '../../core/consumers/sources.ts'
import type { Place } from '../../core/location.ts'
import { Problem } from '../../core/problem.ts'
import type { Service } from '../../core/service/service.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'consumed' | 'home'>

const namedMost = 5

/** @throws Problem `consumed_missing`, `permission_denied` */
export async function checkConsumed(deps: Deps, { signals }: Service, places: readonly Place[]): Promise<void> {
  const found = await Promise.all(
    places.flatMap((place) =>
      sourcesOf(signals.consumers ?? [], place.functionName).map((source) => wrongIn(deps, place, source)),
    ),
  )
  const wrong = found.filter((words) => words !== undefined)
  if (wrong.length === 0) return
  const more = wrong.length > namedMost ? ` And ${wrong.length - namedMost} more.` : ''
  throw new Problem('consumed_missing', `${wrong.slice(0, namedMost).join(' ')}${more}`)
}

async function wrongIn({ consumed, home }: Deps, place: Place, source: Source): Promise<string | undefined> {
  const { functionName } = place
  const stray = strayWords(source, functionName, home)
  if (stray !== undefined) return stray
  if (source.field !== 'mapping')
    return (await consumed.hasQueue(place, source.name)) ? undefined : missingWords(source, functionName, home)
  const invoked = await consumed.invokedBy(place, source.name)
  return invoked === undefined
    ? missingWords(source, functionName, home)
    : otherFunctionWords(source, functionName, invoked)
}
