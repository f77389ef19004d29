// What Application Auto Scaling has registered for a version, and how it is moved to the version that has taken over its traffic.
// What its policies and scheduled actions say is AWS's, and is only compared here.
import type { Release, ReleaseTarget } from '../release/release.ts'
import { promisedOf } from './need.ts'

/** Between which numbers it scales, and what of it is suspended. */
export type ScalingBounds = { readonly min: number; readonly max: number; readonly suspended: string }

/** A scaling policy or a scheduled action. */
export type ScalingPart = {
  readonly kind: 'policy' | 'scheduled action'
  readonly name: string
  /** In one spelling, so that two that say the same are equal. */
  readonly says: string
  /** Why it would not do for another version what it does for its own. */
  readonly bound?: string
}

export type Scaled = ScalingBounds & { readonly parts: readonly ScalingPart[] }

type Moving =
  | { readonly kind: 'moves'; readonly bounds?: ScalingBounds; readonly parts: readonly ScalingPart[] }
  | { readonly kind: 'stays'; readonly because: string }

/** Targets of which the definition wants it moved. Those that others have moved are not ours. */
export function movesScaling(release: Pick<Release, 'service' | 'targets'>): readonly ReleaseTarget[] {
  const asking = new Set(release.service.targets.flatMap((one) => (one.moveScaling ? [one.functionName] : [])))
  return promisedOf(release).flatMap(({ target }) => (target.lost || !asking.has(target.functionName) ? [] : [target]))
}

/**
 * Whether a release leaves all traffic on its candidate and none on stable.
 * @param aliases every alias of the function
 */
export function hasTakenOver(
  { alias, stable, candidate }: Pick<ReleaseTarget, 'alias' | 'stable' | 'candidate'>,
  aliases: readonly { readonly name: string; readonly versions: readonly string[] }[],
): boolean {
  const own = aliases.find(({ name }) => name === alias)?.versions ?? []
  return own.length === 1 && own[0] === candidate && !aliases.some(({ versions }) => versions.includes(stable))
}

/**
 * What the next version still lacks. What it has already is either the first part of this move, which somebody did not end, or
 * somebody else's: then nothing of it is replaced, and nothing of the version before is removed.
 */
export function movingOf(from: Scaled, to: Scaled | undefined): Moving {
  const bound = from.parts.find((part) => part.bound !== undefined)
  if (bound !== undefined) return stays(`${named(bound)} ${bound.bound ?? ''}`)
  if (to === undefined) return { kind: 'moves', bounds: from, parts: from.parts }
  if (to.min !== from.min || to.max !== from.max || to.suspended !== from.suspended)
    return stays('the new version is registered already, with other bounds')
  const other = to.parts.find((part) => !from.parts.some((one) => isSame(one, part)))
  if (other !== undefined) return stays(`the new version has another ${named(other)} already`)
  return { kind: 'moves', parts: from.parts.filter((part) => !to.parts.some((one) => isSame(one, part))) }
}

const stays = (because: string): Moving => ({ kind: 'stays', because })
const named = ({ kind, name }: ScalingPart): string => `${kind} "${name.slice(0, 100)}"`
const isSame = (one: ScalingPart, other: ScalingPart): boolean =>
  one.kind === other.kind && one.name === other.name && one.says === other.says
