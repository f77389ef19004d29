// Total failure needs no statistics: at least half of a minute's requests fail on the candidate, and its odds of failing are many
// times those of stable in the same minute. Without requests of stable, nobody knows whether it is healthy. Only one long burst
// of errors looks the same. So where stable may have such bursts, a second minute has to say so too; unless so many execution
// environments are busy that no single one can be the burst.
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
/** Where so many execution environments are busy, hardly any single one gets half of the requests (docs/verdict.md). */
const environmentsMin = 20

export type BreakerState = {
  /** The minute at which it tripped, counted from the first. */
  readonly tripped?: number
  /** The latest minute looked like a total failure. */
  readonly isHit: boolean
  readonly minutes: number
  readonly stableInvocations: number
  readonly stableBad: number
  /** Sum of Pearson's (observed - expected)^2 / expected over stable's minutes, those of the past included. */
  readonly pearson: number
  readonly counted: number
  /** How many of the counted minutes are from before the release, and how much of the sum. */
  readonly past: number
  readonly pastPearson: number
}

export function breakerBegin(learned?: Pick<Learned, 'dispersion' | 'minutes'>): BreakerState {
  const past = learned?.minutes ?? 0
  const pastPearson = learned === undefined ? 0 : learned.dispersion * past
  return {
    isHit: false,
    minutes: 0,
    stableInvocations: 0,
    stableBad: 0,
    pearson: pastPearson,
    counted: past,
    past,
    pastPearson,
  }
}

/** How much more stable's bad events vary than independent ones would; 1 is independent. */
export const dispersionOf = (state: BreakerState): number => (1 + state.pearson) / (1 + state.counted)

/** In the minutes of the release alone. Four quiet hours would hide for a quarter of an hour that bursts have begun. */
const isSteadySince = ({ pearson, pastPearson, counted, past }: BreakerState): boolean =>
  (1 + pearson - pastPearson) / (1 + counted - past) <= steadyDispersion

// Half a request, so that the odds of nothing failing, or everything, are numbers.
const odds = (bad: number, invocations: number): number => (bad + 0.5) / (invocations - bad + 0.5)

function looksTotal({ candidateInvocations, candidateBad, stableInvocations, stableBad }: CountMinute): boolean {
  if (candidateInvocations < requestsMin || candidateBad < failedShare * candidateInvocations) return false
  if (stableInvocations < stableRequestsMin) return false
  const candidate = candidateBad / (candidateInvocations - candidateBad + 0.5)
  return candidate >= oddsMin * odds(stableBad, stableInvocations)
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
  const isHit = looksTotal(data)
  const state: BreakerState = {
    ...before,
    isHit,
    minutes: before.minutes + 1,
    stableInvocations,
    stableBad,
    pearson: before.pearson + (expected > 0 ? (data.stableBad - expected) ** 2 / expected : 0),
    counted: before.counted + (expected > 0 ? 1 : 0),
  }
  const isSteady = state.minutes + state.past > knownMinutes && dispersionOf(state) <= steadyDispersion
  const trips =
    (isHit && (before.isHit || isSteady || environments >= environmentsMin)) ||
    (isSteady && isSteadySince(state) && failsMostlyMore(data))
  return trips && state.tripped === undefined ? { ...state, tripped: before.minutes } : state
}
