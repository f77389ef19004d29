// What a release would provision, before anybody starts it: how much, whether there is room, and what it costs.
import { shareOf } from '../../core/concurrency/need.ts'
import { withoutRoom } from '../../core/concurrency/standing.ts'
import { warmVersions } from '../../core/concurrency/warm.ts'
import { hourlyWords, warmWords } from '../../core/concurrency/words.ts'
import type { Service } from '../../core/service/service.ts'
import { placedIn, type Target } from '../../core/service/target.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'aliases' | 'versions' | 'concurrency' | 'openReleases'>
type Foretold = { readonly isOk: boolean; readonly because: string }

/** @param environments what its definition promises */
export async function foretoldConcurrency(
  deps: Deps,
  service: Service,
  target: Target,
  environments: number,
  version: string | undefined,
): Promise<Foretold> {
  const { functionName } = target
  const place = placedIn(service, target)
  const all = await deps.concurrency.list(functionName)
  // What an earlier release keeps warm is let go of when a newer one begins.
  const kept = warmVersions((await deps.openReleases.all()).warm.filter((one) => one.service === service.name))
  const found = all.filter(({ qualifier }) => qualifier === version || !kept.has(`${functionName}:${qualifier}`))
  const limits = await deps.concurrency.limits(functionName)
  const { routing } = await deps.aliases.read(place)
  const peak = [
    { functionName, version: routing.version, environments },
    { functionName, version: version ?? 'the new version', environments },
  ]
  const [tight] = withoutRoom(peak, new Map([[functionName, found]]), new Map([[functionName, limits]]))
  if (tight !== undefined) return { isOk: false, because: `${tight.message} ${tight.fix}` }
  const { billing } = version === undefined ? {} : await deps.versions.describe(place, version)
  const first = shareOf(environments, service.plan.steps[0]?.weightBp ?? 0)
  const cost = billing === undefined ? '' : `: up to ${hourlyWords(environments, billing)}`
  const warm = warmWords(service, environments, billing)
  const moves = target.moveScaling ? '; what scales that version is moved to the new one then' : ''
  const because = `the new version gets from ${first} to ${environments} environments beside the ${environments} of version ${routing.version}, until the release ends${moves}${cost}${warm}`
  return { isOk: true, because }
}
