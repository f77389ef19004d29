// Accepting a wish for a release: the same wish, however often and from wherever it arrives, becomes one log.
import type { Clock, History, Journal, OpenReleases, Services } from '../../cloud/ports.ts'
import type { NewEvent } from '../../core/release/event.ts'
import { whole } from '../../core/listing.ts'
import { Problem } from '../../core/problem.ts'
import { candidateFor, type ReleaseRequest, triggers } from '../../core/release/request.ts'
import { keysOfCandidate } from '../../core/service/service-key.ts'
import type { Service } from '../../core/service/service.ts'
import { each, orThrow, readable } from './each.ts'
import { numbered } from './log.ts'
import { findWish } from './wish.ts'
import type { World } from './world.ts'

type Deps = {
  readonly clock: Clock
  readonly journal: Journal
  readonly openReleases: OpenReleases
  readonly services: Services
  readonly history: History
  readonly trouble: World['trouble']
  readonly digest: (text: string) => string
}

/**
 * @param then what follows for each release; a service for which it fails keeps no other from its release
 * @returns what it gave, or the ids of the releases
 * @throws Problem `trigger_missing` when no service wants the artifact, `item_unreadable` when nobody can tell,
 * `service_missing`, `target_unknown`, `request_reused`
 */
export async function accept(deps: Deps, request: ReleaseRequest): Promise<readonly string[]>
export async function accept<R>(
  deps: Deps,
  request: ReleaseRequest,
  then: (releaseId: string) => Promise<R>,
): Promise<readonly R[]>
export async function accept(
  deps: Deps,
  request: ReleaseRequest,
  then: (releaseId: string) => Promise<unknown> = (id) => Promise.resolve(id),
): Promise<readonly unknown[]> {
  if (request.service !== undefined)
    return [await then(await open(deps, await deps.services.get(request.service), request))]
  const services = await wanting(deps, request)
  return orThrow(
    await each(
      deps,
      services,
      ({ name }) => ({ service: name, key: request.key }),
      async (service) => then(await open(deps, service, request)),
    ),
  )
}

async function wanting(deps: Deps, request: ReleaseRequest): Promise<readonly Service[]> {
  const all = await deps.services.under(keysOfCandidate(request.candidate))
  const found = readable(deps, all).filter((service) => triggers(service, request))
  // The one that cannot be read may be the one that is meant: then the event comes again, and is kept.
  if (found.length === 0) whole(all)
  if (found.length === 0) throw new Problem('trigger_missing', `No service has ${request.key} as a trigger.`)
  return found
}

async function open(deps: Deps, service: Service, request: ReleaseRequest): Promise<string> {
  const candidate = narrowed(service, request)
  const { releaseId, key, first } = await findWish(deps, service.name, { ...request, candidate })
  if (first !== undefined) return releaseId
  const atMs = deps.clock.nowMs()
  const wanted: NewEvent = {
    type: 'requested',
    atMs,
    releaseId,
    key,
    service: { ...service, plan: request.plan ?? service.plan },
    candidate,
    provenance: request.provenance,
    ...(request.reason === undefined ? {} : { reason: request.reason }),
    ...(request.urgent === undefined ? {} : { urgent: true }),
    ...(request.plan === undefined ? {} : { planBy: 'call' }),
  }
  const requested = numbered(wanted, 1)
  if (requested.type !== 'requested') return releaseId
  const entry = { releaseId, service: service.name, requestedAtMs: atMs, requested }
  // First where the sweep looks, then in the log: in between, the sweep has all it needs to finish this.
  // A twin that is accepted at the same moment writes the same two items; the first of each stays.
  await deps.openReleases.add(entry)
  await deps.journal.append(releaseId, requested)
  return releaseId
}

/** Of an event's versions those that are targets of the service; of a call's all, or a Problem. */
function narrowed(service: Service, { candidate, service: named }: ReleaseRequest) {
  if (candidate.kind !== 'versions' || named !== undefined) return candidateFor(service, candidate)
  const isTarget = (name: string): boolean => service.targets.some((target) => target.functionName === name)
  return {
    ...candidate,
    versions: Object.fromEntries(Object.entries(candidate.versions).filter(([name]) => isTarget(name))),
  }
}
