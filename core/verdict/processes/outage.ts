// A minute in which stable itself fails much more often than usual: a dependency is down for both versions. It seldom hits both
// alike, so the candidate may then fail somewhat more often than tolerated. An outage that goes on is no outage but the new
// usual.
import type { CountMinute } from './split-process.ts'

export type OutageState = {
  /** Stable's recent counts, fading. */
  readonly bad: number
  readonly invocations: number
  /** For how many minutes in a row it has been out of line. */
  readonly minutes: number
  /** How many of the minutes since then the candidate may still take to recover. Absent before an outage. */
  readonly recovering?: number
}

/** How many times the tolerated ratio is tolerated in an outage, at most. */
const outageTolerance = 1.5
const badMin = 10
const timesUsual = 3
/** From so many times the usual on, or so many more than an outage has at the least, and so many, it is no cluster of errors. */
const timesJump = 6
const moreJump = 50
const jumpMin = 30
const fading = 0.95
const minutesMax = 30
/** An outage does not end for both versions in the same minute. So many minutes after it are no evidence. */
const recoveryMinutes = 2

/** Stable's counts in so many minutes before the release. */
type Known = {
  readonly minutes: number
  readonly usual?: { readonly bad: number; readonly invocations: number } | undefined
}

/** With a usual minute of stable before the release: an outage may begin with it. What stable does since counts for more. */
export function outageBegin(learned: Known | undefined): OutageState {
  const { bad, invocations } = learned?.usual ?? { bad: 0, invocations: 0 }
  const minutes = Math.max(1, learned?.minutes ?? 0)
  return { bad: bad / minutes, invocations: invocations / minutes, minutes: 0 }
}

/** Whether it was out of line in the last minute, and has not been for so long that this is the new usual. */
export const isAway = ({ minutes }: OutageState): boolean => minutes > 0 && minutes < minutesMax

/**
 * Of an outage; of a burst, or of an outage that is as small; so soon after it that the candidate may not have recovered; the
 * first one after that; or any other.
 */
type OutageMinute = 'outage' | 'burst' | 'recovery' | 'recovered' | 'usual'

/** What this minute is, and the state after it. Where nothing is usual yet, there is no outage. */
export function outageStep(
  state: OutageState,
  { stableBad, stableInvocations }: { readonly stableBad: number; readonly stableInvocations: number },
): { readonly state: OutageState; readonly is: OutageMinute } {
  const usual = state.invocations === 0 ? Infinity : (stableInvocations * state.bad) / state.invocations
  const isOut = stableBad >= Math.max(badMin, timesUsual * usual)
  if (isOut && state.minutes < minutesMax) {
    // A single minute is a batch or a burst: after those, nothing has to recover.
    const isJump = stableBad >= Math.max(jumpMin, Math.min(timesJump * usual, timesUsual * usual + moreJump))
    const after = {
      minutes: state.minutes + 1,
      ...(isJump ? { recovering: state.minutes > 0 ? recoveryMinutes : 0 } : {}),
    }
    return { state: { ...state, ...after }, is: isJump ? 'outage' : 'burst' }
  }
  const { recovering } = state
  const isRecovery = recovering !== undefined && recovering > 0 && !isOut
  return {
    state: {
      bad: state.bad * fading + stableBad,
      invocations: state.invocations * fading + stableInvocations,
      // After one that was too long, its rate must become the usual one before there can be another.
      minutes: isOut ? minutesMax : 0,
      ...(isRecovery ? { recovering: recovering - 1 } : {}),
    },
    is: isRecovery ? 'recovery' : recovering === 0 ? 'recovered' : 'usual',
  }
}

/**
 * How many times as often as stable the candidate may fail in this minute. In a burst, somewhat more often. In an outage, as it
 * does, within bounds: always the most would be a poor prediction of an outage that hits both alike; with many errors, whatever
 * was known would be lost in it.
 */
export function toleratedIn(
  is: OutageMinute,
  tolerance: number,
  { stableBad, stableInvocations, candidateBad, candidateInvocations }: CountMinute,
): number {
  if (is === 'burst') return tolerance * outageTolerance
  if (is !== 'outage' || candidateInvocations === 0) return tolerance
  const seen = (candidateBad * stableInvocations) / (candidateInvocations * stableBad)
  return tolerance * Math.min(outageTolerance, Math.max(1, seen / tolerance))
}
