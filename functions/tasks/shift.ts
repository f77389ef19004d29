// Moves the traffic one step forward, or promotes: logs the intent, writes the aliases, logs the result. Before the first shift
// it also stores the return record, which is what a rollback without the log needs. Before the first act of a one-way step it
// proves the way back once more, and notes that from then on there is none.
import { wayForward } from '../../core/release/move.ts'
import { nextAct } from '../../core/release/next.ts'
import { returnRecordOf } from '../../core/release/return-record.ts'
import { isBeforeOneWay } from '../../core/release/gating.ts'
import { carryOut } from '../steps/aliases.ts'
import { load, type Loaded, record } from '../steps/log.ts'
import { passOneWay } from '../one-way/pass.ts'
import { taskInput, taskResult, type TaskResult } from './task.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'traffic' | 'returns' | 'versions'>

export function shiftHandler(deps: Deps) {
  return async (event: unknown): Promise<TaskResult> => {
    const input = taskInput(event)
    const loaded = await load(deps, input.releaseId)
    if (isBeforeOneWay(loaded.release)) {
      const { release } = await passOneWay(deps, loaded)
      return taskResult(release, deps.clock.nowMs(), input)
    }
    await noteWayBack(deps, loaded)
    const announced = await record(deps, loaded, (release) => {
      const { state } = release
      const atMs = deps.clock.nowMs()
      if (state.phase !== 'shifting' || state.move !== undefined || nextAct(release, atMs).act !== 'shift')
        return undefined
      return { type: 'moveIntended', atMs, move: wayForward(release, state.step) }
    })
    const after = announced.release.state.phase === 'shifting' ? await carryOut(deps, announced) : announced
    return taskResult(after.release, deps.clock.nowMs(), input)
  }
}

async function noteWayBack(deps: Deps, { release }: Loaded): Promise<void> {
  const wanted = release.state.phase === 'shifting' && release.shifts.length === 0 ? returnRecordOf(release) : undefined
  if (wanted !== undefined) await deps.returns.put(wanted)
}
