// A filter on the difference of the two versions' deviations alone, seen through the split of the bad events. It does not see
// what both versions share.
import { laplaceBinomial } from './laplace.ts'

/** ln likelihood, mean, variance. */
export type RatioFilter = readonly [logLikelihood: number, mean: number, variance: number]

export const ratioBegin = (deviation: number, logLikelihood = 0): RatioFilter => [logLikelihood, 0, 2 * deviation ** 2]

export const ratioAge = ([logLikelihood, mean, variance]: RatioFilter, deviation: number, lag: number): RatioFilter => [
  logLikelihood,
  mean * lag,
  variance * lag ** 2 + 2 * deviation ** 2 * (1 - lag ** 2),
]

/** `x` of `d` bad events fell on the candidate; with no deviation the odds are e^offset. */
export function ratioSee(filter: RatioFilter, x: number, d: number, offset: number): RatioFilter {
  if (d === 0) return filter
  const [logLikelihood, mean, variance] = filter
  const { mode, curvature, logEvidence } = laplaceBinomial(mean, variance, x, d, offset)
  return [logLikelihood + logEvidence, mode, 1 / (1 / variance + curvature)]
}
