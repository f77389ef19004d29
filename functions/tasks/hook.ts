// Calls the team's own function at the point where the release stands, and tells it everything. The state machine waits
// for its answer and not for us: we may run as long as Lambda lets a function run, and whatever the hook returns or throws
// by then is its answer. It may also answer through the function `answer`, then or later; the first answer counts, and what
// is not answered in time is unknown.
import * as z from 'zod'
import type { HookReply } from '../../cloud/ports.ts'
import { currentHook } from '../../core/release/next.ts'
import { Problem } from '../../core/problem.ts'
import { type Release, weightAt } from '../../core/release/release.ts'
import { load, type Loaded, record } from '../steps/log.ts'
import { notTheMachine, taskInput, taskResult, type TaskResult } from './task.ts'
import { lookAgain, turn, wake } from '../steps/waiting.ts'
import type { Call, World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'hooks' | 'executions' | 'log'>

const messageMax = 500

/** More fields are welcome; what is no message is none, and a long one is cut (`words`). */
export const HookAnswer = z.object({
  result: z.enum(['pass', 'fail', 'later']),
  message: z.string().optional().catch(undefined).describe(`Cut at ${messageMax} characters.`),
})

export function hookHandler(deps: Deps) {
  return async (event: unknown, call: Call): Promise<TaskResult> => {
    const input = taskInput(event)
    const { releaseId, token } = input
    if (token === undefined) throw notTheMachine('a hook task has a token')
    // Stored first, so that whoever answers or turns the release back from now on finds somebody to wake.
    await deps.journal.wait(releaseId, { slot: turn, token })
    const loaded = await load(deps, releaseId)
    const after = currentHook(loaded.release) === undefined ? loaded : await callHook(deps, call, loaded)
    const { state } = after.release
    const isAwaited = state.phase === 'hooks' && state.calledAtMs !== undefined
    // After a long call the machine may wait by another token than ours.
    if (!isAwaited && !(await deps.executions.wake(token, lookAgain)) && after.release.seq > loaded.release.seq)
      await wake(deps, after)
    return taskResult(after.release, deps.clock.nowMs(), input)
  }
}

/** Notes in the log that the hook's turn has come, before anything is sent to it. */
export async function noteCall(
  deps: Pick<Deps, 'clock' | 'journal'>,
  loaded: Loaded,
): Promise<Loaded & { /** Nobody else noted it. */ readonly isOurs: boolean }> {
  let isOurs = false
  const noted = await record(deps, loaded, (release) => {
    const { state } = release
    isOurs = state.phase === 'hooks' && state.calledAtMs === undefined
    if (state.phase !== 'hooks' || !isOurs) return undefined
    const { point, step, index, attempt } = state
    return { type: 'hookCalled', atMs: deps.clock.nowMs(), point, step, index, attempt }
  })
  return { ...noted, isOurs }
}

/**
 * Only who has noted the call makes it: Lambda may deliver us twice, and the machine may ask again. So an attempt is one
 * call at most; if we die before it or during it, its time runs out, and the next attempt is another one.
 */
async function callHook(deps: Deps, call: Call, loaded: Loaded): Promise<Loaded> {
  const called = await noteCall(deps, loaded)
  const hook = currentHook(called.release)
  if (!called.isOurs || hook === undefined) return called
  const { id: releaseId } = called.release
  const id = hookId(called.release)
  const reply = await replyOf(deps, hook.functionName, hookPayload(called.release, hook.timeoutSeconds, call))
  if (reply === 'nobodyKnows') {
    deps.log({ message: `hook ${hook.functionName}: nobody knows whether it was called`, releaseId })
    return called
  }
  if (reply !== 'later')
    return answerHook(deps, called, id, reply.answer, `hook ${hook.functionName}: ${reply.because}`)
  return record(deps, called, (release) => {
    const { state: now } = release
    if (now.phase !== 'hooks' || hookId(release) !== id) return undefined
    const { point, step, index, attempt } = now
    return { type: 'hookDeferred', atMs: deps.clock.nowMs(), point, step, index, attempt }
  })
}

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
      : { answer: 'unknown', because: `not called: ${error.message}` }
  }
}

/** Names one attempt at one hook of one release, so that a late answer is told from a present one. */
export function hookId({ state }: Release): string {
  return state.phase === 'hooks' ? `${state.point}/${state.step}/${state.index}/${state.attempt}` : ''
}

/** Records an answer, if that attempt is still the one that is awaited. */
export function answerHook(
  deps: Pick<Deps, 'clock' | 'journal'>,
  loaded: Loaded,
  id: string,
  answer: 'pass' | 'fail' | 'unknown',
  because: string,
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
    }
  })
}

/** Everything that a hook may want to know (docs/reference.md). Weights in percent, as people read them. */
function hookPayload(release: Release, timeoutSeconds: number, call: Call): unknown {
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
    attempt: state.attempt,
    targets: release.targets.map(({ functionName, alias, stable, candidate }) => ({
      function: functionName,
      alias,
      stable,
      candidate,
    })),
    answer: {
      // Ours and `answer` are functions of one installation.
      function: call.functionName.replace(/hook$/, 'answer'),
      before: new Date((state.calledAtMs ?? 0) + timeoutSeconds * 1000).toISOString(),
    },
    ...(release.ending === undefined ? {} : { outcome: release.ending.outcome, because: release.ending.because }),
  }
}

function readReply(reply: HookReply): Answered | 'later' {
  // A hook that throws has failed: smoke tests throw. One that ran out of time said nothing.
  if (reply.kind === 'broken') return { answer: 'fail', because: reply.because }
  if (reply.kind === 'timedOut') return { answer: 'unknown', because: reply.because }
  const parsed = HookAnswer.safeParse(reply.payload)
  if (!parsed.success) return { answer: 'fail', because: 'answered neither pass nor fail nor later' }
  const { result, message } = parsed.data
  return result === 'later' ? 'later' : { answer: result, because: words(message) ?? `answered ${result}` }
}

export const words = (message: string | undefined): string | undefined => message?.slice(0, messageMax)
