// Looks up the facts that the gates decide on: the stopped line, the calendar, the error budgets, and what is attested about the
// candidate. It uses the gates of the service as defined today, not as defined when the release was requested: a freeze that
// starts today must hold releases that are already waiting.
import type { GateBudget, LookedUp } from '../../core/gate/facts.ts'
import type { Gates } from '../../core/service/gates.ts'
import { Problem } from '../../core/problem.ts'
import type { Release } from '../../core/release/release.ts'
import type { Service } from '../../core/service/service.ts'
import { placedIn } from '../../core/service/target.ts'
import { attestedOf } from './attested.ts'
import { budgetsLeft } from '../budgets/left.ts'
import type { World } from '../steps/world.ts'
import { own } from '../../core/own.ts'

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

/** The concurrency group stays the one in which the release took its place, so that it also leaves that one. */
const gatesOf = (today: Service, { gates: { concurrency } }: Service): Gates => {
  const { concurrency: _, ...gates } = today.gates
  return concurrency === undefined ? gates : { ...gates, concurrency }
}

/** A service whose definition was removed keeps the definition that its release began with. */
export async function asDefinedToday(deps: Pick<World, 'services'>, service: Service): Promise<Service> {
  try {
    return await deps.services.get(service.name)
  } catch (error) {
    if (error instanceof Problem && error.code === 'service_missing') return service
    throw error
  }
}

/** True if every version that is to get traffic is signed; `undefined` while an artifact has no version yet. */
async function isSigned(deps: Deps, { service, targets, candidate }: Release): Promise<boolean | undefined> {
  const places =
    targets.length > 0
      ? targets.map((target) => ({ place: target, version: target.candidate }))
      : candidate.kind === 'versions'
        ? service.targets.map((place) => ({ place, version: own(candidate.versions, place.functionName) ?? '' }))
        : undefined
  if (places === undefined) return undefined
  const taking = places.filter(({ version }) => version !== '')
  const states = await Promise.all(
    taking.map(({ place, version }) => deps.versions.describe(placedIn(service, place), version)),
  )
  return states.every(({ isSigned: signed }) => signed === true)
}
