// Total failure needs little statistics: at least half of a minute's requests fail on the candidate, and its odds of failing are
// many times those of stable in the same minute. Without requests of stable, nobody knows whether it is healthy. Only noise looks
// the same: one long burst of errors or, where many requests fail anyway, a rate that wanders. So what stable does by itself says
// how many minutes in a row have to look like that: one where it is steady, two where a minute like that is far from its noise,
// and more the nearer it is.
import type { Learned } from './count-design.ts'
import type { CountMinute } from '../processes/split-process.ts'

const requestsMin = 20
const failedShare = 0.5
/** With fewer requests of stable, nothing is known of its odds in this minute. */
const stableRequestsMin = 10
const oddsMin = 19
/**
 * Where many requests fail anyway, so many points more of them are as clear. With this many requests of each version they are
 * more than five standard deviations of independent errors.
 */
const pointsMin = 0.4
const pointsRequestsMin = 50
/** Until stable has been seen for so many minutes, its bursts are unknown. */
const knownMinutes = 10
/** Pearson's dispersion of stable's minutes: independent errors have 1. */
const steadyDispersion = 1.5
/** In the minutes of the release alone, of which there may be few. */
const steadyDispersionSince = 2
/** Where so many execution environments are busy, hardly any single one gets half of the requests (docs/verdict.md). */
const environmentsMin = 20
/** Of so many requests hardly one succeeds, and hardly one of stable's fails: no burst of a few looks so, and no outage. */
const allRequestsMin = 100
const allShare = 0.95
const stableShareMost = 0.05
/** In standard deviations of what a healthy version does by itself. Nearer, each one that is missing asks for more minutes. */
const farFromNoise = 5
const minutesPerDeviation = 1.5

export type BreakerState = {
  /** The minute at which it tripped, counted from the first. */
  readonly tripped?: number
  /** How many of the latest minutes in a row looked like a total failure. */
  readonly hits: number
  readonly minutes: number
  readonly stableInvocations: number
  readonly stableBad: number
  /** Sum of Pearson's (observed - expected)^2 / expected over stable's minutes, those of the past included. */
  readonly pearson: number
  readonly counted: number
  /** How many of the counted minutes are from before the release, and how much of the sum. */
  readonly past: number
  readonly pastPearson: number
  /** Stable's counts in them. */
  readonly pastInvocations: number
  readonly pastBad: number
}

export function breakerBegin(learned?: Pick<Learned, 'dispersion' | 'minutes' | 'usual'>): BreakerState {
  const past = learned?.minutes ?? 0
  const pastPearson = learned === undefined ? 0 : learned.dispersion * past
  return {
    hits: 0,
    minutes: 0,
    stableInvocations: 0,
    stableBad: 0,
    pearson: pastPearson,
    counted: past,
    past,
    pastPearson,
    pastInvocations: learned?.usual?.invocations ?? 0,
    pastBad: learned?.usual?.bad ?? 0,
  }
}

/** How much more stable's bad events vary than independent ones would; 1 is independent. */
export const dispersionOf = (state: BreakerState): number => (1 + state.pearson) / (1 + state.counted)

/** In the minutes of the release alone. Four quiet hours would hide for a quarter of an hour that bursts have begun. */
const dispersionSince = ({ pearson, pastPearson, counted, past }: BreakerState): number =>
  (1 + pearson - pastPearson) / (1 + counted - past)

// Half a request, so that the odds of nothing failing, or everything, are numbers.
const odds = (bad: number, invocations: number): number => (bad + 0.5) / (invocations - bad + 0.5)

const oddsNeeded = ({ stableBad, stableInvocations }: CountMinute): number =>
  oddsMin * odds(stableBad, stableInvocations)

const failsMostly = ({ candidateInvocations, candidateBad }: CountMinute): boolean =>
  candidateInvocations >= requestsMin && candidateBad >= failedShare * candidateInvocations

/** The candidate's odds if so many of its requests fail; those of all of them are a number too. */
const candidateOdds = (bad: number, { candidateInvocations }: CountMinute): number =>
  bad / (candidateInvocations - bad + 0.5)

