// Accepts a request for a release. The same request, however often and from wherever it arrives, becomes one log.
import type { NewEvent } from '../../core/release/event.ts'
import { whole } from '../../core/listing.ts'
import { quoted } from '../../core/foreign-text.ts'
import { foreign, type Home, isAhead, isSame } from '../../core/origin.ts'
import { Problem } from '../../core/problem.ts'
import { candidateFor, type ReleaseRequest, triggers } from '../../core/release/request.ts'
import { callableOf, isFrom, sourcesWords } from '../../core/service/artifacts.ts'
import { noWayBack } from '../../core/freeze/words.ts'
import { own } from '../../core/own.ts'
import { type Candidate, candidateWords } from '../../core/service/candidate.ts'
import { replay } from '../../core/release/advance.ts'
import { isWayBack } from '../../core/release/head.ts'
import { awaitsFix, isPastOneWay } from '../../core/release/release.ts'
import { isBolder, type Plan } from '../../core/service/plan.ts'
import { keysOfCandidate } from '../../core/service/service-key.ts'
import { entryOf } from '../../core/queue/admission.ts'
import { alike, plansOf } from '../../core/definition/waves.ts'
import { noWavesFor } from '../../core/definition/wrong-waves.ts'
import { rehearsing } from '../../core/drill/drill.ts'
import { isObserved, type Service } from '../../core/service/service.ts'
import { each, orThrow, readable } from './each.ts'
import { numbered } from './log.ts'
import { enqueue } from './queue.ts'
import { findWish, isOf } from './wish.ts'
import type { World } from './world.ts'

type Deps = Omit<Accepting, 'executions' | 'log'>

/**
 * @param then called for each release. If it fails for one service, the others still get their release.
 * @returns the results of `then`, or the ids of the releases
 * @throws Problem `call_invalid` when the commit is of the future, `trigger_missing` when no service wants the artifact,
 * `event_foreign` when it is from elsewhere besides, `item_unreadable` when that cannot be determined, `service_missing`,
 * `service_observed`, `target_unknown`, `request_reused`, `queue_full`; for a call also `artifact_not_allowed`,
 * `artifact_elsewhere`, `plan_bolder`
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
  refuseAhead(deps, request)
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

/** Whoever calls can start only what the service says, however the call comes in: by the API, or by an execution. */
function checkCall(service: Service, { candidate, plan, bolder }: ReleaseRequest, home: Home): void {
  if (plan !== undefined && bolder !== true && plansOf(service).some((than) => isBolder(plan, than)))
    throw new Problem(
      'plan_bolder',
      `The plan of the call gives more traffic, gives it sooner, or moves more at once than the plan of ${service.name}.`,
    )
  if (plan?.oneWay !== undefined)
    throw new Problem(
      'call_invalid',
      `The plan of a call has no one-way step: the definition of ${service.name} says what cannot be undone.`,
    )
  const allowed = callableOf(service)
  if (candidate.kind === 'versions' || isFrom(allowed, candidate, home)) return
  throw new Problem(
    'artifact_not_allowed',
    `A call may not release ${quoted(candidateWords(candidate))} as ${service.name}: it may name ${sourcesWords(allowed, home)}.`,
  )
}

/** A commit of tomorrow would make a lead time of less than nothing. */
function refuseAhead({ clock }: Deps, { provenance: { committedAtMs } }: ReleaseRequest): void {
  if (committedAtMs !== undefined && isAhead(committedAtMs, clock.nowMs()))
    throw new Problem(
      'call_invalid',
      `committedAt is ${new Date(committedAtMs).toISOString()}, which is in the future.`,
    )
}

async function wanting(deps: Deps, request: ReleaseRequest): Promise<readonly Service[]> {
  const all = await deps.services.under(keysOfCandidate(request.candidate))
  const found = readable(deps, all).filter((service) => triggers(service, request, deps.home))
  // An unreadable service may be the one that is meant. Throw, so that the event is delivered again and finally kept.
  if (found.length === 0) whole(all)
  if (found.length === 0 && request.origin !== undefined && !isSame(request.origin, deps.home))
    throw foreign(request.origin, request.key)
  if (found.length === 0) throw new Problem('trigger_missing', `No service has ${request.key} as a trigger.`)
  const own = found.filter((service) => !isObserved(service))
  if (own.length === 0) throw observedOnly(found.map(({ name }) => name).join(', '))
  return own
}

/** @param names of services that others release */
export const observedOnly = (names: string): Problem =>
  new Problem('service_observed', `Tidegate only observes ${names}, and releases nothing of it.`)

