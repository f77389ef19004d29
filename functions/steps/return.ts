// The fast rollback, for an alarm, a person, a newer release or the sweep: one log append that is both decision and intent, then
// the alias writes, then a wake-up of the waiting execution.
import type { ReturnOutcome } from '../../core/release/event.ts'
import { wayBack } from '../../core/release/move.ts'
import { Problem } from '../../core/problem.ts'
import { noWayBack } from '../../core/freeze/words.ts'
import { awaitsFix, hasWayBack, isLive, isPastOneWay, isReturning } from '../../core/release/release.ts'
import { carryOut } from './aliases.ts'
import { type Loaded, record } from './log.ts'
import { wake } from './waiting.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'journal' | 'traffic' | 'executions' | 'log'>

type Order = {
  readonly by: string
  readonly reason: string
  readonly outcome: ReturnOutcome
  /** A person is told that there is no way back; whatever else orders it freezes the release. */
  readonly isPersons?: true
}

/**
 * Decides that a live release goes back, and announces the alias writes. Past a one-way step it is frozen instead.
 * @throws Problem `one_way_passed` to a person
 */
export function orderReturn(deps: Pick<Deps, 'clock' | 'journal'>, loaded: Loaded, order: Order): Promise<Loaded> {
  return record(deps, loaded, (release) => {
    if (!isLive(release) || isReturning(release)) return undefined
    const { isPersons, ...ordered } = order
    if (isPastOneWay(release)) {
      if (isPersons === true) throw noWayBack(release)
      const { by, reason } = order
      return awaitsFix(release) ? undefined : { type: 'frozen', atMs: deps.clock.nowMs(), by, reason }
    }
    const move = hasWayBack(release) ? { move: wayBack(release) } : {}
    return { type: 'returnOrdered', atMs: deps.clock.nowMs(), ...ordered, ...move }
  })
}

/** Announces the remaining writes of the rollback, unless they have been, and carries them out. */
export async function finishReturn(deps: Pick<Deps, 'clock' | 'journal' | 'traffic'>, loaded: Loaded): Promise<Loaded> {
  const announced = await record(deps, loaded, (release) =>
    release.state.phase === 'returning' && release.state.move === undefined
      ? { type: 'moveIntended', atMs: deps.clock.nowMs(), move: wayBack(release) }
      : undefined,
  )
  return announced.release.state.phase === 'returning' ? carryOut(deps, announced) : announced
}

/**
 * Puts the traffic of a live release back now, and wakes its execution to settle. Does nothing if the release has already ended
 * or is on its way back.
 * @param before what is done once the traffic is back, and before anybody is told of it
 * @returns `woken`: false when Step Functions did not answer; the traffic has moved all the same
 * @throws Problem of the traffic port. By then the intent is in the log, and the execution has been woken to keep trying.
 */
export async function returnNow(
  deps: Deps,
  loaded: Loaded,
  order: Order,
  before: (returned: Loaded) => Promise<Loaded> = (returned) => Promise.resolve(returned),
): Promise<Loaded & { readonly woken: boolean }> {
  const ordered = await orderReturn(deps, loaded, order)
  try {
    const after = await before(await finishReturn(deps, ordered))
    return { ...after, woken: await wakeOrLog(deps, after) }
  } catch (error) {
    await wakeOrLog(deps, ordered)
    throw error
  }
}

/** The traffic matters most. A failed wake-up only delays settling, and must not make the rollback look failed. */
async function wakeOrLog(deps: Deps, loaded: Loaded): Promise<boolean> {
  try {
    await wake(deps, loaded)
    return true
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    deps.log({ ...error.line, releaseId: loaded.release.id })
    return false
  }
}
