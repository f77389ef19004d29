// Which writes a release needs: for each alias the routing it is to have and the revision it is expected to have now.
// The same functions serve the first attempt, the retry after a crash, the fast path and the sweep.
import type { Move } from './event.ts'
import { type ReleaseTarget, type Release, weightAt } from './release.ts'
import { only, type Routing, sameRouting, split } from './routing.ts'

const ours = (release: Release): readonly ReleaseTarget[] => release.targets.filter((target) => !target.lost)

function moveTo(
  release: Release,
  purpose: Move['purpose'],
  weightBp: number,
  desired: (target: ReleaseTarget) => Routing,
): Move {
  return {
    purpose,
    weightBp,
    targets: ours(release).map((target) => ({
      functionName: target.functionName,
      ...(target.roleArn === undefined ? {} : { roleArn: target.roleArn }),
      alias: target.alias,
      expected: target.revision,
      desired: desired(target),
    })),
  }
}

/** The weights of `step`, or the promotion when the plan has no such step. */
export function wayForward(release: Release, step: number): Move {
  const weightBp = weightAt(release, step)
  return release.service.plan.steps[step] === undefined
    ? moveTo(release, 'promote', weightBp, (target) => only(target.candidate))
    : moveTo(release, 'shift', weightBp, (target) => split(target.stable, target.candidate, weightBp))
}

/** All traffic to stable, on every alias that is still ours. */
export function wayBack(release: Release): Move {
  return moveTo(release, 'rollBack', 0, (target) => only(target.stable))
}

/** The move that the release has announced and not yet confirmed. */
export function pendingMove({ state }: Release): Move | undefined {
  return state.phase === 'shifting' || state.phase === 'returning' ? state.move : undefined
}

/**
 * Whether the traffic found on an alias is explained by the log: it is where we left it, or where an announced write of
 * ours may have put it. Anything else is somebody else's doing.
 */
export function isOurs(release: Release, functionName: string, found: Routing): boolean {
  const target = release.targets.find((one) => one.functionName === functionName)
  if (target === undefined || target.lost) return false
  const announced = pendingMove(release)?.targets.find((one) => one.functionName === functionName)?.desired
  return [target.routing, target.maybe, announced].some(
    (routing) => routing !== undefined && sameRouting(found, routing),
  )
}
