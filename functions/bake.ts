// Lets an execution wait. Its token is stored first and the log read afterwards, so whatever happened in between is seen
// here, and whatever happens from now on finds the token.
import { Problem } from '../core/problem.ts'
import { liveHolder } from './lease.ts'
import { load } from './ledger.ts'
import { taskInput, taskResult, type TaskResult } from './task.ts'
import { turn } from './waiting.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'executions' | 'leases'>

export function bakeHandler(deps: Deps) {
  return async (event: unknown): Promise<TaskResult> => {
    const input = taskInput(event)
    const { releaseId, token } = input
    if (token === undefined) throw new Problem('call_invalid', 'A waiting task has no token.')
    await deps.journal.wait(releaseId, { slot: turn, token })
    const { release } = await load(deps, releaseId)
    const result = taskResult(release, deps.clock.nowMs(), input)
    const mayWait =
      result.next === 'queue' ? await isTaken(deps, release.service.name, releaseId) : result.next === 'bake'
    if (!mayWait) await deps.executions.wake(token, {})
    return result
  }
}

/** Whether another release holds the lease: if none does, nobody would ever wake the one in the queue. */
async function isTaken(deps: Deps, service: string, releaseId: string): Promise<boolean> {
  const holder = await liveHolder(deps, service)
  return holder !== undefined && holder.release.id !== releaseId
}
