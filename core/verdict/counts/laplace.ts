// Laplace's method for one unknown: integrates a concave log likelihood of counts over a normal prior. The filters that follow
// drifting rates take one such step for each count.

/** Where the posterior peaks, the curvature of the log likelihood there, and ln of the integral. */
type Laplace = { readonly mode: number; readonly curvature: number; readonly logEvidence: number }

// Newton needs few steps, because the log likelihoods are concave.
const newtonSteps = 40
const longestStep = 2
const closeEnough = 1e-9

const bounded = (step: number): number => Math.max(-longestStep, Math.min(longestStep, step))

/**
 * `x` events are Poisson with mean `exposure` * e^eta, eta ~ Normal(mean, variance). ln x! is left out, because it cancels in
 * every ratio.
 */
export function laplacePoisson(mean: number, variance: number, x: number, exposure: number): Laplace {
  const precision = 1 / variance
  // Starts between the prior's mean and the rate of this minute, which saves most of the steps.
  let mode = x > 0 ? (mean * precision + Math.log(x / exposure) * x) / (precision + x) : mean
  for (let round = 0; round < newtonSteps; round++) {
    const expected = exposure * Math.exp(mode)
    const step = bounded((x - expected - (mode - mean) * precision) / (expected + precision))
    mode += step
    if (Math.abs(step) < closeEnough) break
  }
  const curvature = exposure * Math.exp(mode)
  const logEvidence =
    x * (Math.log(exposure) + mode) -
    curvature -
    ((mode - mean) ** 2 * precision) / 2 -
    0.5 * Math.log1p(variance * curvature)
  return { mode, curvature, logEvidence }
}

/** `x` of `d` events fall on the candidate with odds e^(offset + eta). The binomial coefficient is left out. */
export function laplaceBinomial(mean: number, variance: number, x: number, d: number, offset: number): Laplace {
  const precision = 1 / variance
  let mode = mean
  for (let round = 0; round < newtonSteps; round++) {
    const share = 1 / (1 + Math.exp(-(offset + mode)))
    const step = bounded((x - d * share - (mode - mean) * precision) / (d * share * (1 - share) + precision))
    mode += step
    if (Math.abs(step) < closeEnough) break
  }
  const z = offset + mode
  const share = 1 / (1 + Math.exp(-z))
  const curvature = d * share * (1 - share)
  const value = -x * softPlus(-z) - (d - x) * softPlus(z)
  const logEvidence = value - ((mode - mean) ** 2 * precision) / 2 - 0.5 * Math.log1p(variance * curvature)
  return { mode, curvature, logEvidence }
}

/** ln(1 + e^z) without overflow. */
const softPlus = (z: number): number => (z > 0 ? z + Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z)))
