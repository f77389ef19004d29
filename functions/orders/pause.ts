// A person pauses or resumes a release.
import * as z from 'zod'
import { fixIsUnderWay } from '../../core/freeze/words.ts'
import { isUnderWay } from '../../core/release/transitions.ts'
import { isLive, isReturning } from '../../core/release/release.ts'
import { record } from '../steps/log.ts'
import { by, find, notNow, type Ordered, ordered, readOrder, reason, which } from './order.ts'
import { wake } from '../steps/waiting.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'executions' | 'leases' | 'services' | 'log'>

export const PauseCall = z.discriminatedUnion('verb', [
  z.strictObject({ verb: z.literal('pause'), ...which, by, reason }),
  z.strictObject({ verb: z.literal('resume'), ...which, by }),
])

/** @throws Problem `call_invalid`, `release_missing`, `no_live_release`, `service_missing`, `verb_not_now` */
export function pauseHandler(deps: Deps) {
  return async (event: unknown): Promise<Ordered> => {
    const call = readOrder(PauseCall, event)
    const after = await record(deps, await find(deps, call), (release) => {
      if (release.frozen?.fix !== undefined) throw fixIsUnderWay(release)
      const atMs = deps.clock.nowMs()
      const mayResume = call.verb === 'resume' && release.frozen !== undefined
      if (!isLive(release) || isReturning(release) || !(isUnderWay(release.state) || mayResume))
        throw notNow(release, call.verb)
      if (call.verb === 'pause')
        return release.paused === undefined ? { type: 'paused', atMs, by: call.by, reason: call.reason } : undefined
      if (release.paused === undefined) throw notNow(release, call.verb)
      return { type: 'resumed', atMs, by: call.by }
    })
    await wake(deps, after)
    return ordered(deps, after.release, call.verb, call.by)
  }
}
