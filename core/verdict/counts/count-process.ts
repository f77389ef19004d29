// The e-value of a signal that counts: bad events of two versions, minute by minute. It is the smallest of several: one against
// chance and bursts (split-evidence.ts), one against each way in which rates wander by themselves (drift-evidence.ts).
import type { CountDesign } from './count-design.ts'
import { type DriftAlternatives, driftAlternatives } from './drift-alternatives.ts'
import { type DriftNulls, driftNulls } from './drift-evidence.ts'
import { outageBegin, type OutageState, outageStep, toleratedIn } from '../processes/outage.ts'
import { splitEvidence, type SplitEvidenceState } from './split-evidence.ts'
import { type CountMinute, nothing } from '../processes/split-process.ts'

export type CountState = {
  readonly split: SplitEvidenceState
  readonly alternatives: DriftAlternatives
  readonly nulls: DriftNulls
  readonly outage: OutageState
}

export type CountRule = {
  readonly begin: CountState
  /** @param cold how many minutes ago the candidate's traffic rose, while that counts as a cold start */
  readonly step: (state: CountState, data: CountMinute, cold: number | undefined) => CountState
  /** ln E: roll back at ln(1/alpha). Below 0 the minutes speak for the candidate. */
  readonly logE: (state: CountState) => number
}

export function countRule(design: CountDesign): CountRule {
  const split = splitEvidence(design)
  const alternatives = driftAlternatives(design)
  const nulls = driftNulls(design)
  const margin = (design.learned?.releases ?? 0) > 0 ? design.trust.margin : 0
  return {
    begin: {
      split: split.begin,
      alternatives: alternatives.begin,
      nulls: nulls.begin,
      outage: outageBegin(design.learned),
    },
    step(state, seen, cold) {
      const { state: outage, is } = outageStep(state.outage, seen)
      // Good events have no cold start and no outage: a dependency that is down shows in fewer of them, for both alike.
      const kind = design.worse === 'higher' ? is : 'usual'
      const data = kind === 'recovery' ? nothing : seen
      const how = {
        tolerance: toleratedIn(kind, design.tolerance, data),
        cold: design.hasColdStarts ? cold : undefined,
        jumps: kind === 'outage' || kind === 'recovered',
      }
      return {
        split: split.step(state.split, data, how),
        alternatives: alternatives.step(state.alternatives, data, how),
        nulls: nulls.step(state.nulls, data, how),
        outage,
      }
    },
    logE(state) {
      const { numerator, null: best } = split.likelihoods(state.split)
      const againstDrift = nulls.logE(state.nulls, alternatives.logLikelihood(state.alternatives), numerator)
      return Math.min(numerator - best, againstDrift) - margin
    },
  }
}
