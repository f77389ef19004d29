// How the bad events of one minute split between the two versions: beta-binomial, because bad events come in bursts. Source of
// the family and its members: docs/verdict.md, "The mathematics".
import { logRising } from './log-space.ts'

const burstSizes = [3, 9, 27]
const correlations = [0.02, 0.1, 0.3]

/** The seven members of the family for `d` bad events, as intra-class correlations; 0 is the binomial. */
export function dispersions(d: number): readonly number[] {
  const bursts = burstSizes.map((size) => Math.min(0.9, Math.max(1e-6, (size - 1) / (d - 1))))
  return [0, ...bursts, ...correlations]
}

// A correlation icc gives the log ratio of the two versions a variance of icc / (w (1 - w)), half of it from each version; w =
// .1.
const correlationScale = 0.18

/** Relative variance that each member gives to the count of one version in a minute, beside a Poisson's own. */
export const burstVariance = (mean: number): readonly number[] => [
  0,
  ...burstSizes.map((size) => (size - 1) / mean),
  ...correlations.map((icc) => icc / correlationScale),
]

/** The candidate's share of the bad events if it fails `ratio` times as often as stable and gets `share` of the invocations. */
export const badShare = (share: number, ratio: number): number => (ratio * share) / (ratio * share + 1 - share)

/**
 * ln of the beta-binomial probability of `x` out of `d` by mean (0 < mean < 1), without the binomial coefficient: it cancels in
 * every ratio.
 * @param icc intra-class correlation, 0 for the binomial
 */
export function betaBinomial(x: number, d: number, icc: number): (mean: number) => number {
  if (icc === 0) return (mean) => x * Math.log(mean) + (d - x) * Math.log1p(-mean)
  const total = (1 - icc) / icc
  const all = logRising(total, d)
  return (mean) => logRising(mean * total, x) + logRising((1 - mean) * total, d - x) - all
}

export const logBetaBinomial = (x: number, d: number, mean: number, icc: number): number =>
  betaBinomial(x, d, icc)(mean)
