// The e-value of a count signal: bad events of two versions, minute by minute. It is the smaller of two e-values: one against
// chance and bursts (split-process.ts), one against a rate that drifts by itself (drift.ts). Both nulls must be rejected.
import { type DriftState, driftRule } from './drift.ts'
import { type CountMinute, type Prior, type SplitDesign, type SplitState, splitRule } from './split-process.ts'

/** How much worse the candidate may be, for events that are bad. */
const worseRatios = [1.25, 1.5, 2, 3, 5, 10, 20, 50]
const worseWeights = [1, 2, 4, 2, 3, 3, 1, 1]
/** The same for events that are good, of which a bad candidate has fewer. */
const fewerRatios = [0.9, 0.8, 0.6, 0.4, 0.2]
const fewerWeights = [1, 1, 1, 1, 1]
const dispersionWeights = [8, 4, 2, 1, 2, 2, 2]
const fromStart = 0.7

/**
 * How much less evidence is required against drift than against chance. Drift is rarer, and its null is wide: asking for the full
 * evidence would cost minutes in every release. docs/verdict.md states what this does to the guarantee.
 */
const driftRelief = 4

export const enginePrior = (worse: 'higher' | 'lower'): Prior => ({
  ratios: worse === 'higher' ? worseRatios : fewerRatios,
  ratioWeights: worse === 'higher' ? worseWeights : fewerWeights,
  dispersionWeights,
  fromStart,
})

export type CountState = { readonly split: SplitState; readonly drift: DriftState }

export type CountRule = {
  readonly begin: CountState
  readonly step: (state: CountState, data: CountMinute) => CountState
  /** ln E: roll back at ln(1/alpha). Below 0 the minutes favour the candidate. */
  readonly logE: (state: CountState) => number
}

/** @param deviation how much a version's log rate drifts when nothing is wrong (drift.ts) */
export function countRule(design: SplitDesign, deviation: number): CountRule {
  const split = splitRule(design)
  const drift = driftRule(design, deviation)
  return {
    begin: { split: split.begin, drift: drift.begin },
    step: (state, data) => ({
      split: split.step(state.split, data),
      drift: drift.step(state.drift, state.split.minute, data),
    }),
    logE(state) {
      const { numerator, null: best } = split.likelihoods(state.split)
      const againstDrift = drift.logE(state.drift, state.split.minute, numerator)
      return Math.min(numerator - best, againstDrift + Math.log(driftRelief))
    },
  }
}
