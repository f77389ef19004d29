// A minute in which stable itself fails much more often than usual: a dependency is down for both versions. It seldom hits both
// alike, so the candidate may then fail somewhat more often than tolerated. An outage that goes on is no outage but the new
// usual.

/** Stable's recent counts, fading, and for how many minutes in a row it has been out of line. */
export type OutageState = { readonly bad: number; readonly invocations: number; readonly minutes: number }

export const outageBegin: OutageState = { bad: 0, invocations: 0, minutes: 0 }

/** How many times the tolerated ratio is tolerated in an outage. */
export const outageTolerance = 1.5
const badMin = 10
const timesUsual = 3
const fading = 0.95
const minutesMax = 30

/** Whether this minute belongs to an outage, and the state after it. The first minute never does: nothing is usual yet. */
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
