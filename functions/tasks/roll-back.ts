// Puts every alias that is still ours back on stable, or tells people of a release that is frozen instead. The state machine also
// comes here after an unexpected error. Then the release is rolled back, whatever it was about to do.
import { own } from '../../core/own.ts'
import { isAway, problems } from '../../core/problem.ts'
import { isReturning } from '../../core/release/release.ts'
import { type ByRecord, isLogLost, putBack, returnByRecord } from '../steps/by-record.ts'
import { answerHook, noteCall, hookId } from './hook.ts'
import { isUntold, tellFrozen } from '../one-way/frozen.ts'
import { load, type Loaded } from '../steps/log.ts'
import type { World } from '../steps/world.ts'
import { finishReturn, orderReturn } from '../steps/return.ts'
import { taskInput, type TaskInput, taskResult, type TaskResult } from './task.ts'
type RollingBack = ByRecord & Pick<World, 'line'>
type Deps = Pick<RollingBack, 'clock' | 'journal' | 'traffic' | 'line' | 'pager' | 'log'>

/** `outcome` and `sentence`: what the execution fails with when its log is lost. */
type Returned = TaskResult & { readonly outcome: string; readonly sentence: string }

export function rollBackHandler(deps: RollingBack) {
  return async (event: unknown): Promise<Returned> => {
    const input = taskInput(event)
    try {
      return { ...(await rollBack(deps, input)), outcome: '', sentence: '' }
    } catch (error) {
      if (!isLogLost(error)) {
        // A release gets here only after the rollback was decided, so the traffic does not wait for the log.
        const { record } = input
        if (isAway(error) && record !== undefined && record !== null) await putBack(deps, record)
        throw error
      }
      const reason = sentenceOf(input.error ?? strayed)
      const ended = await returnByRecord(deps, input.releaseId, error, {
        by: 'tidegate',
        reason,
        outcome: 'rolledBack',
      })
      return {
        releaseId: input.releaseId,
        next: 'failed',
        seconds: 1,
        record: null,
        outcome: error.name,
        sentence: ended.because,
      }
    }
  }
}

async function rollBack(deps: Deps, input: TaskInput): Promise<TaskResult> {
  const loaded = await load(deps, input.releaseId)
  // Told before all else: an error that comes again is handled then.
  if (isUntold(loaded.release)) return taskResult((await tellFrozen(deps, loaded)).release, deps.clock.nowMs(), input)
  const onItsWay = isReturning(loaded.release) && (input.error ?? undefined) === undefined
  const turned = onItsWay ? loaded : await turnOnError(deps, loaded, input.error ?? strayed)
  const after = await tellFrozen(deps, await finishReturn(deps, turned))
  return taskResult(after.release, deps.clock.nowMs(), input)
}

// The state machine sends only two kinds of release here: those already going back, and those with an error. Otherwise say this.
const strayed = { Error: 'Tidegate.verb_not_now', Cause: 'The state machine went to RollBack.' }

async function turnOnError(deps: Deps, loaded: Loaded, error: NonNullable<TaskInput['error']>): Promise<Loaded> {
  const reason = sentenceOf(error)
  if (!isReturning(loaded.release)) return orderReturn(deps, loaded, { by: 'tidegate', reason, outcome: 'rolledBack' })
  // A hook that cannot even be called must not keep a release from ending.
  if (loaded.release.state.phase !== 'hooks') return loaded
  const called = await noteCall(deps, loaded)
  return answerHook(deps, called, hookId(called.release), 'unknown', reason)
}

/** Lambda's Cause is JSON with the sentence in errorMessage; other causes are plain sentences. For ours, what helps is known. */
function sentenceOf({
  Error: name = 'an error without a name',
  Cause: cause = '',
}: NonNullable<TaskInput['error']>): string {
  const message = /"errorMessage":"((?:[^"\\]|\\.)*)"/.exec(cause)?.[1]
  const sentence = message === undefined ? cause : (JSON.parse(`"${message}"`) as string)
  const fix = own<string>(problems, name.replace(/^Tidegate\./, '')) ?? ''
  const words = `${name}: ${sentence === '' ? 'no cause was given' : sentence}`
  return (words.includes(fix) ? words : `${words} ${fix}`).slice(0, 900)
}
