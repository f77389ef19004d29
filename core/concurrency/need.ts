// How much provisioned concurrency each version of a release needs: what the definition promises, in the measure of the traffic
// that the version has, or is about to get. Stable needs all of it to the end, because the way back may give it all traffic
// within seconds, and environments take minutes (docs/concurrency.md).
import { type Release, type ReleaseTarget, weightAt } from '../release/release.ts'
import { own } from '../own.ts'
import type { Plan } from '../service/plan.ts'
import { wholeBp } from '../service/routing.ts'

/** A target whose definition promises so many environments. */
export type Promised = { readonly target: ReleaseTarget; readonly environments: number }

/** A version that is to have so many environments. */
export type Need = { readonly functionName: string; readonly version: string; readonly environments: number }

type Promising = Pick<Release, 'service' | 'targets'>

/**
 * Targets that others have moved, and aliases that have concurrency themselves, are not ours to provide for. What stable has been
 * scaled to is promised, where that is more: the candidate takes over its load.
 */
export function promisedOf({ service, targets }: Promising): readonly Promised[] {
  const promised = Object.fromEntries(
    service.targets.map(({ functionName, provisionedConcurrency }) => [functionName, provisionedConcurrency]),
  )
  return targets.flatMap((target) => {
    const environments = own(promised, target.functionName)
    return environments === undefined || target.provisioned === true
      ? []
      : [{ target, environments: Math.max(environments, target.scaled ?? 0) }]
  })
}

type Found = ReadonlyMap<string, readonly { readonly qualifier: string; readonly environments: number }[]>

/** Where stable is scaled by load, what it has now counts, if that is more than when the release was prepared. */
export const scaledNow = (release: Release, found: Found): Release => ({
  ...release,
  targets: release.targets.map((target) => {
    if (target.scaled === undefined) return target
    const now = found.get(target.functionName)?.find(({ qualifier }) => qualifier === target.stable)
    return { ...target, scaled: Math.max(target.scaled, now?.environments ?? 0) }
  }),
})

/** Rounded up, so that a small share has one. */
export const shareOf = (environments: number, weightBp: number): number =>
  Math.ceil((environments * weightBp) / wholeBp)

/** What the versions need before the weights of `step` are set. @param plan what the gates have made of it at this step */
export function needsAt(release: Release, step: number, plan: Plan = release.service.plan): readonly Need[] {
  const weightBp = weightAt({ ...release, service: { ...release.service, plan } }, step)
  return needsWith(release, weightBp)
}

/** What they need at most: at the promotion, or in a drill at its largest weight. */
export function peakNeeds(release: Release): readonly Need[] {
  const { drill, service } = release
  return needsWith(release, drill === true ? Math.max(0, ...service.plan.steps.map((step) => step.weightBp)) : wholeBp)
}

const needsWith = (release: Promising, weightBp: number): readonly Need[] =>
  promisedOf(release)
    .filter(({ target }) => !target.lost)
    .flatMap(({ target: { functionName, stable, candidate }, environments }) => [
      { functionName, version: stable, environments },
      { functionName, version: candidate, environments: shareOf(environments, weightBp) },
    ])
    .filter(({ environments }) => environments > 0)
