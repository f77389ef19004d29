// A person rolls a release back or aborts it: the traffic moves here and now, before anybody else is told. When nothing is
// live, or an older version is named, it is a release of what ran before (go-back.ts). The state machine's task is another
// function (tasks/roll-back.ts).
import * as z from 'zod'
import { isWayBack, headOf } from '../../core/release/head.ts'
import { Problem } from '../../core/problem.ts'
import { isSettled, type Release } from '../../core/release/release.ts'
import { VersionByFunction } from '../../core/service/candidate.ts'
import { Version } from '../../core/service/routing.ts'
import { type ByRecord, endByRecord, isLogLost, recordOf } from '../steps/by-record.ts'
import { load } from '../steps/log.ts'
import { by, checkService, notNow, type Ordered, ordered, readOrder, reason, which } from './order.ts'
import { goBack, placeBefore } from './go-back.ts'
import { returnNow } from '../steps/return.ts'
import type { World } from '../steps/world.ts'

type Deps = ByRecord & Pick<World, 'home' | 'services' | 'digest' | 'versions'>

export const OrderRollbackCall = z
  .strictObject({
    verb: z.enum(['rollBack', 'abort']),
    ...which,
    to: z
      .union([Version, VersionByFunction])
      .optional()
      .describe(
        'An older version that had all traffic before, of the one target of the service, or for each function.',
      ),
    by,
    reason,
  })
  .refine(
    ({ verb, to, releaseId }) => to === undefined || (verb === 'rollBack' && releaseId === undefined),
    '`to` is for rolling a service back: it goes neither with an abort nor with a release',
  )
type OrderRollbackCall = z.output<typeof OrderRollbackCall>

/**
 * @throws Problem `call_invalid`, `release_missing`, `no_live_release`, `nothing_to_return_to`, `item_unreadable`,
 * `verb_not_now`, `target_unknown`, `version_missing`
 */
export function orderRollbackHandler(deps: Deps) {
  return async (event: unknown): Promise<Ordered> => {
    const call = readOrder(OrderRollbackCall, event)
    const { verb, service, to } = call
    if (service !== undefined && to !== undefined) return goBackTo(deps, service, to, call)
    if (call.releaseId === undefined && service === undefined)
      throw new Problem('call_invalid', 'Name a release or a service.')
    const releaseId = call.releaseId ?? (service === undefined ? undefined : await liveOf(deps, service))
    if (releaseId !== undefined) return endLive(deps, releaseId, call)
    if (verb === 'rollBack' && service !== undefined)
      return goBack(deps, await placeBefore(deps, service, undefined), call)
    throw new Problem('no_live_release', `No release of ${service ?? ''} is live.`)
  }
}

async function endLive(deps: Deps, releaseId: string, call: OrderRollbackCall): Promise<Ordered> {
  const { verb } = call
  const outcome = verb === 'abort' ? 'aborted' : 'rolledBack'
  const order = { by: call.by, reason: call.reason, outcome } as const
  let settled: Release
  try {
    const loaded = await load(deps, releaseId)
    checkService(loaded.release, call.service)
    settled = loaded.release
    if (!isSettled(settled)) {
      // Whoever presses twice means the way back, and not the way back from the way back: that takes its id, or an abort.
      if (verb === 'rollBack' && call.releaseId === undefined && isWayBack(settled))
        return ordered(deps, settled, 'rollBack, under way already', call.by)
      const { release, woken } = await returnNow(deps, loaded, order)
      return { ...ordered(deps, release, verb, call.by), ...(woken ? {} : { note: notWoken }) }
    }
  } catch (error) {
    if (!isLogLost(error)) throw error
    const record = await recordOf(deps, releaseId, error)
    checkService({ id: releaseId, service: { name: record.service } }, call.service)
    const ended = await endByRecord(deps, record, error, order)
    return { releaseId, phase: 'settled', outcome: ended.outcome, note: 'Its log cannot be read: see the page.' }
  }
  return goBackFrom(deps, settled, call)
}

