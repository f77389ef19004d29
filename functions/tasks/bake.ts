// Lets an execution wait. The token is stored first and the log is read afterwards, so anything that happened before is seen
// here, and anything that happens later finds the token.
import type { Release } from '../../core/release/release.ts'
import { isOver } from '../steps/lease.ts'
import { load } from '../steps/log.ts'
import { notTheMachine, taskInput, taskResult, type TaskResult } from './task.ts'
import { lookAgain, turn } from '../steps/waiting.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'executions'>

export function bakeHandler(deps: Deps) {
  return async (event: unknown): Promise<TaskResult> => {
    const input = taskInput(event)
    const { releaseId, token } = input
    if (token === undefined) throw notTheMachine('a waiting task has a token')
    await deps.journal.wait(releaseId, { slot: turn, token })
    const { release } = await load(deps, releaseId)
    const result = taskResult(release, deps.clock.nowMs(), input)
    const mayWait = result.next === 'queue' ? await isBehindSomebody(deps, release) : result.next === 'bake'
    if (!mayWait) await deps.executions.wake(token, lookAgain)
    return result
  }
}

/** A release that ends wakes the next one. If the release that we wait behind has already ended, nobody would wake us. */
const isBehindSomebody = async (deps: Deps, { state }: Release): Promise<boolean> =>
  state.phase === 'queued' && !(await isOver(deps, state.behind))
