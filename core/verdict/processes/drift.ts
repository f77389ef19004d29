// The second null: each version's own rate drifts for minutes although nothing is wrong (a slow shard, a cold cache, a batch of
// odd customers). The log of each rate is an autoregressive process around a level that both share. A Gaussian filter with a
// Laplace step for each count computes its likelihood. Stable's own minutes show how much the rate of this service drifts; the
// split of the events alone cannot. docs/verdict.md, "Drift".
import { logAdd, logRising, logSum } from './log-space.ts'
import { type CountMinute, lateMass, type SplitDesign } from './split-process.ts'

/** Correlation of a version's deviation from one minute to the next. */
const lag = 0.8
/** The prior of a rate before anything was counted: one bad event in a hundred, give or take a factor of twenty. */
const levelMean = Math.log(0.01)
const levelVariance = 9
const levelGamma = { shape: 0.5, rate: 50 }

/**
 * The ways in which stable's level may move in the alternative. `memory`: how much of the past is kept each minute; `cap`: the
 * most that may be assumed known about the level, in events.
 */
const levels = [
  { memory: 1, cap: Infinity, weight: 0.55 },
  { memory: 0.8, cap: Infinity, weight: 0.1 },
  { memory: 0.3, cap: Infinity, weight: 0.1 },
  { memory: 1, cap: 2, weight: 0.25 },
]

// A few bounded Newton steps are enough, because the log likelihoods are concave.
const newtonSteps = 30
const longestStep = 2
const closeEnough = 1e-9

type Laplace = { readonly mode: number; readonly curvature: number; readonly logEvidence: number }
type Concave = (eta: number) => { readonly value: number; readonly slope: number; readonly curvature: number }

/** Integrates exp(logLikelihood) over eta ~ Normal(mean, variance) by Laplace's method. */
function laplace(mean: number, variance: number, logLikelihood: Concave): Laplace {
  let mode = mean
  for (let round = 0; round < newtonSteps; round++) {
    const { slope, curvature } = logLikelihood(mode)
    const wanted = (slope - (mode - mean) / variance) / (curvature + 1 / variance)
    const step = Math.max(-longestStep, Math.min(longestStep, wanted))
    mode += step
    if (Math.abs(step) < closeEnough) break
  }
  const { value, curvature } = logLikelihood(mode)
  const logEvidence = value - (mode - mean) ** 2 / (2 * variance) - 0.5 * Math.log1p(variance * curvature)
  return { mode, curvature, logEvidence }
}

/** x events are Poisson with mean exposure * e^eta. ln x! is left out, here and in the alternatives. */
const poisson =
  (x: number, exposure: number): Concave =>
  (eta) => {
    const mean = exposure * Math.exp(eta)
    return { value: x * (Math.log(exposure) + eta) - mean, slope: x - mean, curvature: mean }
  }

/** x of d events fall on the candidate with odds e^(offset + eta). */
const binomial =
  (x: number, d: number, offset: number): Concave =>
  (eta) => {
    const z = offset + eta
    const share = 1 / (1 + Math.exp(-z))
    return {
      value: -x * Math.log1p(Math.exp(-z)) - (d - x) * Math.log1p(Math.exp(z)),
      slope: x - d * share,
      curvature: d * share * (1 - share),
    }
  }

/** Level, candidate's and stable's deviation from it: means, and the upper triangle of their covariance. */
type Joint = {
  readonly logLikelihood: number
  readonly mean: readonly [number, number, number]
  readonly cov: readonly [number, number, number, number, number, number]
}

/** @param variance of a version's log rate around the level */
const jointBegin = (variance: number): Joint => ({
  logLikelihood: 0,
  mean: [levelMean, 0, 0],
  cov: [levelVariance, 0, 0, variance, 0, variance],
})

function jointAge({ logLikelihood, mean, cov }: Joint, variance: number): Joint {
  const fresh = variance * (1 - lag ** 2)
  const [ll, lc, ls, cc, cs, ss] = cov
  return {
    logLikelihood,
    mean: [mean[0], mean[1] * lag, mean[2] * lag],
    cov: [ll, lc * lag, ls * lag, cc * lag ** 2 + fresh, cs * lag ** 2, ss * lag ** 2 + fresh],
  }
}

/** Updates on one count of the candidate (`arm` 1) or of stable (`arm` 2), whose log rate is the level plus its deviation. */
function jointSee(joint: Joint, arm: 1 | 2, x: number, exposure: number): Joint {
  const [ll, lc, ls, cc, cs, ss] = joint.cov
  const withLevel = arm === 1 ? ll + lc : ll + ls
  const withCandidate = arm === 1 ? lc + cc : lc + cs
  const withStable = arm === 1 ? ls + cs : ls + ss
  const variance = withLevel + (arm === 1 ? withCandidate : withStable)
  const before = joint.mean[0] + joint.mean[arm]
  const { mode, curvature, logEvidence } = laplace(before, variance, poisson(x, exposure))
  // The update for a Gaussian observation with this mode and curvature.
  const shrink = curvature / (1 + variance * curvature)
  const surprise = (mode - before) / variance
  return {
    logLikelihood: joint.logLikelihood + logEvidence,
    mean: [
      joint.mean[0] + withLevel * surprise,
      joint.mean[1] + withCandidate * surprise,
      joint.mean[2] + withStable * surprise,
    ],
    cov: [
      ll - withLevel * withLevel * shrink,
      lc - withLevel * withCandidate * shrink,
      ls - withLevel * withStable * shrink,
      cc - withCandidate * withCandidate * shrink,
      cs - withCandidate * withStable * shrink,
      ss - withStable * withStable * shrink,
    ],
  }
}