/**
 * A promoted release is put back by its id only while it is what the service runs: whoever names it means no other.
 * @throws Problem `verb_not_now`, `nothing_to_return_to`, `item_unreadable`
 */
async function goBackFrom(deps: Deps, release: Release, call: OrderRollbackCall): Promise<Ordered> {
  const { id, service, ending } = release
  if (call.verb !== 'rollBack' || ending?.outcome !== 'promoted' || isWayBack(release)) throw notNow(release, call.verb)
  const liveId = await liveOf(deps, service.name)
  const live = liveId === undefined ? undefined : await liveRelease(deps, liveId)
  if (live !== undefined && headOf(live).backFrom === id)
    return ordered(deps, live, 'rollBack, under way already', call.by)
  const place = liveId === undefined ? await placeBefore(deps, service.name, undefined) : undefined
  if (place?.from !== id)
    throw new Problem(
      'verb_not_now',
      `Release ${id} is not the last of ${service.name}: ${liveId ?? place?.from ?? 'another'} came after it. Nothing was changed.`,
    )
  return goBack(deps, place, call)
}

const notWoken =
  'The traffic has moved. Step Functions does not answer: the release is ended, and the next one begins, when it does.'

/** The release that holds the lease and has not ended; where that cannot be read, the one that may have traffic. */
async function liveOf(deps: Deps, service: string): Promise<string | undefined> {
  let holder: string | undefined
  try {
    holder = await deps.leases.holder(service)
    const loaded = holder === undefined ? undefined : await load(deps, holder)
    if (loaded !== undefined && !isSettled(loaded.release)) return holder
    // It has ended, and may not have come as far as the history by which the version before is found.
    if (loaded !== undefined) await deps.history.put(headOf(loaded.release, loaded.link))
  } catch (error) {
    if (!isLogLost(error)) throw error
    deps.log(error.line)
    if (holder !== undefined && (await deps.returns.get(holder)) !== undefined) return holder
  }
  const { items } = await deps.returns.list()
  return items.find((record) => record.service === service)?.releaseId
}

/**
 * The service goes back to a named version. What is live goes back first, at once. A way back that is under way is left to its
 * end, because it brings the version that it came from back while it is undone; this one is next.
 */
async function goBackTo(
  deps: Deps,
  service: string,
  to: NonNullable<OrderRollbackCall['to']>,
  call: OrderRollbackCall,
): Promise<Ordered> {
  const place = await placeBefore(deps, service, typeof to === 'string' ? { version: to } : { versions: to })
  const liveId = await liveOf(deps, service)
  if (liveId === undefined) return goBack(deps, place, call)
  const live = await liveRelease(deps, liveId)
  if (live !== undefined && isWayBack(live)) {
    const gone = await goBack(deps, place, call)
    return gone.releaseId === liveId
      ? ordered(deps, live, 'rollBack, under way already', call.by)
      : { ...gone, note: `Release ${liveId} is on its way back already; this one is next.` }
  }
  const ended = await endLive(deps, liveId, call)
  if (live !== undefined && isStable(live, place.versions)) return ended
  const gone = await goBack(deps, place, call)
  return { ...gone, note: `Release ${liveId} was put back first.${ended.note === undefined ? '' : ` ${ended.note}`}` }
}

/** `undefined` if its log cannot be read: then it is put back by its record. */
async function liveRelease(deps: Deps, releaseId: string): Promise<Release | undefined> {
  try {
    return (await load(deps, releaseId)).release
  } catch (error) {
    if (!isLogLost(error)) throw error
    return undefined
  }
}

/** Whether putting the live release back brings all of these versions. */
const isStable = ({ targets }: Release, versions: Readonly<Record<string, string>>): boolean =>
  Object.entries(versions).every(([name, version]) =>
    targets.some(({ functionName, stable }) => functionName === name && stable === version),
  )
