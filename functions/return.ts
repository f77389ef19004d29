// The fast path back, for an alarm, a person, a newer release or the sweep: one append that is decision and intent at
// once, then the aliases, then a word to whoever waits.
import type { Clock, Executions, Journal, Traffic } from '../cloud/ports.ts'
import type { ReturnOutcome } from '../core/event.ts'
import { wayBack } from '../core/move.ts'
import { hasTraffic, isLive, isReturning } from '../core/release.ts'
import { carryOut } from './aliases.ts'
import { type Loaded, record } from './ledger.ts'
import { wake } from './waiting.ts'

type Deps = {
  readonly clock: Clock
  readonly journal: Journal
  readonly traffic: Traffic
  readonly executions: Executions
}

type Order = { readonly by: string; readonly reason: string; readonly outcome: ReturnOutcome }

/** Decides the return of a live release, and announces the writes that it takes. */
export function orderReturn(deps: Pick<Deps, 'clock' | 'journal'>, loaded: Loaded, order: Order): Promise<Loaded> {
  return record(deps, loaded, (release) => {
    if (!isLive(release) || isReturning(release)) return undefined
    const move = hasTraffic(release) ? { move: wayBack(release) } : {}
    return { type: 'returnOrdered', atMs: deps.clock.nowMs(), ...order, ...move }
  })
}

/** Announces the writes that the return still takes, if nobody has, and carries them out. */
export async function finishReturn(deps: Omit<Deps, 'executions'>, loaded: Loaded): Promise<Loaded> {
  const announced = await record(deps, loaded, (release) =>
    release.state.phase === 'returning' && release.state.move === undefined
      ? { type: 'moveIntended', atMs: deps.clock.nowMs(), move: wayBack(release) }
      : undefined,
  )
  return announced.release.state.phase === 'returning' ? carryOut(deps, announced) : announced
}

/**
 * Puts the traffic of a live release back now, and wakes its execution to settle. Does nothing to a release that has
 * already ended or is on its way back.
 * @throws Problem of the traffic port; the intent is in the log by then, so that a retry or the sweep finishes it
 */
export async function returnNow(deps: Deps, loaded: Loaded, order: Order): Promise<Loaded> {
  const after = await finishReturn(deps, await orderReturn(deps, loaded, order))
  await wake(deps, after)
  return after
}
