// Which alias writes a release needs: for each alias the routing it should get and the revision that we expect it to have. The
// first attempt, the retry after a crash, the fast path and the sweep all use these functions.
import type { Move } from './event.ts'
import { isInWaves } from '../definition/waves.ts'
import { type ReleaseTarget, type Release, weightAt, weightOn } from './release.ts'
import { only, type Routing, sameRouting, shareBp, split, wholeBp } from '../service/routing.ts'

const ours = (release: Release): readonly ReleaseTarget[] => release.targets.filter((target) => !target.lost)

function moveTo(
  release: Release,
  purpose: Move['purpose'],
  weightBp: number,
  desired: (target: ReleaseTarget) => Routing,
): Move {
  const isWritten = isInWaves(release.service.plan) ? (one: ReleaseTarget) => !isThere(one, desired(one)) : () => true
  return {
    purpose,
    weightBp,
    targets: ours(release)
      .filter(isWritten)
      .map((target) => ({
        functionName: target.functionName,
        ...(target.roleArn === undefined ? {} : { roleArn: target.roleArn }),
        alias: target.alias,
        expected: target.revision,
        desired: desired(target),
      })),
  }
}

/** Whether nothing is to be written. In a release in waves, what another wave needs writes nothing on this one's aliases. */
const isThere = ({ routing, maybe }: ReleaseTarget, desired: Routing): boolean =>
  maybe === undefined && sameRouting(routing, desired)

/** The move to the weights of `step`, or the promotion if the plan has no such step. */
export function wayForward(release: Release, step: number): Move {
  const weightBp = weightAt(release, step)
  return release.service.plan.steps[step] === undefined
    ? moveTo(release, 'promote', weightBp, (target) => only(target.candidate))
    : moveTo(release, 'shift', weightBp, (target) => shared(target, weightOn(release, target, step)))
}

/** A drill at 0 % writes an alias as it is. */
const shared = ({ stable, candidate }: ReleaseTarget, weightBp: number): Routing =>
  weightBp === 0 ? only(stable) : split(stable, candidate, weightBp)

/** All traffic to stable, on every alias that nobody else has moved. */
export function wayBack(release: Release): Move {
  return moveTo(release, 'rollBack', 0, (target) => only(target.stable))
}

/** The move that was announced in the log and is not yet confirmed. */
export function pendingMove({ state }: Release): Move | undefined {
  return state.phase === 'shifting' || state.phase === 'returning' ? state.move : undefined
}

/**
 * Whether Lambda is still carrying out our write. When the version of an alias with provisioned concurrency changes, Lambda keeps
 * all traffic on the previous version, by a weight of 1, until the concurrency is ready on the new one. Then it removes the
 * weight (docs/aws.md §1.3).
 */
export function isOnItsWay(
  target: Pick<ReleaseTarget, 'provisioned'> | undefined,
  wanted: Routing,
  found: Routing,
): boolean {
  return (
    target?.provisioned === true &&
    wanted.additional === undefined &&
    found.version === wanted.version &&
    found.additional?.weightBp === wholeBp
  )
}

/**
 * Whether the log explains the routing found on an alias: it is where we left it, or where an announced write of ours may have
 * put it. Anything else was done by somebody else.
 */
export function isOurs(release: Release, functionName: string, found: Routing): boolean {
  const target = release.targets.find((one) => one.functionName === functionName)
  if (target === undefined || target.lost) return false
  const announced = pendingMove(release)?.targets.find((one) => one.functionName === functionName)?.desired
  const unconfirmed = [target.maybe, announced].filter((routing) => routing !== undefined)
  return (
    [target.routing, ...unconfirmed].some((routing) => sameRouting(found, routing)) ||
    unconfirmed.some((routing) => isOnItsWay(target, routing, found))
  )
}

/** A target of a release in waves has weights of its own. */
export function shiftedTo(
  { shifts, candidate }: ReleaseTarget,
  desired: Routing,
  sinceMs: number,
): Pick<ReleaseTarget, 'shifts'> {
  if (shifts === undefined) return {}
  return { shifts: [...shifts, { sinceMs, weightBp: shareBp(desired, candidate) }] }
}