/** Only the difference of the two deviations, seen through the split. It is blind to whatever both versions share. */
type Ratio = { readonly logLikelihood: number; readonly mean: number; readonly variance: number }

function ratioAge({ logLikelihood, mean, variance }: Ratio, fresh: number): Ratio {
  return { logLikelihood, mean: mean * lag, variance: variance * lag ** 2 + 2 * fresh * (1 - lag ** 2) }
}

function ratioSee(ratio: Ratio, data: CountMinute, tolerance: number): Ratio {
  const d = data.stableBad + data.candidateBad
  if (d === 0) return ratio
  const offset = Math.log((tolerance * data.candidateInvocations) / data.stableInvocations)
  const { mode, curvature, logEvidence } = laplace(ratio.mean, ratio.variance, binomial(data.candidateBad, d, offset))
  return {
    logLikelihood: ratio.logLikelihood + logEvidence,
    mean: mode,
    variance: 1 / (1 / ratio.variance + curvature),
  }
}

type Level = { readonly shape: number; readonly rate: number }

/** ln of the negative binomial probability of x events, without ln x!. */
function logPredictive({ shape, rate }: Level, cap: number, exposure: number, x: number): number {
  const known = Math.min(1, cap / shape)
  const a = shape * known
  const b = rate * known
  return logRising(a, x) - a * Math.log1p(exposure / b) - x * Math.log1p(b / exposure)
}

export type DriftState = {
  readonly joint: Joint
  readonly ratio: Ratio
  readonly levels: readonly Level[]
  /** Log likelihoods: of a regression, by ratio and level; and of no regression, by level. */
  readonly alternatives: readonly number[]
  readonly none: readonly number[]
}

type DriftRule = {
  readonly begin: DriftState
  readonly step: (state: DriftState, minute: number, data: CountMinute) => DriftState
  /** ln E against drift; `split` is the numerator of the split process for the same minutes. */
  readonly logE: (state: DriftState, minute: number, split: number) => number
}

// How much of the evidence may come from the split alone.
const ratioWeight = 0.3

/** @param deviation standard deviation of a version's log rate when nothing is wrong */
export function driftRule(design: SplitDesign, deviation: number): DriftRule {
  const variance = deviation ** 2
  const { ratios, ratioWeights, fromStart } = design.prior
  const total = ratioWeights.reduce((a, b) => a + b, 0)
  const masses = ratioWeights.flatMap((weight) => levels.map((level) => Math.log((weight / total) * level.weight)))
  const levelMasses = levels.map((level) => Math.log(level.weight))
  return {
    begin: {
      joint: jointBegin(variance),
      ratio: { logLikelihood: 0, mean: 0, variance: 2 * variance },
      levels: levels.map(() => levelGamma),
      alternatives: masses.map((mass) => mass + Math.log(fromStart)),
      none: levels.map(() => 0),
    },
    step(state, minute, data) {
      const { logStart } = lateMass(design, minute)
      const begun = state.alternatives.map((value, cell) =>
        logStart === undefined
          ? value
          : logAdd(value, (state.none[cell % levels.length] ?? 0) + (masses[cell] ?? -Infinity) + logStart),
      )
      if (data.candidateInvocations === 0 || data.stableInvocations === 0) return { ...state, alternatives: begun }
      return { ...state, ...nulls(state, minute, data, design.tolerance, variance), ...counted(state, begun, data) }
    },
    logE(state, minute, split) {
      const { unspent } = lateMass(design, Math.max(0, minute - 1))
      const waiting = logSum(state.none.map((value, index) => value + (levelMasses[index] ?? -Infinity)))
      const begun = logSum(state.alternatives)
      const numerator = unspent > 0 ? logAdd(begun, waiting + Math.log(unspent)) : begun
      return logAdd(
        numerator - state.joint.logLikelihood + Math.log(1 - ratioWeight),
        split - state.ratio.logLikelihood + Math.log(ratioWeight),
      )
    },
  }

  function counted(
    state: DriftState,
    begun: readonly number[],
    data: CountMinute,
  ): Pick<DriftState, 'levels' | 'alternatives' | 'none'> {
    const alternatives = [...begun]
    const none = [...state.none]
    const after = state.levels.map((level, index): Level => {
      const { memory, cap } = levels[index] ?? { memory: 1, cap: Infinity }
      const faded = { shape: level.shape * memory, rate: level.rate * memory }
      const stable = logPredictive(faded, cap, data.stableInvocations, data.stableBad)
      const seen = { shape: faded.shape + data.stableBad, rate: faded.rate + data.stableInvocations }
      const candidate = (ratio: number): number =>
        stable + logPredictive(seen, cap, data.candidateInvocations * design.tolerance * ratio, data.candidateBad)
      ratios.forEach((ratio, row) => {
        const cell = row * levels.length + index
        alternatives[cell] = (alternatives[cell] ?? 0) + candidate(ratio)
      })
      none[index] = (none[index] ?? 0) + candidate(1)
      return seen
    })
    return { levels: after, alternatives, none }
  }
}

function nulls(
  state: DriftState,
  minute: number,
  data: CountMinute,
  tolerance: number,
  variance: number,
): Pick<DriftState, 'joint' | 'ratio'> {
  const joint = minute === 0 ? state.joint : jointAge(state.joint, variance)
  const ratio = minute === 0 ? state.ratio : ratioAge(state.ratio, variance)
  const stable = jointSee(joint, 2, data.stableBad, data.stableInvocations)
  return {
    joint: jointSee(stable, 1, data.candidateBad, data.candidateInvocations * tolerance),
    ratio: ratioSee(ratio, data, tolerance),
  }
}
