// Gaussian filters on the log error rates of two versions: a level that both share, and each version's deviation from it. Many
// filters lie in one array of numbers, so that a fold's state is plain JSON and a minute costs little. Functions here change the
// array that they are given; the caller owns a copy.
import { laplacePoisson } from './laplace.ts'
import { logAdd } from '../processes/log-space.ts'

/** Numbers of one filter: ln weight; means of level, candidate, stable; the upper triangle of their covariance. */
export const filterSize = 10

/** How the three move from one minute to the next. */
export type Dynamics = {
  readonly candidateLag: number
  /** Added to the candidate's mean, and to its variance, each minute. */
  readonly candidateTrend: number
  readonly candidateVariance: number
  readonly stableLag: number
  readonly stableVariance: number
  readonly levelVariance: number
}

/** Both versions follow an AR(1) of their own around a constant level. */
export const autoregressive = (deviation: number, lag: number): Dynamics => {
  const fresh = deviation ** 2 * (1 - lag ** 2)
  return {
    candidateLag: lag,
    candidateTrend: 0,
    candidateVariance: fresh,
    stableLag: lag,
    stableVariance: fresh,
    levelVariance: 0,
  }
}

/** What is believed of a rate before anything was counted: one bad event in a hundred, give or take a factor of twenty. */
const levelMean = Math.log(0.01)
const levelVariance = 9

/** @param variance of stable's deviation; the candidate begins with a mean and variance of its own */
export const filterBegin = (
  logWeight: number,
  candidate: { readonly mean: number; readonly variance: number },
  variance: number,
): number[] => [logWeight, levelMean, candidate.mean, 0, levelVariance, 0, 0, candidate.variance, 0, variance]

// Indices within a filter.
const [W, M0, M1, M2, LL, LC, LS, CC, CS, SS] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const

const get = (filters: readonly number[], index: number): number => filters[index] ?? 0

export function age(filters: number[], at: number, to: Dynamics): void {
  const { candidateLag: c, stableLag: s } = to
  filters[at + M1] = get(filters, at + M1) * c + to.candidateTrend
  filters[at + M2] = get(filters, at + M2) * s
  filters[at + LL] = get(filters, at + LL) + to.levelVariance
  filters[at + LC] = get(filters, at + LC) * c
  filters[at + LS] = get(filters, at + LS) * s
  filters[at + CC] = get(filters, at + CC) * c * c + to.candidateVariance
  filters[at + CS] = get(filters, at + CS) * c * s
  filters[at + SS] = get(filters, at + SS) * s * s + to.stableVariance
}

// A jump may go anywhere: e^2, give or take, is a rate of one bad event in a hundred that becomes seven, or fifty.
const jumpVariance = 4

/** The level may be another one from here on, for both versions alike; their deviations from it are not forgotten. */
export function jump(filters: number[], at: number): void {
  filters[at + LL] = get(filters, at + LL) + jumpVariance
}

/** Learns from one count of stable, whose log rate is level + deviation; the weight gains ln of its predictive probability. */
export function seeStable(filters: number[], at: number, x: number, exposure: number): void {
  const [lc, ls, cs] = [get(filters, at + LC), get(filters, at + LS), get(filters, at + CS)]
  see(filters, at, M2, get(filters, at + LL) + ls, lc + cs, ls + get(filters, at + SS), x, exposure)
}

export function seeCandidate(filters: number[], at: number, x: number, exposure: number): void {
  const [lc, ls, cs] = [get(filters, at + LC), get(filters, at + LS), get(filters, at + CS)]
  see(filters, at, M1, get(filters, at + LL) + lc, lc + get(filters, at + CC), ls + cs, x, exposure)
}

/** @param l,c,s covariances of what is seen with level, candidate and stable */
function see(
  filters: number[],
  at: number,
  own: typeof M1 | typeof M2,
  l: number,
  c: number,
  s: number,
  x: number,
  exposure: number,
): void {
  const variance = l + (own === M1 ? c : s)
  const before = get(filters, at + M0) + get(filters, at + own)
  const { mode, curvature, logEvidence } = laplacePoisson(before, variance, x, exposure)
  // The update for a Gaussian observation with this mode and curvature.
  const shrink = curvature / (1 + variance * curvature)
  const surprise = (mode - before) / variance
  filters[at + W] = get(filters, at + W) + logEvidence
  filters[at + M0] = get(filters, at + M0) + l * surprise
  filters[at + M1] = get(filters, at + M1) + c * surprise
  filters[at + M2] = get(filters, at + M2) + s * surprise
  filters[at + LL] = get(filters, at + LL) - l * l * shrink
  filters[at + LC] = get(filters, at + LC) - l * c * shrink
  filters[at + LS] = get(filters, at + LS) - l * s * shrink
  filters[at + CC] = get(filters, at + CC) - c * c * shrink
  filters[at + CS] = get(filters, at + CS) - c * s * shrink
  filters[at + SS] = get(filters, at + SS) - s * s * shrink
}

/**
 * Adds another filter to the one at `at`, as one Gaussian with the mean and covariance of the mixture. This keeps the cost of "it
 * may begin at any minute" constant.
 */
export function merge(filters: number[], at: number, logWeight: number, other: readonly number[]): void {
  const sum = logAdd(get(filters, at + W), logWeight)
  const q = Math.exp(logWeight - sum)
  const p = 1 - q
  const x0 = get(other, M0) - get(filters, at + M0)
  const x1 = get(other, M1) - get(filters, at + M1)
  const x2 = get(other, M2) - get(filters, at + M2)
  const mix = (index: number, product: number): void => {
    filters[at + index] = p * get(filters, at + index) + q * get(other, index) + p * q * product
  }
  mix(LL, x0 * x0)
  mix(LC, x0 * x1)
  mix(LS, x0 * x2)
  mix(CC, x1 * x1)
  mix(CS, x1 * x2)
  mix(SS, x2 * x2)
  filters[at + M0] = get(filters, at + M0) + q * x0
  filters[at + M1] = get(filters, at + M1) + q * x1
  filters[at + M2] = get(filters, at + M2) + q * x2
  filters[at + W] = sum
}

/**
 * The filter at `at`, with a candidate that knows nothing of the past: its mean and variance are those of a regression's prior.
 */
export function withCandidate(
  filters: readonly number[],
  at: number,
  candidate: { readonly mean: number; readonly variance: number } | undefined,
): number[] {
  const copy = filters.slice(at, at + filterSize)
  if (candidate === undefined) return copy
  copy[M1] = candidate.mean
  copy[CC] = candidate.variance
  copy[LC] = 0
  copy[CS] = 0
  return copy
}
