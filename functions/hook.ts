// Calls the team's own function at the point where the release stands, and tells it everything. It answers at once, or
// later through the function `answer`; what it does not answer is unknown.
import * as z from 'zod'
import type { HookReply } from '../cloud/ports.ts'
import { currentHook } from '../core/next.ts'
import { Problem } from '../core/problem.ts'
import { type Release, weightAt } from '../core/release.ts'
import { load, type Loaded, record } from './ledger.ts'
import { taskInput, taskResult, type TaskResult } from './task.ts'
import { turn } from './waiting.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'hooks' | 'executions'>

export const HookAnswer = z.strictObject({
  result: z.enum(['pass', 'fail', 'later']),
  message: z.string().max(500).optional(),
})

export function hookHandler(deps: Deps) {
  return async (event: unknown): Promise<TaskResult> => {
    const input = taskInput(event)
    const { releaseId, token } = input
    if (token === undefined) throw new Problem('call_invalid', 'A hook task has no token.')
    // Stored first, so that whoever answers or turns the release back from now on finds somebody to wake.
    await deps.journal.wait(releaseId, { slot: turn, token })
    const loaded = await load(deps, releaseId)
    const after = currentHook(loaded.release) === undefined ? loaded : await callHook(deps, loaded)
    const result = taskResult(after.release, deps.clock.nowMs(), input)
    const { state } = after.release
    const awaited = state.phase === 'hooks' && state.calledAtMs !== undefined
    if (!awaited) await deps.executions.wake(token, {})
    return result
  }
}

/** Notes in the log that the hook's turn has come, before anything is sent to it. */
export function noteCall(deps: Pick<Deps, 'clock' | 'journal'>, loaded: Loaded): Promise<Loaded> {
  return record(deps, loaded, (release) => {
    const { state } = release
    if (state.phase !== 'hooks' || state.calledAtMs !== undefined) return undefined
    const { point, step, index, attempt } = state
    return { type: 'hookCalled', atMs: deps.clock.nowMs(), point, step, index, attempt }
  })
}

/** A hook that has said `later` is left in peace; one of which nothing is known is called, perhaps again. */
async function callHook(deps: Deps, loaded: Loaded): Promise<Loaded> {
  const called = await noteCall(deps, loaded)
  const { state } = called.release
  const hook = currentHook(called.release)
  if (state.phase !== 'hooks' || hook === undefined || state.deferred === true) return called
  const id = hookId(called.release)
  const reply = readReply(await deps.hooks.call(hook.functionName, hookPayload(called.release)))
  if (reply !== 'later')
    return answerHook(deps, called, id, reply.answer, `hook ${hook.functionName}: ${reply.because}`)
  return record(deps, called, ({ state: now, ...release }) => {
    if (now.phase !== 'hooks' || hookId({ ...release, state: now }) !== id) return undefined
    const { point, step, index, attempt } = now
    return { type: 'hookDeferred', atMs: deps.clock.nowMs(), point, step, index, attempt }
  })
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
function hookPayload(release: Release): unknown {
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
    ...(release.ending === undefined ? {} : { outcome: release.ending.outcome, because: release.ending.because }),
  }
}

function readReply(reply: HookReply): 'later' | { answer: 'pass' | 'fail' | 'unknown'; because: string } {
  // A hook that throws has failed: smoke tests throw. One that ran out of time said nothing.
  if (reply.kind === 'broken') {
    const silent = /timed out/i.test(reply.because)
    return { answer: silent ? 'unknown' : 'fail', because: reply.because }
  }
  const parsed = HookAnswer.safeParse(reply.payload)
  if (!parsed.success) return { answer: 'fail', because: 'answered neither pass nor fail nor later' }
  const { result, message } = parsed.data
  return result === 'later' ? 'later' : { answer: result, because: message ?? `answered ${result}` }
}
