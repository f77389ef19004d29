// The releases of a service, newest first, and one of them.
import * as z from 'zod'
import { headOf } from '../../core/release/head.ts'
import type { Release } from '../../core/release/release.ts'
import { checkService } from '../orders/order.ts'
import { load } from '../steps/log.ts'
import type { World } from '../steps/world.ts'
import { left } from './lists.ts'
import { limitOf, nextAfter, nextOf, type Query } from './paging.ts'

const End = z.strictObject({ requestedAtMs: z.int().min(0), releaseId: z.string().min(1).max(100) })

/** @throws Problem `call_invalid`, `service_missing` */
export async function readReleases(
  deps: Pick<World, 'history'> & { readonly services: Pick<World['services'], 'get'> },
  service: string,
  query: Query,
) {
  const [limit, after] = [limitOf(query), nextOf(query, End)]
  await deps.services.get(service)
  const { items, unreadable } = await deps.history.list(service, limit, after)
  const ends = [...items, ...unreadable.map(({ about }) => about)]
    .map(({ requestedAtMs, releaseId }) => ({ requestedAtMs, releaseId }))
    .toSorted((a, b) => a.requestedAtMs - b.requestedAtMs || (a.releaseId < b.releaseId ? -1 : 1))
  return { items, unreadable: left(unreadable), ...nextAfter(ends[0], ends.length === limit) }
}

/** @throws Problem `release_missing`, also for a release of another service; `item_unreadable` */
export async function loadOf(deps: Pick<World, 'journal'>, service: string, releaseId: string): Promise<Release> {
  const { release } = await load(deps, releaseId)
  checkService(release, service)
  return release
}

export async function readRelease(deps: Pick<World, 'journal'>, service: string, releaseId: string) {
  const release = await loadOf(deps, service, releaseId)
  const { state, held, verdict } = release
  const { readings: _, ...read } = verdict ?? {}
  return {
    ...headOf(release),
    reason: release.reason,
    urgent: release.urgent,
    provenance: release.provenance,
    plan: release.service.plan,
    ...('step' in state ? { step: state.step } : {}),
    weightBp: release.shifts.at(-1)?.weightBp ?? 0,
    targets: release.targets.map(({ functionName, alias, stable, candidate, routing }) => ({
      ...{ functionName, alias, stable, candidate, routing },
    })),
    paused: release.paused,
    ...(held === undefined ? {} : { held: heldOf(held) }),
    ending: release.ending,
    ...(verdict === undefined ? {} : { verdict: read }),
  }
}

const heldOf = ({ because, gates, sinceMs, againAtMs }: NonNullable<Release['held']>) => ({
  ...{ because, gates, sinceMs },
  ...(againAtMs === undefined ? {} : { againAtMs }),
})
