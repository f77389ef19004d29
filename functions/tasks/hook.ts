// Calls the team's hook function for the point where the release stands. The state machine waits for the answer, not for this
// function. So this function may run up to Lambda's limit, and what the hook returns or throws by then is its answer. The hook
// may return `later`, and answer through the function `answer` with the nonce of its call. No answer in time is unknown.
import * as z from 'zod'
import type { HookReply } from '../../cloud/ports.ts'
import { waveNamed } from '../../core/definition/waves.ts'
import { quoted } from '../../core/foreign-text.ts'
import { currentHook } from '../../core/release/next.ts'
import { Problem } from '../../core/problem.ts'
import { type Release, weightAt } from '../../core/release/release.ts'
import { load, type Loaded, record } from '../steps/log.ts'
import { notTheMachine, taskInput, taskResult, type TaskResult } from './task.ts'
import { lookAgain, turn, wake } from '../steps/waiting.ts'
import type { Call, World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'hooks' | 'executions' | 'log' | 'digest' | 'nonce'>

const messageMax = 500

/** Extra fields are allowed. A message that is not text is ignored, and a long one is cut (`words`). */
export const HookAnswer = z.object({
  result: z.enum(['pass', 'fail', 'unknown', 'later']),
  message: z.string().optional().catch(undefined).describe(`Cut at ${messageMax} characters.`),
})

export function hookHandler(deps: Deps) {
  return async (event: unknown, call: Call): Promise<TaskResult> => {
    const input = taskInput(event)
    const { releaseId, token } = input
    if (token === undefined) throw notTheMachine('a hook task has a token')
    // Store the token first, so that whoever answers or turns the release back from now on can wake the execution.
    await deps.journal.wait(releaseId, { slot: turn, token })
    const loaded = await load(deps, releaseId)
    const after = currentHook(loaded.release) === undefined ? loaded : await callHook(deps, call, loaded)
    const { state } = after.release
    const isAwaited = state.phase === 'hooks' && state.calledAtMs !== undefined
    // After a long call, the machine may already be waiting with a newer token.
    if (!isAwaited && !(await deps.executions.wake(token, lookAgain)) && after.release.seq > loaded.release.seq)
      await wake(deps, after)
    return taskResult(after.release, deps.clock.nowMs(), input)
  }
}

/** Logs that the hook is called, before anything is sent to it. The log has only the hash of what its answer has to prove. */
export async function noteCall(
  deps: Pick<Deps, 'clock' | 'journal'>,
  loaded: Loaded,
  nonceSha256?: string,
): Promise<Loaded & { /** This call wrote the log entry. */ readonly isOurs: boolean }> {
  let isOurs = false
  const noted = await record(deps, loaded, (release) => {
    const { state } = release
    isOurs = state.phase === 'hooks' && state.calledAtMs === undefined
    if (state.phase !== 'hooks' || !isOurs) return undefined
    const { point, step, index, attempt } = state
    const proof = nonceSha256 === undefined ? {} : { nonceSha256 }
    return { type: 'hookCalled', atMs: deps.clock.nowMs(), point, step, index, attempt, ...proof }
  })
  return { ...noted, isOurs }
}

/**
 * Only the call that logged `hookCalled` calls the hook, because Lambda may deliver us twice and the machine may ask again. So an
 * attempt makes at most one call. If we die before or during it, the attempt times out and the next one follows.
 */
async function callHook(deps: Deps, call: Call, loaded: Loaded): Promise<Loaded> {
  const nonce = deps.nonce()
  const called = await noteCall(deps, loaded, deps.digest(nonce))
  const hook = currentHook(called.release)
  if (!called.isOurs || hook === undefined) return called
  const { id: releaseId } = called.release
  const id = hookId(called.release)
  const reply = await replyOf(deps, hook.functionName, hookPayload(called.release, hook.timeoutSeconds, call, nonce))
  const unheard = reply === 'nobodyKnows'
  if (unheard) deps.log({ message: `hook ${hook.functionName}: it is not known whether it was called`, releaseId })
  if (reply !== 'later' && reply !== 'nobodyKnows')
    return answerHook(deps, called, id, reply.answer, `hook ${hook.functionName}${reply.because}`)
  return record(deps, called, (release) => {
    const { state: now } = release
    if (now.phase !== 'hooks' || hookId(release) !== id) return undefined
    const { point, step, index, attempt } = now
    const how = unheard ? { unheard } : {}
    return { type: 'hookDeferred', atMs: deps.clock.nowMs(), point, step, index, attempt, ...how }
  })
}

/** `because` goes on after the name of the hook. */
type Answered = { readonly answer: 'pass' | 'fail' | 'unknown'; readonly because: string }

async function replyOf(
  { hooks }: Deps,
  functionName: string,
  payload: unknown,
): Promise<Answered | 'later' | 'nobodyKnows'> {
  try {
    return readReply(await hooks.call(functionName, payload))
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return error.code === 'aws_unavailable'
      ? 'nobodyKnows'
      : { answer: 'unknown', because: `: not called: ${error.message}` }
  }
}

/** Identifies one attempt of one hook of one release, so that a late answer is not taken for the current one. */
export function hookId({ state }: Release): string {
  return state.phase === 'hooks' ? `${state.point}/${state.step}/${state.index}/${state.attempt}` : ''
}

/** Logs an answer, if that attempt is still awaited. */
export function answerHook(
  deps: Pick<Deps, 'clock' | 'journal'>,
  loaded: Loaded,
  id: string,
  answer: 'pass' | 'fail' | 'unknown',
  because: string,
  proof?: 'nonce' | 'none',
): Promise<Loaded> {
  return record(deps, loaded, (release) => {
    const { state } = release
    if (state.phase !== 'hooks' || state.calledAtMs === undefined || hookId(release) !== id) return undefined
    const { point, step, index, attempt } = state
    return {
      type: 'hookAnswered',
      atMs: deps.clock.nowMs(),
      point,
      step,
      index,
      attempt,
      answer,
      because: because.slice(0, 1000),
      ...(proof === undefined ? {} : { proof }),
    }
  })
}

/** Everything that a hook may need to know (docs/reference.md). Weights are in percent, because people read them. */
function hookPayload(release: Release, timeoutSeconds: number, call: Call, nonce: string): unknown {
  const { state } = release
  if (state.phase !== 'hooks') return {}
  return {
    release: release.id,
    service: release.service.name,
    hook: hookId(release),
    point: state.point,
    step: state.step + 1,
    steps: release.service.plan.steps.length,
    weightPercent: weightAt(release, state.step) / 100,
    ...waveNamed(release.service, state.step),
    attempt: state.attempt,
    targets: release.targets.map(({ functionName, alias, stable, candidate }) => ({
      function: functionName,
      alias,
      stable,
      candidate,
    })),
    answer: {
      // This function and `answer` share the controller's name prefix.
      function: call.functionName.replace(/hook$/, 'answer'),
      nonce,
      before: new Date((state.calledAtMs ?? 0) + timeoutSeconds * 1000).toISOString(),
    },
    ...(release.ending === undefined ? {} : { outcome: release.ending.outcome, because: release.ending.because }),
  }
}

function readReply(reply: HookReply): Answered | 'later' {
  // A hook that throws has failed, because smoke tests throw. A hook that timed out has not answered.
  if (reply.kind === 'broken') return { answer: 'fail', because: `: ${reply.because}` }
  if (reply.kind === 'timedOut') return { answer: 'unknown', because: `: ${reply.because}` }
  const parsed = HookAnswer.safeParse(reply.payload)
  if (!parsed.success) return { answer: 'fail', because: ': answered neither pass nor fail nor unknown nor later' }
  const { result, message } = parsed.data
  return result === 'later' ? 'later' : { answer: result, because: words(message, result) }
}

/** What a hook said, after its name: its own words, marked as such. */
export const words = (message: string | undefined, result: string): string =>
  message === undefined ? `: answered ${result}` : ` says ${quoted(message, undefined, messageMax)}`
