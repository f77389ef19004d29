// Total failure needs no statistics: at least half of a minute's requests fail on the candidate while stable is healthy. Without
// requests of stable, nobody knows whether it is healthy. Only one long burst of errors looks the same. So a service whose stable
// version shows such bursts is left to the e-values, which take a minute or two.
import type { CountMinute } from './split-process.ts'

const failedShare = 0.5
const requestsMin = 20
const stableShareMax = 0.05
/** The failures must exceed the excess dispersion that stable has shown by this factor. */
const burstsMin = 20
/** Stable's bursts are unknown until it has been observed for this many minutes ... */
const knownMinutes = 10
/** ... so until then at least this many must fail, unless stable has had almost no errors. */
const failedUnknown = 45
const stableClean = 2

export type BreakerState = {
  /** The minute at which it tripped, counted from the first. */
  readonly tripped?: number
  readonly minutes: number
  readonly stableInvocations: number
  readonly stableBad: number
  /** Sum of Pearson's (observed - expected)^2 / expected over stable's minutes. */
  readonly pearson: number
  readonly counted: number
}

export const breakerBegin: BreakerState = { minutes: 0, stableInvocations: 0, stableBad: 0, pearson: 0, counted: 0 }

/** How much more stable's bad events vary than independent ones would; 1 is independent. */
export const dispersionOf = (state: BreakerState): number => (1 + state.pearson) / (1 + state.counted)

type Stable = Pick<CountMinute, 'stableInvocations' | 'stableBad'>

/** A handful of requests proves nothing. With so few in the minute, stable must have been healthy before as well. */
const isWell = (minute: Stable, sofar: Stable): boolean =>
  minute.stableInvocations > 0 &&
  fewFailed(minute) &&
  (minute.stableInvocations >= requestsMin || (sofar.stableInvocations >= requestsMin && fewFailed(sofar)))

const fewFailed = ({ stableInvocations, stableBad }: Stable): boolean => stableBad <= stableShareMax * stableInvocations

export function breakerStep(before: BreakerState, data: CountMinute): BreakerState {
  const stableInvocations = before.stableInvocations + data.stableInvocations
  const stableBad = before.stableBad + data.stableBad
  const expected = stableInvocations === 0 ? 0 : (data.stableInvocations * stableBad) / stableInvocations
  const state: BreakerState = {
    ...before,
    minutes: before.minutes + 1,
    stableInvocations,
    stableBad,
    pearson: before.pearson + (expected > 0 ? (data.stableBad - expected) ** 2 / expected : 0),
    counted: before.counted + (expected > 0 ? 1 : 0),
  }
  const isKnown = state.minutes > knownMinutes || stableBad <= stableClean
  const trips =
    data.candidateInvocations >= requestsMin &&
    data.candidateBad >= failedShare * data.candidateInvocations &&
    isWell(data, { stableInvocations, stableBad }) &&
    data.candidateBad >= burstsMin * (dispersionOf(state) - 1) &&
    (isKnown || data.candidateBad >= failedUnknown)
  return trips && state.tripped === undefined ? { ...state, tripped: before.minutes } : state
}
