// What all orders by people share: which release they mean, who gives them and why, and the answer.
import * as z from 'zod'
import { headOf } from '../../core/release/head.ts'
import { releaseIdForm } from '../../core/release/log-key.ts'
import { Problem, readInput } from '../../core/problem.ts'
import type { Release } from '../../core/release/release.ts'
import { ServiceName } from '../../core/service/service.ts'
import { liveHolder } from '../steps/lease.ts'
import { load, type Loaded } from '../steps/log.ts'
import type { World } from '../steps/world.ts'

export const ReleaseId = z.string().regex(releaseIdForm, 'not the id of a release')
/** A release by its id, or the live release of a service. */
export const which = { releaseId: ReleaseId.optional(), service: ServiceName.optional() }
/** From core/caller.ts, never from the caller. */
export const by = z.string().min(1).max(600)
export const reason = z.string().min(1).max(500)

/** The state of the release after the order, and anything else the caller should know. */
export type Ordered = {
  readonly releaseId: string
  readonly phase: string
  readonly outcome?: string
  readonly note?: string
}

/** @throws Problem `call_invalid` */
export const readOrder = <S extends z.ZodType>(schema: S, event: unknown): z.output<S> =>
  readInput(schema, event, 'call_invalid', 'The call')

/** @throws Problem `call_invalid` when neither is named, `release_missing`, `no_live_release`, `service_missing` */
export async function find(
  deps: Pick<World, 'journal' | 'leases' | 'services'>,
  { releaseId, service }: { readonly releaseId?: string | undefined; readonly service?: string | undefined },
): Promise<Loaded> {
  if (releaseId !== undefined) {
    const loaded = await load(deps, releaseId)
    checkService(loaded.release, service)
    return loaded
  }
  if (service === undefined) throw new Problem('call_invalid', 'Name a release or a service.')
  const live = await liveHolder(deps, service)
  if (live === undefined) throw await noneLive(deps, service)
  return live
}

/** @throws Problem `service_missing` for who has mistyped its name */
export async function noneLive({ services }: Pick<World, 'services'>, service: string): Promise<Problem> {
  await services.get(service)
  return new Problem('no_live_release', `No release of ${service} is live.`)
}

/**
 * The right to a route may be for one service, so a release must be of the service that the route names.
 * @throws Problem `release_missing`
 */
export function checkService(
  { id, service: { name } }: { readonly id: string; readonly service: { readonly name: string } },
  service: string | undefined,
): void {
  if (service !== undefined && name !== service)
    throw new Problem('release_missing', `There is no release ${id} of ${service}.`)
}

export function ordered(deps: Pick<World, 'log'>, release: Release, verb: string, by: string): Ordered {
  const { releaseId, phase, outcome } = headOf(release)
  deps.log({ message: `order: ${verb}`, releaseId, phase, by })
  return { releaseId, phase, ...(outcome === undefined ? {} : { outcome }) }
}

export function notNow(release: Release, verb: string): Problem {
  const paused = release.paused === undefined ? '' : ', paused'
  const state = release.state.phase === 'hooks' ? 'waiting for a hook' : release.state.phase
  return new Problem('verb_not_now', `Release ${release.id} is ${state}${paused}: ${verb} has no effect on it now.`)
}
