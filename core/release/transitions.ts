// How a release moves from phase to phase: through hooks, to its end, and back. advance.ts decides when.
import type { Outcome, ReturnOutcome } from './event.ts'
import { freeze } from './freeze.ts'
import { hasWayBack, type HookState, isPastOneWay, type Release, type State } from './release.ts'
import type { HookPoint } from '../service/service.ts'

export const withState = (release: Release, state: State): Release => ({ ...release, state })

/** Prepared, and neither promoted nor on its way back. In these phases a person may pause, promote or stop it. */
export const isUnderWay = (state: State): boolean =>
  state.phase === 'shifting' ||
  state.phase === 'baking' ||
  (state.phase === 'hooks' && state.point !== 'afterPromotion' && state.point !== 'afterRollback')

export function unpaused(release: Release): Release {
  const { paused: _, frozen: _frozen, ...rest } = release
  return rest
}

export function settling(release: Release, outcome: Outcome, because: string, by: string, code?: string): Release {
  return {
    ...withState(release, { phase: 'settling' }),
    ending: release.ending ?? { outcome, because, by, ...(code === undefined ? {} : { code }) },
  }
}

const candidatesOf = ({ targets }: Release): string =>
  targets.map(({ functionName, candidate }) => `${functionName}:${candidate}`).join(', ')

/** Goes to the first hook at `point`, or past the point when it has no hooks. */
export function enterHooks(release: Release, point: HookPoint, step: number, atMs: number): Release {
  return toHook(release, { phase: 'hooks', point, step, index: 0, attempt: 1, sinceMs: atMs }, atMs)
}

const drillIsOver = 'the drill has ended without its fault: nobody made its alarm fire'

/** Goes to the hook that `state` names, or past its point when there is no such hook. */
export function toHook(release: Release, state: HookState, atMs: number): Release {
  const count = release.service.hooks.filter((hook) => hook.at === state.point).length
  if (state.index < count) return withState(release, state)
  switch (state.point) {
    case 'beforeTraffic':
      return enterHooks(release, 'beforeStep', 0, atMs)
    case 'beforeStep':
      // Whoever was to inject its fault has not come back.
      if (release.drill === true && state.step >= release.service.plan.steps.length)
        return turnBack(release, 'rolledBack', drillIsOver, 'policy', atMs)
      return withState(release, { phase: 'shifting', step: state.step, sinceMs: atMs })
    case 'afterPromotion':
      if (release.frozen !== undefined) return withState(release, state)
      return settling(release, 'promoted', `all traffic is on ${candidatesOf(release)}`, 'tidegate')
    case 'afterRollback':
      return withState(release, { phase: 'settling' })
  }
}

/** Applies the policy for a step that stayed unknown for too long: pause and wait for a person, or roll back. */
export function heldTooLong(release: Release, because: string, atMs: number, wished?: 'pause' | 'rollBack'): Release {
  const then = wished ?? release.service.policy.whenHeldTooLong
  if (then === 'pause') {
    const by = wished === undefined ? 'policy.whenHeldTooLong' : 'signals.whenUnknown'
    return { ...release, paused: { by, reason: because, atMs } }
  }
  return turnBack(release, 'rolledBack', because, 'policy', atMs)
}

/**
 * Sends the traffic back, or ends a release that never moved any. If that was decided before, nothing changes. Past a one-way
 * step nothing goes back, whoever wants it: the release stays where it is.
 */
export function turnBack(release: Release, wished: ReturnOutcome, because: string, by: string, atMs: number): Release {
  const { state } = release
  switch (state.phase) {
    case 'returning':
    case 'settling':
    case 'settled':
      return release
    case 'requested':
    case 'queued':
    case 'preparing':
      return settling(release, wished === 'rolledBack' ? 'rejected' : wished, because, by)
    case 'hooks':
    case 'shifting':
    case 'baking': {
      if (state.phase === 'hooks' && state.point === 'afterRollback') return release
      if (isPastOneWay(release)) return freeze(release, 'oneWay', because, by, atMs)
      // A release that never moved traffic counts as rejected, not as rolled back.
      const moves = hasWayBack(release)
      const outcome: Outcome = wished === 'rolledBack' && !moves ? 'rejected' : wished
      const ended: Release = { ...unpaused(release), ending: { outcome, because, by } }
      return moves ? withState(ended, { phase: 'returning' }) : enterHooks(ended, 'afterRollback', 0, atMs)
    }
  }
}
