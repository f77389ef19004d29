// What the counts rule out: a candidate that fails `points` more and also `ratio` times as often. An e-value against all such
// pairs of rates: a mixture of healthy pairs over the most likely bad pair (universal inference: Wasserman, Ramdas, Balakrishnan,
// PNAS 2020). From the totals at one weight alone, because both rates may be others at the next. docs/verdict.md, "What a pass
// rules out".
import { logAdd, logRising } from './log-space.ts'
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

/**
 * What a healthy pair of rates looks like: one rate of both, or two rates that have nothing to do with each other, for a
 * candidate that is not like stable and not bad either. Low rates are likelier: Beta(.3, 6), or Gamma(.3, .3) for Poisson.
 */
const logSame = Math.log(0.7)
const logApart = Math.log(0.3)
const low = 0.3
const high = 6

/** ln likelihood of `bad` events of `all` at a rate; the factors that do not depend on the rate are left out. */
function logLikelihood(bad: number, all: number, rate: number, bounded: boolean): number {
  const events = bad > 0 ? bad * Math.log(rate) : 0
  if (!bounded) return events - all * rate
  return all > bad ? events + (all - bad) * Math.log1p(-rate) : events
}

/** The same, averaged over all rates. */
const averaged = (bad: number, all: number, bounded: boolean): number =>
  bounded
    ? logRising(low, bad) + logRising(high, Math.max(0, all - bad)) - logRising(low + high, Math.max(bad, all))
    : low * Math.log(low) + logRising(low, bad) - (low + bad) * Math.log(low + all)

/** ln of the mixture of healthy pairs. */
function logHealthy({ total, dispersion, bounded }: Counts): number {
  const [usualBad, usual] = [total.stableBad / dispersion, total.stableInvocations / dispersion]
  const [bad, all] = [total.candidateBad / dispersion, total.candidateInvocations / dispersion]
  return logAdd(
    logSame + averaged(bad + usualBad, all + usual, bounded),
    logApart + averaged(bad, all, bounded) + averaged(usualBad, usual, bounded),
  )
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

const rounds = 40
const precise = 1e-9

/** How fast one version's ln likelihood rises with its rate, and how fast that slows down. */
function slopeOf(bad: number, all: number, rate: number, bounded: boolean): readonly [rise: number, bend: number] {
  const byBad = bad > 0 ? bad / rate : 0
  if (!bounded) return [byBad - all, byBad / rate]
  const byGood = all > bad ? (all - bad) / (1 - rate) : 0
  return [byBad - byGood, (bad > 0 ? byBad / rate : 0) + byGood / (1 - rate)]
}

/** The highest ln likelihood on an edge. It is concave there, so Newton's steps, kept between two bounds, find its peak. */
function highest({ slope, more, from, to }: Edge, { total, bounded }: Counts): number {
  const { stableBad, stableInvocations, candidateBad, candidateInvocations } = total
  let low = from
  // Beyond the higher of the two observed rates both likelihoods fall.
  let high = Math.min(to, Math.max(from, stableBad / stableInvocations, candidateBad / candidateInvocations / slope))
  let rate = (low + high) / 2
  for (let round = 0; round < rounds && high - low > precise * high; round++) {
    const [rise, bend] = slopeOf(stableBad, stableInvocations, rate, bounded)
    const [ownRise, ownBend] = slopeOf(candidateBad, candidateInvocations, slope * rate + more, bounded)
    const towards = rise + slope * ownRise
    if (towards > 0) low = rate
    else high = rate
    const next = rate + towards / (bend + slope * slope * ownBend)
    const isClose = Math.abs(next - rate) <= precise * rate
    rate = next > low && next < high ? next : (low + high) / 2
    if (isClose) break
  }
  // Rounding must not lead out of the rates that are possible.
  const inside = (value: number): number => Math.max(Number.MIN_VALUE, bounded ? Math.min(1, value) : value)
  const at = (value: number): number =>
    logLikelihood(stableBad, stableInvocations, inside(value), bounded) +
    logLikelihood(candidateBad, candidateInvocations, inside(slope * value + more), bounded)
  return Math.max(at(low), at(rate), at(high))
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
// To about a hundredth of the number, on the safe side.
const searches = 10

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
      const middle = Math.sqrt(low * high)
      if (is(middle)) high = middle
      else low = middle
    }
    return high
  }
  return {
    share: search(1e-5, 0.999, (share) => isOut(share, 1)),
    times: search(1, timesMax, (ratio) => isOut(0, ratio)),
  }
}