/**
 * How many minutes in a row look like a total failure. Where stable itself fails so much that not even a total failure would,
 * the minute neither counts nor ends them, as long as the candidate goes on failing.
 */
function hitsAfter(before: number, data: CountMinute): number {
  if (!failsMostly(data)) return 0
  const isComparable =
    data.stableInvocations >= stableRequestsMin && candidateOdds(data.candidateInvocations, data) >= oddsNeeded(data)
  if (!isComparable) return before
  return candidateOdds(data.candidateBad, data) >= oddsNeeded(data) ? before + 1 : 0
}

/**
 * How far this minute's bar is from what a healthy version would do by itself, in standard deviations. As many requests as the
 * candidate's vary by stable's dispersion if errors come in bursts; a rate that wanders varies alike for any number of them, so
 * more requests than stable usually has count as no more than these.
 */
function deviationsTo(state: BreakerState, data: CountMinute): number {
  const invocations = state.stableInvocations + state.pastInvocations
  const usual = (state.stableBad + state.pastBad) / Math.max(1, invocations)
  const requests = Math.min(data.candidateInvocations, invocations / Math.max(1, state.minutes + state.past))
  const dispersion = Math.max(dispersionOf(state), dispersionSince(state))
  const needed = Math.max(failedShare, oddsNeeded(data) / (1 + oddsNeeded(data)))
  return (needed - usual) / Math.sqrt((dispersion * usual) / Math.max(1, requests))
}

const failsAltogether = ({ candidateInvocations, candidateBad, stableInvocations, stableBad }: CountMinute): boolean =>
  candidateInvocations >= allRequestsMin &&
  candidateBad >= allShare * candidateInvocations &&
  stableBad <= stableShareMost * stableInvocations

/** How many minutes in a row have to look like a total failure. @param environments as in breakerStep */
function minutesNeeded(state: BreakerState, data: CountMinute, isSteady: boolean, environments: number): number {
  if (isSteady && dispersionSince(state) <= steadyDispersionSince) return 1
  if (state.minutes + state.past <= knownMinutes && failsAltogether(data)) return 1
  const deviations = deviationsTo(state, data)
  if (deviations >= farFromNoise) return environments >= environmentsMin ? 1 : 2
  return 2 + Math.ceil(minutesPerDeviation * (farFromNoise - Math.max(0, deviations)))
}

/** Only while stable is steady: where a high rate wanders, or comes in bursts, a healthy version comes here by itself. */
function failsMostlyMore({ candidateInvocations, candidateBad, stableInvocations, stableBad }: CountMinute): boolean {
  if (Math.min(candidateInvocations, stableInvocations) < pointsRequestsMin) return false
  const share = candidateBad / candidateInvocations
  return share >= failedShare && share >= stableBad / stableInvocations + pointsMin
}

/** @param environments how many of them the candidate's requests keep busy; 0 if that is not known */
export function breakerStep(before: BreakerState, data: CountMinute, environments = 0): BreakerState {
  const stableInvocations = before.stableInvocations + data.stableInvocations
  const stableBad = before.stableBad + data.stableBad
  const expected = stableInvocations === 0 ? 0 : (data.stableInvocations * stableBad) / stableInvocations
  const hits = hitsAfter(before.hits, data)
  const state: BreakerState = {
    ...before,
    hits,
    minutes: before.minutes + 1,
    stableInvocations,
    stableBad,
    pearson: before.pearson + (expected > 0 ? (data.stableBad - expected) ** 2 / expected : 0),
    counted: before.counted + (expected > 0 ? 1 : 0),
  }
  const isSteady = state.minutes + state.past > knownMinutes && dispersionOf(state) <= steadyDispersion
  const trips =
    (hits > before.hits && hits >= minutesNeeded(state, data, isSteady, environments)) ||
    (isSteady && dispersionSince(state) <= steadyDispersion && failsMostlyMore(data))
  return trips && state.tripped === undefined ? { ...state, tripped: before.minutes } : state
}
