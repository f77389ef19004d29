// A person rolls a release back or aborts it: the traffic moves here and now, before anybody else is told. When nothing is
// live, a promoted release is named, or an older version, it is a release of what ran before (go-back.ts). Whoever names a
// release undoes that one and no other. The state machine's task is another function (tasks/roll-back.ts).
import * as z from 'zod'
import { type Head, headOf, isWayBack, lastPromoted, undoneBy } from '../../core/release/head.ts'
import { noWayBehind } from '../../core/freeze/words.ts'
import { Problem } from '../../core/problem.ts'
import { isSettled, type Release } from '../../core/release/release.ts'
import { VersionByFunction } from '../../core/service/candidate.ts'
import { Version } from '../../core/service/routing.ts'
import { type ByRecord, endByRecord, isLogLost } from '../steps/by-record.ts'
import { latestHeads } from '../steps/heads.ts'
import { load } from '../steps/log.ts'
import { by, checkService, noneLive, notNow, type Ordered, ordered, readOrder, reason, which } from './order.ts'
import { goBack, headsMost, placeBefore } from './go-back.ts'
import { returnNow } from '../steps/return.ts'
import type { World } from '../steps/world.ts'

type Deps = ByRecord & Pick<World, 'home' | 'services' | 'digest' | 'versions'>

export const OrderRollbackCall = z
  .strictObject({
    verb: z.enum(['rollBack', 'abort']),
    ...which,
    releaseId: which.releaseId.describe(
      'The live release that goes back, or the promoted one that is undone. Without it, what is live, or else what was promoted last.',
    ),
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
 * @throws Problem `call_invalid`, `release_missing`, `no_live_release`, `service_missing`, `nothing_to_return_to`,
 * `item_unreadable`, `one_way_passed`, `verb_not_now`, `not_in_charge`, `target_unknown`, `version_missing`
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
    if (verb === 'rollBack' && service !== undefined) {
      const heads = await latestHeads(deps, service, headsMost)
      return backJustNow(deps, heads) ?? goBack(deps, await placeBefore(deps, service, undefined, heads), call)
    }
    throw await noneLive(deps, service ?? '')
  }
}

/**
 * A release that went back by itself, or by somebody else, while a person typed: they mean that one. To go back further they name
 * what is undone, because the version that serves now is the good one of before.
 */
function backJustNow(deps: Deps, { items }: { readonly items: readonly Head[] }): Ordered | undefined {
  const [last] = items
    .filter(({ drill }) => drill === undefined)
    .toSorted((a, b) => (b.settledAtMs ?? 0) - (a.settledAtMs ?? 0))
  if (last?.outcome !== 'rolledBack' || last.settledAtMs === undefined) return undefined
  if (deps.clock.nowMs() - last.settledAtMs > justNowMs) return undefined
  const promoted = lastPromoted(items)
  const further =
    promoted === undefined || promoted.backFrom !== undefined
      ? ''
      : ` To undo the release before it as well, name it: ${promoted.releaseId}.`
  const note = `This release had gone back already. Nothing was moved.${further}`
  return { releaseId: last.releaseId, phase: 'settled', outcome: last.outcome, note }
}
const justNowMs = 15 * 60_000

async function endLive(deps: Deps, releaseId: string, call: OrderRollbackCall): Promise<Ordered> {
  const { verb } = call
  const outcome = verb === 'abort' ? 'aborted' : 'rolledBack'
  const order = { by: call.by, reason: call.reason, outcome, isPersons: true } as const
  try {
    const loaded = await load(deps, releaseId)
    checkService(loaded.release, call.service)
    if (verb === 'rollBack' && isSettled(loaded.release) && loaded.release.ending?.outcome === 'promoted')
      return await goBackFrom(deps, loaded.release.service.name, releaseId, call)
    if (isSettled(loaded.release)) throw notNow(loaded.release, verb)
    // Whoever presses twice means the way back, and not the way back from the way back: that takes its id, or an abort.
    if (verb === 'rollBack' && call.releaseId === undefined && isWayBack(loaded.release))
      return ordered(deps, loaded.release, 'rollBack, under way already', call.by)
    const { release, woken } = await returnNow(deps, loaded, order)
    return { ...ordered(deps, release, verb, call.by), ...(woken ? {} : { note: notWoken }) }
  } catch (error) {
    if (!isLogLost(error)) throw error
    const record = await deps.returns.get(releaseId)
    if (record === undefined) {
      if (verb === 'abort' || !(await wasPromoted(deps, call.service, releaseId))) throw error
      return goBackFrom(deps, call.service ?? '', releaseId, call)
    }
    checkService({ id: releaseId, service: { name: record.service } }, call.service)
    if (record.oneWay?.isPassed === true) throw noWayBehind({ ...record, oneWay: record.oneWay })
    const ended = await endByRecord(deps, record, error, order)
    return { releaseId, phase: 'settled', outcome: ended.outcome, note: 'Its log cannot be read: see the page.' }
  }
}

/** A promoted release has no return record any more; what it takes to go back from it, the history says. */
const wasPromoted = async (deps: Deps, service: string | undefined, releaseId: string): Promise<boolean> =>
  service !== undefined &&
  (await latestHeads(deps, service, headsMost)).items.some(
    (head) => head.releaseId === releaseId && head.outcome === 'promoted',
  )

/**
 * Goes back from a promoted release, if nothing is live or was promoted since: nobody undoes what they have not seen.
 * @throws Problem `not_in_charge`, `nothing_to_return_to`, `item_unreadable`
 */
async function goBackFrom(deps: Deps, service: string, releaseId: string, call: OrderRollbackCall): Promise<Ordered> {
  const because = (why: string): Problem =>
    new Problem('not_in_charge', `Release ${why}: release ${releaseId} was not put back.`)
  const liveId = await liveOf(deps, service)
  if (liveId !== undefined && liveId !== releaseId) {
    const live = await liveRelease(deps, liveId)
    if (live !== undefined && undoneBy(live.key) === releaseId)
      return ordered(deps, live, 'rollBack, under way already', call.by)
    throw because(`${liveId} of ${service} is live`)
  }
  const place = await placeBefore(deps, service, undefined)
  if (place.from !== releaseId) throw because(`${place.from} of ${service} was promoted since`)
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
