// The e-value of a mean signal: cost, memory, a value per request. Each minute is one observation, so whatever both versions
// share cancels within it. Uses the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (arXiv
// 2103.06476), one-sided, solved for its error rate. docs/verdict.md, "Means".

/** One minute of both versions. */
export type MeanMinute = {
  readonly stableSamples: number
  readonly stableMean: number
  readonly candidateSamples: number
  readonly candidateMean: number
}

/** Moments of how much worse the candidate was, minute by minute, in the signal's unit. */
export type MeanState = {
  readonly minutes: number
  readonly sum: number
  readonly squares: number
  /** Sum of the products of consecutive minutes. */
  readonly products: number
  readonly last: number
  /** Sum of stable's means. It sets the scale below which a difference is noise. */
  readonly scale: number
}

export const meanBegin: MeanState = { minutes: 0, sum: 0, squares: 0, products: 0, last: 0, scale: 0 }

// Fewer minutes say nothing about the variance between minutes.
const minutesMin = 10
// Differences smaller than this share of stable's mean count as noise.
const noiseShare = 0.01
const correlationMax = 0.9

export function meanStep(
  state: MeanState,
  data: MeanMinute,
  rule: { readonly tolerance: number; readonly worse: 'higher' | 'lower' },
): MeanState {
  if (data.stableSamples === 0 || data.candidateSamples === 0) return state
  const excess = data.candidateMean - rule.tolerance * data.stableMean
  const worse = rule.worse === 'higher' ? excess : -excess
  return {
    minutes: state.minutes + 1,
    sum: state.sum + worse,
    squares: state.squares + worse * worse,
    products: state.products + (state.minutes === 0 ? 0 : worse * state.last),
    last: worse,
    scale: state.scale + Math.abs(data.stableMean),
  }
}

/** ln E; 0 while there are too few minutes. */
export function meanLogE(state: MeanState, alpha: number, horizonMinutes: number): number {
  const { minutes: n } = state
  if (n < minutesMin) return 0
  const mean = state.sum / n
  if (mean <= 0) return 0
  const floor = (noiseShare * state.scale) / n
  const variance = Math.max(state.squares / n - mean * mean, floor * floor, Number.MIN_VALUE)
  // If a version drifts by itself, its minutes are correlated, and the mean varies more than independent minutes would suggest.
  const correlation = Math.max(0, Math.min(correlationMax, (state.products / (n - 1) - mean * mean) / variance))
  const inflated = (variance * (1 + correlation)) / (1 - correlation)
  const r2 = tuning(alpha, horizonMinutes)
  const q = (mean * mean * n * n * r2) / (2 * inflated * (n * r2 + 1))
  // ln(2 (e^q - 1) / sqrt(n r^2 + 1)), without overflow.
  const logE = Math.log(2) + q + Math.log(-Math.expm1(-q)) - 0.5 * Math.log(n * r2 + 1)
  return Number.isFinite(logE) ? logE : 0
}

/** The paper's rho^2, which makes the sequence tightest at the horizon. */
const tuning = (alpha: number, horizonMinutes: number): number => {
  const log = -2 * Math.log(2 * alpha)
  return (log + Math.log(1 + log)) / Math.max(minutesMin, horizonMinutes)
}
