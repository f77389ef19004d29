// How durations may wander although nothing is wrong, and what stable's own past says about it. A member is stated in durations,
// so that one list serves all cuts; the slope of a cut turns it into log odds.
import { age, begin, type Bank, type Course, see } from './filter.ts'

/** A duration that divides requests into slow and other ones, and what was known of stable there before the release. */
export type Cut = {
  /** The share of stable's requests that were slower; `undefined` when it is not known. */
  readonly share?: number | undefined
  /** By how much the log odds of being slow rise when the log of all durations rises by 1. */
  readonly slope: number
  /** Stable's slow requests in each minute of its past. */
  readonly past: readonly number[]
}

/** The log durations of a version deviate by `sigma`, with this correlation from one minute to the next. */
type Member = {
  readonly sigma: number
  readonly lag: number
  /** The correlation of the two versions' deviations. */
  readonly shared: number
}

const sigmas = [0, 0.02, 0.05, 0.1, 0.3]
const lags = [0.8, 0.98]
/** Versions wander either each on its own, or nearly together. */
const together = [0, 0.95]

const members: readonly Member[] = sigmas.flatMap((sigma) =>
  lags.flatMap((lag) => (sigma === 0 ? [0] : together).map((shared) => ({ sigma, lag, shared }))),
)

// No service is perfectly steady (in log odds).
const leastSd = 0.04
/** What the level that both versions share moves in a minute. More of it would hide a slow wandering of stable. */
export const levelWalk = 0.02

const courseOf = ({ sigma, lag, shared }: Member, slope: number): Course => ({
  sd: Math.hypot(leastSd, slope * sigma),
  lag,
  shared,
  levelWalk,
  excessWalk: 0,
})

/** @param position in the list of members */
export const memberCourse = (position: number, slope: number): Course =>
  courseOf(members[position] ?? { sigma: 0, lag: 0, shared: 0 }, slope)

const unknownShare = 0.1
const knownSd = 1
const unknownSd = 3
/** About how many minutes lie between stable's past and the first evidence. */
const gapMinutes = 5

type Learned = {
  /** Each member's filter at the end of the past, with a log likelihood of 0. */
  readonly filters: readonly Bank[]
  /** ln of how well each explains the past, compared with the best: at most 0. */
  readonly fits: readonly number[]
}

/** Every member sees stable's past. @param requests of stable, in each minute of its past */
export function learn({ share, slope, past }: Cut, requests: readonly number[]): Learned {
  const p = share ?? unknownShare
  const level = Math.log(p / (1 - p))
  const filters = members.map((member) => {
    const course = courseOf(member, slope)
    const filter = begin({ ...course, level, levelSd: share === undefined ? unknownSd : knownSd })
    requests.forEach((all, minute) => {
      age(filter, 0, course)
      see(filter, 0, 'stable', { slow: past[minute] ?? 0, all })
    })
    for (let minute = 0; minute < gapMinutes; minute++) age(filter, 0, course)
    return filter
  })
  const fits = besideBest(filters.map(([logLikelihood = 0]) => logLikelihood))
  for (const filter of filters) filter[0] = 0
  return { filters, fits }
}

const besideBest = (values: readonly number[]): readonly number[] => {
  const best = Math.max(...values)
  return values.map((value) => value - best)
}

/** What the cuts in the bulk say about a member counts for every cut, this much. */
const pooledShare = 0.5
const bulk = 3
/** The past refutes no member by more than this. */
const leastBelief = -8
/** Wandering that versions do not share is believed less, because a fault looks like it: by `relief` from `reliefSigma` on. */
const relief = 2
const reliefSigma = 0.05
/** Without a past, much wandering is believed less than little. */
const unknownBelief = -20

const reliefOf = ({ sigma, shared }: Member): number => (shared > 0 ? 0 : relief * Math.min(1, sigma / reliefSigma))

/** ln of how much each member is believed at each cut; the most believed one has 0. */
export function beliefs(learned: readonly Learned[], isKnown: boolean): readonly (readonly number[])[] {
  if (!isKnown) {
    const prior = besideBest(members.map((member) => unknownBelief * member.sigma - reliefOf(member)))
    return learned.map(() => prior)
  }
  const pooled = members.map((_, index) =>
    learned.slice(0, bulk).reduce((sum, { fits }) => sum + pooledShare * (fits[index] ?? 0), 0),
  )
  return learned.map(({ fits }) => {
    const both = fits.map((fit, index) => fit + (pooled[index] ?? 0))
    // A cut that wanders more than the bulk does, such as a tail of pauses, is believed about itself.
    const chosen = besideBest(bestSigma(fits) > bestSigma(both) ? fits : both)
    return besideBest(members.map((member, index) => Math.max(leastBelief, chosen[index] ?? 0) - reliefOf(member)))
  })
}

const bestSigma = (values: readonly number[]): number => members[values.indexOf(Math.max(...values))]?.sigma ?? 0
