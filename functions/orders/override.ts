// A person overrides closed gates for one release. It is recorded with their name and reason. The policies decide which gates an
// override opens.
import * as z from 'zod'
import { personKey } from '../../core/caller.ts'
import { requestersOf } from '../../core/gate/facts.ts'
import { isLive, isReturning } from '../../core/release/release.ts'
import { Problem } from '../../core/problem.ts'
import { whyNot } from './approve.ts'
import { asDefinedToday } from '../gate/look-up.ts'
import { record } from '../steps/log.ts'
import { by, find, notNow, type Ordered, ordered, readOrder, reason, which } from './order.ts'
import { wake } from '../steps/waiting.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'executions' | 'leases' | 'services' | 'policies' | 'log'>

export const OverrideCall = z.strictObject({ ...which, by, reason })

/** @throws Problem `call_invalid`, `release_missing`, `no_live_release`, `verb_not_now`, `override_refused` */
export function overrideHandler(deps: Deps) {
  return async (event: unknown): Promise<Ordered> => {
    const call = readOrder(OverrideCall, event)
    const loaded = await find(deps, call)
    const { id, service } = loaded.release
    const { rules } = (await asDefinedToday(deps, service)).gates
    const decision = await deps.policies.decide({
      principal: { kind: 'Person', id: personKey(call.by) },
      action: 'override',
      service: service.name,
      context: {
        requesters: requestersOf(loaded.release),
        approvers: [],
        fourEyes: false,
        isNamed: true,
        reason: call.reason,
      },
      ...(rules === undefined ? {} : { own: rules }),
    })
    if (!decision.allowed)
      throw new Problem(
        'override_refused',
        `${call.by} may not override the gates of release ${id}: ${whyNot(decision)}`,
      )
    const after = await record(deps, loaded, (release) => {
      if (!isLive(release) || isReturning(release)) throw notNow(release, 'override')
      return { type: 'overridden', atMs: deps.clock.nowMs(), by: call.by, reason: call.reason }
    })
    await wake(deps, after)
    return ordered(deps, after.release, 'override', call.by)
  }
}
