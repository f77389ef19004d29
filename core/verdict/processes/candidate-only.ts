// With all traffic on the candidate there is no stable beside it: its errors are compared with what stable had before, at
// twice the rate and not below one in a hundred. Weaker than a comparison in the same minutes, because an outage of a
// dependency is no longer told apart from a fault of the candidate. docs/verdict.md, "Where it ends".
import { logSum } from './log-space.ts'

const factor = 2
const rateMin = 0.01
const rateMax = 0.5
const multiples = [2, 4, 8, 16, 32]
// Bursts of this size leave the evidence valid: the likelihood ratio is taken to the power of its inverse.
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
