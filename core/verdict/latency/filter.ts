// A Gaussian filter of log odds. It follows four things at once: the level that both versions share, what each of them deviates
// from it, and by how much the candidate is worse (the excess). A count moves it by a Laplace step. A verdict carries hundreds of
// filters, so they lie behind each other in one list of numbers, a bank. These functions change the bank that they are given, so
// their caller must own it.
import { logAdd } from '../processes/log-space.ts'

/** The numbers of one filter: its log likelihood, four means, and the upper triangle of their covariance. */
export const width = 15
const means = 1
const [LL, LC, LS, LD, CC, CS, CD, SS, SD, DD] = [5, 6, 7, 8, 9, 10, 11, 12, 13, 14]

/** The four things, in the order of the means. */
const [level, ofCandidate, ofStable, excess] = [0, 1, 2, 3]
const all = [level, ofCandidate, ofStable, excess]

export type Bank = Float64Array
const get = (bank: Bank, index: number): number => bank[index] ?? 0

/** How a filter moves from minute to minute. `sd` and `lag` are those of the deviations. */
export type Course = {
  readonly sd: number
  readonly lag: number
  /** The correlation of the two versions' deviations. */
  readonly shared: number
  /** Standard deviations of one step of the level, and of the excess. */
  readonly levelWalk: number
  readonly excessWalk: number
}

type Beginning = {
  readonly level: number
  readonly levelSd: number
  readonly sd: number
  readonly shared: number
}

export function begin({ level: mean, levelSd, sd, shared }: Beginning): Bank {
  const filter = new Float64Array(width)
  filter[means + level] = mean
  filter[LL] = levelSd ** 2
  filter[CC] = sd ** 2
  filter[SS] = sd ** 2
  filter[CS] = shared * sd ** 2
  return filter
}

/** Sets a normal prior of the excess that is independent of all else. */
export function suppose(bank: Bank, first: number, { mean, sd }: { readonly mean: number; readonly sd: number }): void {
  bank[first + means + excess] = mean
  for (const index of [LD, CD, SD]) bank[first + index] = 0
  bank[first + DD] = sd ** 2
}

/** Forgets what is known of both deviations; from now on they have this standard deviation, independently. */
export function forget(bank: Bank, first: number, sd: number): void {
  for (const index of [means + ofCandidate, means + ofStable, LC, LS, CS, CD, SD]) bank[first + index] = 0
  bank[first + CC] = sd ** 2
  bank[first + SS] = sd ** 2
}

/** The candidate may deviate by this much more. */
export function loosen(bank: Bank, first: number, sd: number): void {
  bank[first + CC] = get(bank, first + CC) + sd ** 2
}

/** In log odds: an outage may make nearly everything slow. */
const jumpSd = 2

/** What both versions share may be anywhere else from here on. */
export function jump(bank: Bank, first: number): void {
  bank[first + LL] = get(bank, first + LL) + jumpSd ** 2
}

/** A minute passes. */
export function age(bank: Bank, first: number, { sd, lag, shared, levelWalk, excessWalk }: Course): void {
  const fresh = sd ** 2 * (1 - lag ** 2)
  for (const index of [means + ofCandidate, means + ofStable, LC, LS, CD, SD])
    bank[first + index] = get(bank, first + index) * lag
  bank[first + CC] = get(bank, first + CC) * lag ** 2 + fresh
  bank[first + SS] = get(bank, first + SS) * lag ** 2 + fresh
  bank[first + CS] = get(bank, first + CS) * lag ** 2 + shared * fresh
  bank[first + LL] = get(bank, first + LL) + levelWalk ** 2
  bank[first + DD] = get(bank, first + DD) + excessWalk ** 2
}

/** Some of so many requests were slow. */
type Count = { readonly slow: number; readonly all: number }

// The log likelihood is concave, so a few bounded Newton steps are enough.
const newtonSteps = 25
const longestStep = 2
const closeEnough = 1e-6

type Laplace = { readonly logEvidence: number; readonly shrink: number; readonly surprise: number }