async function open(deps: Deps, stored: Service, request: ReleaseRequest): Promise<string> {
  if (isObserved(stored)) throw observedOnly(stored.name)
  const service = request.drill === undefined ? stored : rehearsing(stored, request.drill.weightBp)
  const candidate = narrowed(service, request)
  if (request.service !== undefined) checkCall(service, request, deps.home)
  const { releaseId, key, first } = await findWish(deps, service.name, { ...request, candidate })
  if (first !== undefined) return releaseId
  if (request.fixes !== undefined) await checkFixes(deps, service.name, request.fixes, candidate)
  const fixing = request.fixes === undefined ? {} : { fixes: request.fixes }
  const atMs = deps.clock.nowMs()
  const wanted: NewEvent = {
    type: 'requested',
    atMs,
    releaseId,
    key,
    service: { ...service, plan: planOf(service, request) },
    candidate,
    provenance: request.provenance,
    ...(request.reason === undefined ? {} : { reason: request.reason }),
    ...(request.urgent === undefined ? {} : { urgent: true }),
    ...(request.plan === undefined && request.drill === undefined ? {} : { planBy: 'call' }),
    ...(request.drill === undefined ? {} : { drill: true }),
    ...fixing,
  }
  const requested = numbered(wanted, 1)
  if (requested.type !== 'requested') return releaseId
  const entry = { releaseId, service: service.name, requestedAtMs: atMs, requested }
  const queued = entryOf({
    id: releaseId,
    key,
    urgent: request.urgent === true,
    requestedAtMs: atMs,
    service,
    ...fixing,
  })
  await enqueue(deps, service, queued)
  // Write the entry for the sweep first, then the log, so that the sweep can finish this if we die in between. A concurrent
  // duplicate writes the same two items, and the first of each stays.
  await deps.openReleases.add(entry)
  if (await deps.journal.append(releaseId, requested)) return releaseId
  const [written] = (await deps.journal.read(releaseId, { atMost: 1 })).events
  if (written?.atMs !== atMs) await deps.queues.remove(service.name, queued)
  // Another request with the same id was faster: ask again, for the next id.
  return isOf(written, key) ? releaseId : open(deps, stored, request)
}

/** What cannot be undone is said by the definition, whatever plan a call brings. A way back does nothing of that kind. */
function planOf({ name, plan, waves }: Service, request: ReleaseRequest): Plan {
  const own = request.plan ?? plan
  const taken = request.plan === undefined ? waves : alike(waves)
  const wrong = taken === undefined || own.steps.length === 0 ? undefined : noWavesFor(own, taken)
  if (wrong !== undefined) throw new Problem('call_invalid', `${name} is released in waves: ${wrong}.`)
  return plan.oneWay === undefined || isWayBack(request) ? own : { ...own, oneWay: plan.oneWay }
}

/** @throws Problem `release_missing`, `nothing_to_fix`, `one_way_passed` when it would bring back what is behind the step */
async function checkFixes({ journal }: Deps, service: string, fixes: string, candidate: Candidate): Promise<void> {
  const release = replay((await journal.read(fixes)).events)
  if (release?.service.name !== service)
    throw new Problem('release_missing', `There is no release ${fixes} of ${service}.`)
  const isLeftBehind = release.ending?.outcome === 'superseded' && isPastOneWay(release)
  if (!awaitsFix(release) && !isLeftBehind)
    throw new Problem('nothing_to_fix', `Release ${fixes} of ${service} is not frozen past a one-way step.`)
  const wanted = candidate.kind === 'versions' ? candidate.versions : {}
  if (release.targets.some(({ functionName, stable }) => own(wanted, functionName) === stable)) throw noWayBack(release)
}

/** Of an event's versions, only those of the service's targets. For a call, all versions must be targets, or it is a Problem. */
function narrowed(service: Service, { candidate, service: named }: ReleaseRequest) {
  if (candidate.kind !== 'versions' || named !== undefined) return candidateFor(service, candidate)
  const isTarget = (name: string): boolean => service.targets.some((target) => target.functionName === name)
  return {
    ...candidate,
    versions: Object.fromEntries(Object.entries(candidate.versions).filter(([name]) => isTarget(name))),
  }
}

export type Accepting = Pick<
  World,
  | 'home'
  | 'clock'
  | 'journal'
  | 'openReleases'
  | 'queues'
  | 'services'
  | 'history'
  | 'digest'
  | 'executions'
  | 'log'
  | 'trouble'
>

export type Started = { readonly releases: readonly { readonly releaseId: string; readonly execution: string }[] }

/** An artifact of a service that is only observed: others release it. A person who asks by name is told. */
const isUnasked = ({ code }: Problem, { service }: ReleaseRequest): boolean =>
  code === 'service_observed' && service === undefined

/**
 * An artifact that no service wants is not an error, because a bucket may hold other things. A call by name must find its
 * service.
 */
export async function acceptAndStart(deps: Accepting, request: ReleaseRequest): Promise<Started['releases']> {
  try {
    return await accept(deps, request, async (releaseId) => {
      // The name makes the start idempotent: however often the event arrives, only one execution runs.
      const execution = await deps.executions.start(releaseId, { releaseId })
      deps.log({ message: 'release accepted', releaseId, key: request.key })
      return { releaseId, execution }
    })
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (error.code === 'event_foreign') deps.log({ ...error.line, key: request.key })
    else if (error.code === 'trigger_missing' || isUnasked(error, request))
      deps.log({ message: error.message, code: error.code, key: request.key })
    else throw error
    return []
  }
}
