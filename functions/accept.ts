// Accepting a wish for a release: the same wish, however often and from wherever it arrives, becomes one log.
import type { Clock, History, Journal, OpenReleases, Services } from '../cloud/ports.ts'
import type { NewEvent } from '../core/event.ts'
import { Problem } from '../core/problem.ts'
import { candidateFor, type ReleaseRequest, triggers } from '../core/request.ts'
import { keysOfCandidate } from '../core/service-key.ts'
import type { Service } from '../core/service.ts'
import { numbered } from './ledger.ts'
import { findWish } from './wish.ts'

type Deps = {
  readonly clock: Clock
  readonly journal: Journal
  readonly openReleases: OpenReleases
  readonly services: Services
  readonly history: History
  readonly digest: (text: string) => string
}

/** @throws Problem `trigger_missing` when no service wants the artifact, `service_missing`, `target_unknown`, `request_reused` */
export async function accept(deps: Deps, request: ReleaseRequest): Promise<readonly string[]> {
  const services = await servicesOf(deps, request)
  const ids: string[] = []
  for (const service of services) ids.push(await open(deps, service, request))
  return ids
}

async function servicesOf(deps: Deps, request: ReleaseRequest): Promise<readonly Service[]> {
  if (request.service !== undefined) return [await deps.services.get(request.service)]
  const found = await deps.services.under(keysOfCandidate(request.candidate))
  const wanting = found.filter((service) => triggers(service, request))
  if (wanting.length === 0) throw new Problem('trigger_missing', `No service has ${request.key} as a trigger.`)
  return wanting
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
