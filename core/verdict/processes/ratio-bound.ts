// The lower bound of the ratio of two rates, valid at all minutes simultaneously: a grid of ratios, the likelihood of each given
// how the bad events of every minute split, and the ratios that the mixture of all does not beat at 20 to 1 (Ville's inequality;
// Robbins 1970). It uses the split of each minute that was seen, so weights may change. docs/verdict.md, "What a pass rules out".
import { badShare } from './beta-binomial.ts'
import { logSum } from './log-space.ts'
import type { CountMinute } from './split-process.ts'

const gridStep = 0.15
const gridSize = 55
const lowest = 1 / 12
/** Multiples of the tolerance. */
const multiples = Array.from({ length: gridSize }, (_, index) => lowest * Math.exp(gridStep * index))
const logLimit = Math.log(20)

/** ln likelihood of each ratio of the grid. */
export type RatioState = readonly number[]

export const ratioBegin: RatioState = multiples.map(() => 0)

/** @param data of both versions, the one that would be worse as the candidate (facing.ts) */
export function ratioStep(state: RatioState, data: CountMinute, tolerance: number): RatioState {
  const { stableInvocations, stableBad, candidateInvocations, candidateBad } = data
  if (stableInvocations === 0 || candidateInvocations === 0 || stableBad + candidateBad === 0) return state
  const share = candidateInvocations / (candidateInvocations + stableInvocations)
  return state.map((value, index) => {
    const theta = badShare(share, tolerance * (multiples[index] ?? 1))
    return value + candidateBad * Math.log(theta) + stableBad * Math.log1p(-theta)
  })
}

/**
 * Every ratio up to this one is excluded; 0 when none is. The likelihood has one peak, so what excludes a ratio of the grid below
 * the peak excludes all smaller ones.
 * @param dispersion the likelihoods are raised to the power of its inverse
 */
export function lowestRatio(state: RatioState, tolerance: number, dispersion: number): number {
  const values = state.map((value) => value / dispersion)
  const mixture = logSum(values) - Math.log(gridSize)
  // The most likely ratio is always among them, as a mixture is no more than its largest part.
  const first = values.findIndex((value) => mixture - value < logLimit)
  return first === 0 ? 0 : tolerance * (multiples[first - 1] ?? 0)
}
