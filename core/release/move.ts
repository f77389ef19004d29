// Which alias writes a release needs: for each alias the routing it should get and the revision that we expect it to have. The
// first attempt, the retry after a crash, the fast path and the sweep all use these functions.
import type { Move } from './event.ts'
import { goesAlone } from '../definition/when-blamed.ts'
import { isInWaves } from '../definition/waves.ts'
import { horizonOf } from '../service/plan.ts'
import { alarmPrefix } from '../service/signals.ts'
import type { Verdict } from '../verdict/evidence/evidence.ts'
import { stepUnderWay } from './gating.ts'
import { goingOn, isPastOneWay, type ReleaseTarget, type Release, weightAt, weightOn } from './release.ts'
import { only, type Routing, sameRouting, shareBp, split, wholeBp } from '../service/routing.ts'

const ours = (release: Release): readonly ReleaseTarget[] => release.targets.filter((target) => !target.lost)

/** What was put back alone is not moved forward any more, whatever follows. */
const written = (release: Release, purpose: Move['purpose']): readonly ReleaseTarget[] =>
  purpose === 'shift' || purpose === 'promote' ? goingOn(ours(release)) : ours(release)

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
    targets: written(release, purpose)
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

/** The move to the weights of `step`, or the promotion if the plan has no such step; before either, what goes back alone. */
export function wayForward(release: Release, step: number): Move {
  const weightBp = weightAt(release, step)
  if (release.state.phase === 'shifting' && release.state.alone === true) return wayBackAlone(release, weightBp)
  return release.service.plan.steps[step] === undefined
    ? moveTo(release, 'promote', weightBp, (target) => only(target.candidate))
    : moveTo(release, 'shift', weightBp, (target) => shared(target, weightOn(release, target, step)))
}

/** The aliases of those that go back alone. One that never had traffic is not written. */
function wayBackAlone(release: Release, weightBp: number): Move {
  const isMoved = (target: ReleaseTarget): boolean =>
    target.backMs !== undefined && !isThere(target, only(target.stable))
  const targets = release.targets.filter(isMoved)
  return moveTo({ ...release, targets }, 'putBack', weightBp, (target) => only(target.stable))
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

const hasShare = ({ routing, candidate, lost, backMs }: ReleaseTarget): boolean =>
  shareBp(routing, candidate) > 0 && !lost && backMs === undefined

/**
 * What the evidence blames goes back alone, if the definition says so; once in a release. The wave under way takes those with it
 * that have not begun.
 * @param keys of the signals that fail: each has to be of a function that is blamed, so that no alarm and no guard is among them
 * @returns `undefined`: the whole release goes back
 */
export function backAlone(
  release: Release,
  { blamed = [] }: Pick<Verdict, 'blamed'>,
  keys: readonly string[],
  atMs: number,
): Release | undefined {
  const { service, targets, frozen, drill } = release
  const step = stepUnderWay(release)
  const isOfBlamed = (key: string): boolean =>
    !key.startsWith(alarmPrefix) && blamed.some((name) => key.endsWith(`:${name}`))
  if (step === undefined || frozen !== undefined || drill === true || isPastOneWay(release)) return undefined
  if (goingOn(targets).length < targets.length || !keys.every(isOfBlamed)) return undefined
  const names = goesAlone(service, step, targets, targets.filter(hasShare), blamed)
  if (names === undefined) return undefined
  const { plan } = service
  const isWave = service.policy.whenBlamed === 'wave'
  // The verdict is a fold over the plan's whole time, however few of its steps are left.
  const steps = { ...plan, steps: plan.steps.slice(0, step + 1), horizonSeconds: horizonOf(plan) }
  return {
    ...release,
    ...(isWave ? { service: { ...service, plan: steps } } : {}),
    targets: targets.map((one) => (names.includes(one.functionName) ? { ...one, backMs: atMs } : one)),
    state: { phase: 'shifting', step, sinceMs: atMs, alone: true },
  }
}
