// A long release outgrows the history of one execution. A successor carries it on, and this execution waits for the end, so that
// whoever watches the first one (CodePipeline) sees how the release ended.
import { isSettled } from '../../core/release/release.ts'
import { load } from '../steps/log.ts'
import { startSuccessor } from '../steps/successor.ts'
import { notTheMachine, taskInput } from './task.ts'
import { type Settled, settledAs } from './settle.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'journal' | 'executions'>

export function handOverHandler(deps: Deps) {
  return async (event: unknown): Promise<Settled | { readonly execution: string }> => {
    const { releaseId, token, execution } = taskInput(event)
    if (token === undefined) throw notTheMachine('a hand-over task has a token')
    const first = await load(deps, releaseId)
    const index = Math.max(0, first.release.executions.indexOf(execution))
    await deps.journal.wait(releaseId, { slot: `handover-${index + 1}`, token })
    const { release } = await load(deps, releaseId)
    // If the release ended between the two reads, nobody else would answer this token.
    if (isSettled(release)) {
      const settled = settledAs(release)
      await deps.executions.wake(token, settled)
      return settled
    }
    return { execution: await startSuccessor(deps, release, index + 1) }
  }
}
