// Handles a release whose execution is gone. The traffic goes back at once, unless nothing is left to decide. Then a successor
// execution takes the release to its end.
import { Problem } from '../../core/problem.ts'
import { isReturning, isSettled, type Release } from '../../core/release/release.ts'
import { answerHook, hookId, noteCall } from '../tasks/hook.ts'
import type { Loaded } from '../steps/log.ts'
import { finishReturn, orderReturn } from '../steps/return.ts'
import { settle } from '../tasks/settle.ts'
import { startSuccessor } from '../steps/successor.ts'
import type { World } from '../steps/world.ts'

type Deps = Parameters<typeof settle>[0] & Pick<World, 'traffic'>

// After this many executions have died on one release, the sweep ends it itself.
const executionsMax = 4

const order = { by: 'sweep', reason: 'its execution ended before the release did', outcome: 'aborted' } as const

/** @throws Problem when AWS refuses or fails; the release stays open for the next sweep */
export async function takeOver(deps: Deps, loaded: Loaded): Promise<void> {
  const { release } = loaded
  const count = release.executions.length
  const isNew = count === 0
  const back = isNew || mayGoOn(release) ? loaded : await orderReturn(deps, loaded, order)
  const returned = await finishReturn(deps, back)
  if (count < executionsMax && (await hasSuccessor(deps, returned.release))) return
  await endHere(deps, await finishReturn(deps, await orderReturn(deps, returned, order)))
}

async function hasSuccessor(deps: Deps, release: Release): Promise<boolean> {
  try {
    await startSuccessor(deps, release, release.executions.length)
    return true
  } catch (error) {
    if (error instanceof Problem && error.code === 'execution_lost') return false
    throw error
  }
}

/** The candidate was promoted or the rollback decided, so only the end is missing; or nothing has started that could do harm. */
const mayGoOn = (release: Release): boolean =>
  isReturning(release) ||
  ['settling', 'requested', 'queued', 'preparing'].includes(release.state.phase) ||
  (release.state.phase === 'hooks' && release.state.point === 'afterPromotion')

/** Hooks that no execution lived long enough to call are skipped, and the log says so. */
async function endHere(deps: Deps, loaded: Loaded): Promise<void> {
  let current = loaded
  while (current.release.state.phase === 'hooks') {
    const called = await noteCall(deps, current)
    const because = 'not called: every execution of this release has died'
    current = await answerHook(deps, called, hookId(called.release), 'unknown', because)
    if (!isReturning(current.release) && current.release.state.phase === 'hooks') return
  }
  if (current.release.state.phase === 'settling' || isSettled(current.release)) await settle(deps, current.release.id)
}