/** Sees slow ~ Binomial(all, logistic(eta)) where eta ~ Normal(before, variance). */
function laplace({ slow, all: n }: Count, before: number, variance: number): Laplace {
  let mode = before
  for (let round = 0; round < newtonSteps; round++) {
    const at = 1 / (1 + Math.exp(-mode))
    const wanted = (slow - n * at - (mode - before) / variance) / (n * at * (1 - at) + 1 / variance)
    const step = Math.max(-longestStep, Math.min(longestStep, wanted))
    mode += step
    if (Math.abs(step) < closeEnough) break
  }
  const share = 1 / (1 + Math.exp(-mode))
  const curvature = n * share * (1 - share)
  const softplus = mode > 30 ? mode : Math.log1p(Math.exp(mode))
  return {
    logEvidence:
      slow * mode - n * softplus - (mode - before) ** 2 / (2 * variance) - 0.5 * Math.log1p(variance * curvature),
    shrink: curvature / (1 + variance * curvature),
    surprise: (mode - before) / variance,
  }
}

/** A count that is out of line: with this probability its log odds have an error of this standard deviation. */
type Outlier = { readonly share: number; readonly sd: number }

function either(count: Count, before: number, variance: number, outlier: Outlier): Laplace {
  const usual = laplace(count, before, variance)
  const odd = laplace(count, before, variance + outlier.sd ** 2)
  const a = usual.logEvidence + Math.log1p(-outlier.share)
  const b = odd.logEvidence + Math.log(outlier.share)
  const logEvidence = logAdd(a, b)
  const inLine = Math.exp(a - logEvidence)
  const spread = inLine * (1 - inLine) * (usual.surprise - odd.surprise) ** 2
  return {
    logEvidence,
    surprise: inLine * usual.surprise + (1 - inLine) * odd.surprise,
    shrink: inLine * usual.shrink + (1 - inLine) * odd.shrink - spread,
  }
}

const smallestVariance = 1e-9

/** `offset` is added to the version's log odds. */
type How = { readonly offset: number; readonly outlier: Outlier }

export function see(bank: Bank, first: number, version: 'stable' | 'candidate', count: Count, how?: How): void {
  if (count.all === 0) return
  const at = (index: number): number => get(bank, first + index)
  // The covariance of each of the four with the version's log odds: the level, its own deviation, and the candidate's excess.
  const isStable = version === 'stable'
  const gains = isStable
    ? [at(LL) + at(LS), at(LC) + at(CS), at(LS) + at(SS), at(LD) + at(SD)]
    : [at(LL) + at(LC) + at(LD), at(LC) + at(CC) + at(CD), at(LS) + at(CS) + at(SD), at(LD) + at(CD) + at(DD)]
  const [gainL = 0, gainC = 0, gainS = 0, gainD = 0] = gains
  const variance = Math.max(isStable ? gainL + gainS : gainL + gainC + gainD, smallestVariance)
  const own = isStable ? at(means + ofStable) : at(means + ofCandidate) + at(means + excess)
  const before = at(means + level) + own + (how?.offset ?? 0)
  const { logEvidence, shrink, surprise } =
    how === undefined ? laplace(count, before, variance) : either(count, before, variance, how.outlier)
  bank[first] = at(0) + logEvidence
  let index = means + 4
  for (let one = 0; one < 4; one++) {
    const gain = gains[one] ?? 0
    bank[first + means + one] = at(means + one) + gain * surprise
    for (let other = one; other < 4; other++) {
      bank[first + index] = at(index) - gain * (gains[other] ?? 0) * shrink
      index++
    }
  }
}

/** By how much the candidate is worse than stable now, in log odds: the excess and the two deviations. */
export const worseBy = (bank: Bank, first: number): number =>
  get(bank, first + means + excess) + get(bank, first + means + ofCandidate) - get(bank, first + means + ofStable)

/** Replaces the filter at `into` by a Gaussian with the mean and covariance of the mixture of itself and the one at `from`. */
export function merge(bank: Bank, into: number, from: number): void {
  const [a, b] = [get(bank, into), get(bank, from)]
  const logLikelihood = logAdd(a, b)
  if (logLikelihood === -Infinity) return
  const [own, other] = [Math.exp(a - logLikelihood), Math.exp(b - logLikelihood)]
  bank[into] = logLikelihood
  const apart = all.map((one) => get(bank, from + means + one) - get(bank, into + means + one))
  let index = means + 4
  for (let one = 0; one < 4; one++) {
    for (let two = one; two < 4; two++) {
      const between = own * other * (apart[one] ?? 0) * (apart[two] ?? 0)
      bank[into + index] = own * get(bank, into + index) + other * get(bank, from + index) + between
      index++
    }
  }
  for (const one of all) bank[into + means + one] = get(bank, into + means + one) + other * (apart[one] ?? 0)
}
