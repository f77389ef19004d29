// What the counts rule out: a candidate that fails `points` more and also `ratio` times as often. An e-value against all such
// pairs of rates: a mixture of healthy pairs over the most likely bad pair (universal inference: Wasserman, Ramdas, Balakrishnan,
// PNAS 2020). From the totals at one weight alone, because both rates may be others at the next. docs/verdict.md, "What a pass
// rules out".
import { logRising, logSum } from './log-space.ts'
import type { CountMinute } from './split-process.ts'

/** Bad: a rate of the candidate of at least `share + tolerance * stable's`, and at least `ratio * tolerance * stable's`. */
export type Fault = { readonly share: number; readonly ratio: number; readonly tolerance: number }

export type Counts = {
  /** At the present weight, the version that would be worse as the candidate (facing.ts). */
  readonly total: CountMinute
  /** All likelihoods are raised to the power of its inverse. */
  readonly dispersion: number
  /** An invocation has at most one event: binomial. Otherwise Poisson. */
  readonly bounded: boolean
}

/** At these odds against it, a fault is ruled out. */
export const ruledOutLog = Math.log(10)

const rates = [1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.5]
/** How often a healthy candidate fails, as multiples of stable's rate, and the weight of each. */
const healthy = [
  [1, 0.7],
  [0.5, 0.15],
  [1.25, 0.15],
] as const
const pairs = rates.flatMap((rate) =>
  healthy.map(([multiple, weight]) => ({ rate, own: rate * multiple, logWeight: Math.log(weight / rates.length) })),
)
// With few events the grid is sharpest; with many, one rate for both; `apart`, which costs most, when the two differ.
const logParts = { grid: Math.log(0.45), same: Math.log(0.45), apart: Math.log(0.1) }

/** ln likelihood of `bad` events of `all` at a rate; the factors that do not depend on the rate are left out. */
function logLikelihood(bad: number, all: number, rate: number, bounded: boolean): number {
  const events = bad > 0 ? bad * Math.log(rate) : 0
  if (!bounded) return events - all * rate
  return all > bad ? events + (all - bad) * Math.log1p(-rate) : events
}

/** The same, averaged over all rates: Beta(1/2, 1/2) or, for Poisson, Gamma(1/2, 1/2). */
const averaged = (bad: number, all: number, bounded: boolean): number =>
  bounded
    ? logRising(0.5, bad) + logRising(0.5, Math.max(0, all - bad)) - logRising(1, Math.max(bad, all))
    : 0.5 * Math.log(0.5) + logRising(0.5, bad) - (0.5 + bad) * Math.log(0.5 + all)

/** ln of the mixture of healthy pairs. */
function logHealthy({ total, dispersion, bounded }: Counts): number {
  const [stableBad, stable] = [total.stableBad / dispersion, total.stableInvocations / dispersion]
  const [bad, all] = [total.candidateBad / dispersion, total.candidateInvocations / dispersion]
  const grid = pairs.map(
    ({ rate, own, logWeight }) =>
      logWeight + logLikelihood(stableBad, stable, rate, bounded) + logLikelihood(bad, all, own, bounded),
  )
  return logSum([
    logParts.grid + logSum(grid),
    logParts.same + averaged(bad + stableBad, all + stable, bounded),
    logParts.apart + averaged(bad, all, bounded) + averaged(stableBad, stable, bounded),
  ])
}

/** A line of pairs: the candidate's rate is `slope` times stable's plus `more`, for stable's rates from `from` to `to`. */
type Edge = { readonly slope: number; readonly more: number; readonly from: number; readonly to: number }

/** The boundary of the bad pairs: two lines, each as far as it is the higher one. */
function edgesOf({ share, ratio, tolerance }: Fault, mostRate: number): readonly Edge[] {
  const steep = ratio * tolerance
  const crossing = share / Math.max(1e-12, steep - tolerance)
  const edge = (slope: number, more: number, from: number, to: number): Edge => ({
    slope,
    more,
    from,
    to: Math.min(to, (mostRate - more) / slope),
  })
  return [edge(tolerance, share, 0, crossing), edge(steep, 0, crossing, Infinity)].filter(({ from, to }) => from <= to)
}

