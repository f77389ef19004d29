// A person promotes a release without waiting for the rest of its plan.
import * as z from 'zod'
import { fixIsUnderWay } from '../../core/freeze/words.ts'
import { isUnderWay } from '../../core/release/transitions.ts'
import { isLive, isReturning } from '../../core/release/release.ts'
import { record } from '../steps/log.ts'
import { by, find, notNow, type Ordered, ordered, readOrder, reason, which } from './order.ts'
import { wake } from '../steps/waiting.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'executions' | 'leases' | 'services' | 'log'>

export const PromoteCall = z.strictObject({ ...which, by, reason })

/** @throws Problem `call_invalid`, `release_missing`, `no_live_release`, `service_missing`, `verb_not_now` */
export function promoteHandler(deps: Deps) {
  return async (event: unknown): Promise<Ordered> => {
    const call = readOrder(PromoteCall, event)
    const after = await record(deps, await find(deps, call), (release) => {
      if (release.frozen?.fix !== undefined) throw fixIsUnderWay(release)
      const { state } = release
      // A move under way must finish first: with two intents at once, nobody could tell what the alias should be.
      const moving = state.phase === 'shifting' && state.move !== undefined
      if (release.drill === true || !isLive(release) || isReturning(release) || !isUnderWay(state) || moving)
        throw notNow(release, 'promote')
      return { type: 'promoteOrdered', atMs: deps.clock.nowMs(), by: call.by, reason: call.reason }
    })
    await wake(deps, after)
    return ordered(deps, after.release, 'promote', call.by)
  }
}
