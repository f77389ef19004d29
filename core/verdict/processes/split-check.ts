// Checks whether the observed traffic split matches the one that was set, with the multinomial e-value of Lindon and Malek (arXiv
// 2011.03567): a Dirichlet mixture against the set weight. A mismatch is a problem of routing or telemetry, not evidence about
// the candidate.
import { logRising } from './log-space.ts'

/** ln of the Dirichlet-multinomial probability of the counts, without the multinomial coefficient. */
export const logMixture = (counts: readonly number[], prior: readonly number[]): number =>
  counts.reduce((sum, n, index) => sum + logRising(prior[index] ?? 1, n), 0) -
  logRising(
    prior.reduce((a, b) => a + b, 0),
    counts.reduce((a, b) => a + b, 0),
  )

/** The same with fixed shares. */
export const logFixed = (counts: readonly number[], shares: readonly number[]): number =>
  counts.reduce((sum, n, index) => sum + (n === 0 ? 0 : n * Math.log(shares[index] ?? 0)), 0)

// Lambda splits at random and environments keep connections open, so a deviation up to this factor still counts as the set
// weight.
const slack = 1.3
const uniform = [1, 1]
/** Odds of a thousand to one. */
const logLimit = Math.log(1000)

/** Whether the observed split differs from the share that was set, 0 < share < 1. */
export function splitIsOff(candidate: number, stable: number, share: number): boolean {
  const counts = [candidate, stable]
  const observed = candidate / Math.max(1, candidate + stable)
  const least = Math.max(share / slack, 1 - (1 - share) * slack)
  const most = Math.min(share * slack, 1 - (1 - share) / slack)
  const nearest = Math.min(Math.max(observed, least), most)
  return logMixture(counts, uniform) - logFixed(counts, [nearest, 1 - nearest]) >= logLimit
}
