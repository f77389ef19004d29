// A hook answers by calling this function, after it returned `later` or while it still runs. The first answer counts.
import * as z from 'zod'
import { answerHook, HookAnswer, words } from '../tasks/hook.ts'
import { load } from '../steps/log.ts'
import { notNow, type Ordered, ordered, readOrder, ReleaseId } from './order.ts'
import { wake } from '../steps/waiting.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'executions' | 'log'>

export const AnswerCall = z.object({
  releaseId: ReleaseId,
  hook: z.string().min(1).max(100).describe('The `hook` that the call of the hook carried.'),
  result: HookAnswer.shape.result.exclude(['later']),
  message: HookAnswer.shape.message,
})

/** @throws Problem `call_invalid`, `release_missing`, `verb_not_now` when nothing waits for this answer any more */
export function answerHandler(deps: Deps) {
  return async (event: unknown): Promise<Ordered> => {
    const { releaseId, hook, result, message } = readOrder(AnswerCall, event)
    const loaded = await load(deps, releaseId)
    const after = await answerHook(deps, loaded, hook, result, `hook${words(message, result)}`)
    if (after.release.seq === loaded.release.seq) throw notNow(loaded.release, 'answer')
    await wake(deps, after)
    return ordered(deps, after.release, 'answer', 'hook')
  }
}
