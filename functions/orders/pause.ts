// A person pauses or resumes a release.
import * as z from 'zod'
import { quoted, withStop } from '../../core/foreign-text.ts'
import { fixIsUnderWay } from '../../core/freeze/words.ts'
import { isUnderWay } from '../../core/release/transitions.ts'
import { isLive, isReturning, type Release } from '../../core/release/release.ts'
import { minuteWords } from '../../core/time.ts'
import { record } from '../steps/log.ts'
import { by, find, notNow, type Ordered, ordered, readOrder, reason, which } from './order.ts'
import { wake } from '../steps/waiting.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'executions' | 'leases' | 'services' | 'log'>

export const PauseCall = z.discriminatedUnion('verb', [
  z.strictObject({ verb: z.literal('pause'), ...which, by, reason }),
  z.strictObject({ verb: z.literal('resume'), ...which, by }),
])

/** The pause, its reason and its end are those of the first one. */
const alreadyWords = ({ by, reason, atMs }: NonNullable<Release['paused']>): string =>
  `It was paused already, at ${minuteWords(atMs)}: ${withStop(quoted(reason, by))} Your reason is not kept.`

/** @throws Problem `call_invalid`, `release_missing`, `no_live_release`, `service_missing`, `verb_not_now` */
export function pauseHandler(deps: Deps) {
  return async (event: unknown): Promise<Ordered> => {
    const call = readOrder(PauseCall, event)
    const before: { paused: Release['paused'] | undefined } = { paused: undefined }
    const after = await record(deps, await find(deps, call), (release) => {
      before.paused = release.paused
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
    const answer = ordered(deps, after.release, call.verb, call.by)
    return call.verb === 'pause' && before.paused !== undefined
      ? { ...answer, note: alreadyWords(before.paused) }
      : answer
  }
}