const halvings = 48

/** The highest ln likelihood on an edge. It is concave there, so its slope is halved down to 0. */
function highest({ slope, more, from, to }: Edge, { total, bounded }: Counts): number {
  const { stableBad, stableInvocations, candidateBad, candidateInvocations } = total
  const rising = (bad: number, all: number, rate: number): number =>
    (bad > 0 ? bad / rate : 0) - (bounded ? (all > bad ? (all - bad) / (1 - rate) : 0) : all)
  let low = from
  // Beyond the higher of the two observed rates both likelihoods fall.
  let high = Math.min(to, Math.max(from, stableBad / stableInvocations, candidateBad / candidateInvocations / slope))
  for (let half = 0; half < halvings; half++) {
    const middle = (low + high) / 2
    const towards =
      rising(stableBad, stableInvocations, middle) +
      slope * rising(candidateBad, candidateInvocations, slope * middle + more)
    if (towards > 0) low = middle
    else high = middle
  }
  // Rounding must not lead out of the rates that are possible.
  const inside = (rate: number): number => Math.max(Number.MIN_VALUE, bounded ? Math.min(1, rate) : rate)
  const at = (rate: number): number =>
    logLikelihood(stableBad, stableInvocations, inside(rate), bounded) +
    logLikelihood(candidateBad, candidateInvocations, inside(slope * rate + more), bounded)
  return Math.max(at(low), at(high))
}

/** The ln likelihood of the most likely bad pair: on the boundary, unless what was seen is itself bad. */
function logBad(counts: Counts, fault: Fault): number {
  const { stableBad, stableInvocations, candidateBad, candidateInvocations } = counts.total
  const [usual, own] = [stableBad / stableInvocations, candidateBad / candidateInvocations]
  const { share, ratio, tolerance } = fault
  if (own >= tolerance * usual + share && own >= ratio * tolerance * usual)
    return (
      logLikelihood(stableBad, stableInvocations, usual, counts.bounded) +
      logLikelihood(candidateBad, candidateInvocations, own, counts.bounded)
    )
  return Math.max(...edgesOf(fault, counts.bounded ? 1 : Infinity).map((edge) => highest(edge, counts)))
}

const isSeen = ({ total }: Counts): boolean => total.stableInvocations > 0 && total.candidateInvocations > 0

/** ln E against every such fault: the fault is ruled out at `ruledOutLog`. -Infinity while either version has had no request. */
export const logRuledOut = (counts: Counts, fault: Fault): number =>
  isSeen(counts) ? logHealthy(counts) - logBad(counts, fault) / counts.dispersion : -Infinity

const timesMax = 1000
const searches = 24

/** The smallest faults that are ruled out, as a share of all requests and as a ratio to stable; Infinity when none is. */
export function smallestRuledOut(counts: Counts): { readonly share: number; readonly times: number } {
  if (!isSeen(counts)) return { share: Infinity, times: Infinity }
  const good = logHealthy(counts)
  const isOut = (share: number, ratio: number): boolean =>
    good - logBad(counts, { share, ratio, tolerance: 1 }) / counts.dispersion >= ruledOutLog
  const search = (from: number, to: number, is: (value: number) => boolean): number => {
    if (!is(to)) return Infinity
    let [low, high] = [from, to]
    for (let round = 0; round < searches; round++) {
      const middle = low > 0 ? Math.sqrt(low * high) : (low + high) / 2
      if (is(middle)) high = middle
      else low = middle
    }
    return high
  }
  return {
    share: search(0, 0.999, (share) => isOut(share, 1)),
    times: search(1, timesMax, (ratio) => isOut(0, ratio)),
  }
}
