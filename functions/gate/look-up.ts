// What the gates decide by, looked up now: the line, the calendar, what is left of the error budgets, what is attested of the
// candidate. Gates are those of the service as it is defined today, not as it was when the release was asked for: a freeze
// that begins today is meant for what waits.
import type { GateBudget, LookedUp } from '../../core/gate/facts.ts'
import type { Gates } from '../../core/service/gates.ts'
import { Problem } from '../../core/problem.ts'
import type { Release } from '../../core/release/release.ts'
import type { Service } from '../../core/service/service.ts'
import { attestedOf } from './attested.ts'
import { budgetsLeft } from '../budgets/left.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'services' | 'line' | 'budgets' | 'versions' | 'attestations'>

export async function lookUp(deps: Deps, release: Release): Promise<LookedUp> {
  const { service } = release
  const [today, stopped] = await Promise.all([asDefinedToday(deps, service), deps.line.stopped(service.name)])
  const budgets: readonly GateBudget[] = await budgetsLeft(deps, today)
  const attested = await attestedOf(deps, release)
  const signed = today.gates.provenance.signed ? await isSigned(deps, release) : undefined
  return {
    nowMs: deps.clock.nowMs(),
    gates: gatesOf(today, service),
    stopped,
    budgets,
    full: false,
    attested,
    signed,
  }
}

/** A place is left in the group in which it was taken. */
const gatesOf = (today: Service, { gates: { concurrency } }: Service): Gates => {
  const { concurrency: _, ...gates } = today.gates
  return concurrency === undefined ? gates : { ...gates, concurrency }
}

/** A service that nobody defines any more keeps what its release began with. */
export async function asDefinedToday(deps: Pick<World, 'services'>, service: Service): Promise<Service> {
  try {
    return await deps.services.get(service.name)
  } catch (error) {
    if (error instanceof Problem && error.code === 'service_missing') return service
    throw error
  }
}

/** Every version that is to get traffic; absent while an artifact has not become one. */
async function isSigned(deps: Deps, { service, targets, candidate }: Release): Promise<boolean | undefined> {
  const places =
    targets.length > 0
      ? targets.map((target) => ({ place: target, version: target.candidate }))
      : candidate.kind === 'versions'
        ? service.targets.map((place) => ({ place, version: candidate.versions[place.functionName] ?? '' }))
        : undefined
  if (places === undefined) return undefined
  const taking = places.filter(({ version }) => version !== '')
  const states = await Promise.all(taking.map(({ place, version }) => deps.versions.describe(place, version)))
  return states.every(({ isSigned: signed }) => signed === true)
}
