// A person rolls a release back or aborts it: the traffic moves here and now, before anybody else is told. When nothing is
// live, rolling a service back is a release of the version before, all at once; so who may roll back needs no right to start.
import * as z from 'zod'
import { backKey, headOf } from '../core/head.ts'
import { whole } from '../core/listing.ts'
import { PlanDefinition } from '../core/plan.ts'
import { Problem } from '../core/problem.ts'
import { isSettled } from '../core/release.ts'
import { accept } from './accept.ts'
import { holderOf } from './lease.ts'
import { latestHeads } from './heads.ts'
import { by, find, notNow, type Ordered, ordered, readOrder, reason, which } from './order.ts'
import { returnNow } from './return.ts'
import type { World } from './world.ts'

type Deps = Pick<
  World,
  | 'clock'
  | 'journal'
  | 'traffic'
  | 'executions'
  | 'leases'
  | 'history'
  | 'services'
  | 'openReleases'
  | 'digest'
  | 'log'
  | 'trouble'
>

export const StopCall = z.strictObject({ verb: z.enum(['rollBack', 'abort']), ...which, by, reason })
type StopCall = z.output<typeof StopCall>

/** @throws Problem `call_invalid`, `release_missing`, `no_live_release`, `nothing_to_return_to`, `item_unreadable`, `verb_not_now` */
export function stopHandler(deps: Deps) {
  return async (event: unknown): Promise<Ordered> => {
    const call = readOrder(StopCall, event)
    const { verb, service, releaseId } = call
    if (verb === 'rollBack' && releaseId === undefined && service !== undefined) {
      const holder = await holderOf(deps, service)
      if (holder === undefined || isSettled(holder.release)) {
        // It has ended, and may not have come as far as the history by which the version before is found.
        if (holder !== undefined) await deps.history.put(headOf(holder.release))
        return goBack(deps, service, call)
      }
    }
    const loaded = await find(deps, call)
    if (isSettled(loaded.release)) throw notNow(loaded.release, verb)
    // Whoever presses twice means the way back, and not the way back from the way back: that takes its id, or an abort.
    const isWayBack = loaded.release.key.startsWith(backKey)
    if (verb === 'rollBack' && releaseId === undefined && isWayBack)
      return ordered(deps, loaded.release, 'rollBack, under way already', call.by)
    const outcome = verb === 'abort' ? 'aborted' : 'rolledBack'
    const after = await returnNow(deps, loaded, { by: call.by, reason: call.reason, outcome })
    return ordered(deps, after.release, verb, call.by)
  }
}

/** Asking twice is asking once, until another release has been promoted. */
async function goBack(deps: Deps, service: string, { by, reason }: StopCall): Promise<Ordered> {
  const { from, versions } = await before(deps, service)
  const back = {
    service,
    key: backKey + from,
    candidate: { kind: 'versions' as const, versions },
    provenance: { source: 'api' as const, author: by },
    plan: PlanDefinition.parse('AllAtOnce'),
    reason: `back from ${from}: ${reason}`.slice(0, 1000),
  }
  const [releaseId = ''] = await accept(deps, back, async (id) => {
    await deps.executions.start(id, { releaseId: id })
    return id
  })
  deps.log({ message: 'order: rollBack', releaseId, phase: 'requested', by })
  return { releaseId, phase: 'requested' }
}

/** What the service ran before the release that is in charge now. Pressing twice must not go back twice. */
async function before(deps: Deps, service: string) {
  await deps.services.get(service)
  const heads = await latestHeads(deps, service, 100)
  const last = heads.items.find((head) => head.outcome === 'promoted')
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
