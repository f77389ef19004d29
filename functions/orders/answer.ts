// A hook answers by calling this function, after it returned `later`. The first answer counts. Before that, it may say
// how far it is. Only who was called knows the nonce of the call, so nobody else can answer. The log has no more than its hash.
import { timingSafeEqual } from 'node:crypto'
import * as z from 'zod'
import { Problem } from '../../core/problem.ts'
import { currentHook } from '../../core/release/next.ts'
import type { Release } from '../../core/release/release.ts'
import { minuteMs } from '../../core/time.ts'
import { answerHook, HookAnswer, hookId, words } from '../tasks/hook.ts'
import { load, type Loaded, record } from '../steps/log.ts'
import { notNow, type Ordered, ordered, readOrder, ReleaseId } from './order.ts'
import { wake } from '../steps/waiting.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'executions' | 'log' | 'digest'>

export const AnswerCall = z.object({
  releaseId: ReleaseId,
  hook: z.string().min(1).max(100).describe('The `hook` that the call of the hook carried.'),
  nonce: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe(
      'The `answer.nonce` that it carried. Only a hook that was called before there were nonces answers without.',
    ),
  result: HookAnswer.shape.result.describe(
    'later: it is not done yet, and `message` says how far it is. That is kept at most 100 times in the timeout, and once a minute.',
  ),
  message: HookAnswer.shape.message,
})
type AnswerCall = z.output<typeof AnswerCall>

/**
 * @throws Problem `call_invalid`, `release_missing`, `answer_unproven`, `hook_running`, `verb_not_now` when nothing waits for
 * this answer any more
 */
export function answerHandler(deps: Deps) {
  return async (event: unknown): Promise<Ordered> => {
    const call = readOrder(AnswerCall, event)
    const { releaseId, hook, result, message } = call
    const loaded = await load(deps, releaseId)
    const proof = proofOf(deps, loaded.release, call)
    if (result === 'later') return ordered(deps, (await noteProgress(deps, loaded, call)).release, 'answer', 'hook')
    const after = await answerHook(deps, loaded, hook, result, `hook${words(message, result)}`, proof)
    if (after.release.seq === loaded.release.seq) throw notNow(loaded.release, 'answer')
    if (proof === 'none') deps.log({ message: `hook ${hook} answered without a nonce`, releaseId })
    await wake(deps, after)
    return ordered(deps, after.release, 'answer', 'hook')
  }
}

const progressMost = 100

/** How far the hook is. It changes nothing, so nobody is woken; what is said too soon after the last time is left out. */
async function noteProgress(deps: Deps, loaded: Loaded, { hook, message }: AnswerCall): Promise<Loaded> {
  const said = words(message, 'later')
  return record(deps, loaded, (release) => {
    const { state } = release
    if (state.phase !== 'hooks' || state.calledAtMs === undefined || hookId(release) !== hook) return undefined
    const atMs = deps.clock.nowMs()
    const everyMs = Math.max(minuteMs, ((currentHook(release)?.timeoutSeconds ?? 0) * 1000) / progressMost)
    if (state.progress !== undefined && atMs < state.progress.atMs + everyMs) return undefined
    const { point, step, index, attempt } = state
    return { type: 'hookDeferred', atMs, point, step, index, attempt, said: `the hook${said}` }
  })
}

/** @throws Problem `answer_unproven`, `hook_running`, `verb_not_now` */
function proofOf({ digest }: Deps, release: Release, { hook, nonce }: AnswerCall): 'nonce' | 'none' {
  const { state } = release
  if (state.phase !== 'hooks' || state.calledAtMs === undefined || hookId(release) !== hook)
    throw notNow(release, 'answer')
  const { nonceSha256, deferred } = state
  if (nonceSha256 !== undefined && !isEqual(digest(nonce ?? ''), nonceSha256))
    throw new Problem('answer_unproven', `The answer for hook ${hook} of ${release.id} has not the nonce of its call.`)
  if (deferred !== true) throw new Problem('hook_running', `Hook ${hook} of ${release.id} has not returned \`later\`.`)
  return nonceSha256 === undefined ? 'none' : 'nonce'
}

/** Takes as long wherever two hashes differ, so that time tells nothing. */
const isEqual = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
