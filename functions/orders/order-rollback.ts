// A person rolls a release back or aborts it: the traffic moves here and now, before anybody else is told. When nothing is
// live, rolling a service back is a release of the version before, all at once; so who may roll back needs no right to start.
// The state machine's task is another function (tasks/roll-back.ts).
import * as z from 'zod'
import { backKey, type Head, headOf } from '../../core/release/head.ts'
import { whole } from '../../core/listing.ts'
import { PlanDefinition } from '../../core/service/plan.ts'
import { Problem } from '../../core/problem.ts'
import { isSettled } from '../../core/release/release.ts'
import { accept } from '../steps/accept.ts'
import { latestHeads } from '../steps/heads.ts'
import { type ByRecord, endByRecord, isLogLost, recordOf } from '../steps/by-record.ts'
import { load } from '../steps/log.ts'
import { by, checkService, notNow, type Ordered, ordered, readOrder, reason, which } from './order.ts'
import { returnNow } from '../steps/return.ts'
import type { World } from '../steps/world.ts'

type Deps = ByRecord & Pick<World, 'home' | 'services' | 'digest'>

export const OrderRollbackCall = z.strictObject({ verb: z.enum(['rollBack', 'abort']), ...which, by, reason })
type OrderRollbackCall = z.output<typeof OrderRollbackCall>

/**
 * @throws Problem `call_invalid`, `release_missing`, `no_live_release`, `nothing_to_return_to`, `item_unreadable`,
 * `verb_not_now`
 */
export function orderRollbackHandler(deps: Deps) {
  return async (event: unknown): Promise<Ordered> => {
    const call = readOrder(OrderRollbackCall, event)
    const { verb, service } = call
    if (call.releaseId === undefined && service === undefined)
      throw new Problem('call_invalid', 'Name a release or a service.')
    const releaseId = call.releaseId ?? (service === undefined ? undefined : await liveOf(deps, service))
    if (releaseId !== undefined) return endLive(deps, releaseId, call)
    if (verb === 'rollBack' && service !== undefined) return goBack(deps, service, call)
    throw new Problem('no_live_release', `No release of ${service ?? ''} is live.`)
  }
}

async function endLive(deps: Deps, releaseId: string, call: OrderRollbackCall): Promise<Ordered> {
  const { verb } = call
  const outcome = verb === 'abort' ? 'aborted' : 'rolledBack'
  const order = { by: call.by, reason: call.reason, outcome } as const
  try {
    const loaded = await load(deps, releaseId)
    checkService(loaded.release, call.service)
    if (isSettled(loaded.release)) throw notNow(loaded.release, verb)
    // Whoever presses twice means the way back, and not the way back from the way back: that takes its id, or an abort.
    const isWayBack = loaded.release.key.startsWith(backKey)
    if (verb === 'rollBack' && call.releaseId === undefined && isWayBack)
      return ordered(deps, loaded.release, 'rollBack, under way already', call.by)
    const { release, woken } = await returnNow(deps, loaded, order)
    return { ...ordered(deps, release, verb, call.by), ...(woken ? {} : { note: notWoken }) }
  } catch (error) {
    if (!isLogLost(error)) throw error
    const record = await recordOf(deps, releaseId, error)
    checkService({ id: releaseId, service: { name: record.service } }, call.service)
    const ended = await endByRecord(deps, record, error, order)
    return { releaseId, phase: 'settled', outcome: ended.outcome, note: 'Its log cannot be read: see the page.' }
  }
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

/** Asking twice is asking once, until another release has been promoted. */
async function goBack(deps: Deps, service: string, { by, reason }: OrderRollbackCall): Promise<Ordered> {
  const { from, versions } = await before(deps, service)
  const back = {
    service,
    key: backKey + from,
    candidate: { kind: 'versions' as const, versions },
    provenance: { source: 'api' as const, requestedBy: by },
    plan: PlanDefinition.parse('AllAtOnce'),
    bolder: true as const,
    reason: `back from ${from}: ${reason}`.slice(0, 1000),
  }
  const [releaseId = ''] = await accept(deps, back, async (id) => {
    await deps.executions.start(id, { releaseId: id })
    return id
  })
  deps.log({ message: 'order: rollBack', releaseId, phase: 'requested', by })
  return { releaseId, phase: 'requested' }
}

/** After a flood, many that were replaced may have come after it. */
async function lastPromoted(
  deps: Deps,
  service: string,
  limit = 100,
): Promise<{ readonly last: Head | undefined; readonly heads: Awaited<ReturnType<typeof latestHeads>> }> {
  const heads = await latestHeads(deps, service, limit)
  const last = heads.items.find((head) => head.outcome === 'promoted')
  const isAll = heads.items.length + heads.unreadable.length < limit
  return last !== undefined || isAll ? { last, heads } : lastPromoted(deps, service, 10 * limit)
}

/** What the service ran before the release that is in charge now. Pressing twice must not go back twice. */
async function before(deps: Deps, service: string) {
  await deps.services.get(service)
  const { last, heads } = await lastPromoted(deps, service)
  // A later one that nobody can read may have been promoted.
  const later = heads.unreadable.filter(({ about }) => last === undefined || about.requestedAtMs >= last.requestedAtMs)
  whole({ items: [], unreadable: later })
  if (last === undefined) throw new Problem('nothing_to_return_to', `No release of ${service} has been promoted.`)
  if (last.backFrom !== undefined) {
    const sentence = `Release ${last.releaseId} has gone back from ${last.backFrom} already, and nothing of ${service} was promoted since.`
    throw new Problem('nothing_to_return_to', sentence)
  }
  const versions = Object.entries(last.versions).map(([name, { stable }]) => [name, stable])
  return { from: last.releaseId, versions: Object.fromEntries(versions) as Record<string, string> }
}
