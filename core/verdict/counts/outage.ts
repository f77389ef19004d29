// A minute in which stable itself fails much more often than usual: a dependency is down for both versions. It seldom hits both
// alike, so the candidate may then fail somewhat more often than tolerated. An outage that goes on is no outage but the new
// usual.
import type { Learned } from './count-design.ts'

/** Stable's recent counts, fading, and for how many minutes in a row it has been out of line. */
export type OutageState = { readonly bad: number; readonly invocations: number; readonly minutes: number }

/** How many times the tolerated ratio is tolerated in an outage. */
export const outageTolerance = 1.5
const badMin = 10
const timesUsual = 3
const fading = 0.95
const minutesMax = 30

/** With a usual minute of stable before the release: an outage may begin with it. What stable does since counts for more. */
export function outageBegin(learned: Pick<Learned, 'usual' | 'minutes'> | undefined): OutageState {
  const { bad, invocations } = learned?.usual ?? { bad: 0, invocations: 0 }
  const minutes = Math.max(1, learned?.minutes ?? 0)
  return { bad: bad / minutes, invocations: invocations / minutes, minutes: 0 }
}

/** Whether it was out of line in the last minute, and has not been for so long that this is the new usual. */
export const isAway = ({ minutes }: OutageState): boolean => minutes > 0 && minutes < minutesMax

/** Whether this minute belongs to an outage, and the state after it. Where nothing is usual yet, it does not. */
export function outageStep(
  state: OutageState,
  { stableBad, stableInvocations }: { readonly stableBad: number; readonly stableInvocations: number },
): { readonly state: OutageState; readonly isOutage: boolean } {
  const usual = state.invocations === 0 ? Infinity : (stableInvocations * state.bad) / state.invocations
  const isOut = stableBad >= Math.max(badMin, timesUsual * usual)
  if (isOut && state.minutes < minutesMax) return { state: { ...state, minutes: state.minutes + 1 }, isOutage: true }
  return {
    state: {
      bad: state.bad * fading + stableBad,
      invocations: state.invocations * fading + stableInvocations,
      // After one that was too long, its rate must become the usual one before there can be another.
      minutes: isOut ? minutesMax : 0,
    },
    isOutage: false,
  }
}
