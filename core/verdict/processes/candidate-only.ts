// With all traffic on the candidate, stable has none to compare with. So the candidate's errors are compared with twice stable's
// earlier rate, but at least one in a hundred. This is weaker than a comparison within the same minutes, because it cannot tell
// an outage of a dependency from a fault of the candidate. docs/verdict.md, "Where it ends".
import { logSum } from './log-space.ts'

const factor = 2
const rateMin = 0.01
const rateMax = 0.5
const multiples = [2, 4, 8, 16, 32]
// The evidence stays valid under bursts of this size, because the likelihood ratio is raised to the power of its inverse.
const burst = 5

export type AloneState = { readonly rate: number; readonly ratios: readonly number[] }

export const aloneBegin = (stableBad: number, stableInvocations: number): AloneState => ({
  rate: Math.min(rateMax, Math.max(rateMin, (factor * stableBad) / Math.max(1, stableInvocations))),
  ratios: multiples.map(() => 0),
})

const worseRate = (rate: number, multiple: number): number => 1 - (1 - rate) ** multiple

export const aloneStep = (state: AloneState, invocations: number, bad: number): AloneState => ({
  ...state,
  ratios: state.ratios.map((value, index) => {
    const worse = worseRate(state.rate, multiples[index] ?? 1)
    const gain = bad * Math.log(worse / state.rate) + (invocations - bad) * Math.log((1 - worse) / (1 - state.rate))
    return value + gain / burst
  }),
})

export const aloneLogE = (state: AloneState): number => logSum(state.ratios) - Math.log(multiples.length)
