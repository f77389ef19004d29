// Early promotion: the same mathematics with the roles reversed. The null is a bad candidate: one that fails `ratio` times as
// often as stable, and also fails `rate` of its invocations. Evidence against it ends a bake early. The larger the bursts in
// which errors come, the less each of them counts. docs/verdict.md.
import { type BurstState, type Bursts, burstBegin, burstSizeAt, burstSizeInMinute, burstStep } from './bursts.ts'
import { logAdd, logSum } from './log-space.ts'
import { type CountMinute, splitRule, type SplitRule, type SplitState } from './split-process.ts'

type Bad = { readonly ratio: number; readonly rate: number }

/** How good the candidate may be, as fractions of what would be bad. */
const ratioShares = [0.25, 0.4, 0.5, 0.625, 0.8]
const rateShares = [0.02, 0.1, 0.25, 0.5]
const dispersionWeights = [1, 1, 1, 1, 1, 1, 1]
const logCells = Math.log(ratioShares.length * dispersionWeights.length)
// The evidence stays valid under bursts of this size although none was seen.
const burstAssumed = 5
// What was seen counts so many times: few bursts seem smaller than they are, because the largest ones have not come yet.
const margin = 2
/** The split has members for bursts within a minute up to this size (beta-binomial.ts). */
const burstOfSplitMax = 27

export type EarlyState = {
  readonly relative: SplitState
  readonly absolute: readonly number[]
  readonly stable: BurstState
  readonly candidate: BurstState
  readonly candidateInvocations: number
}

export type EarlyRule = {
  readonly begin: EarlyState
  readonly step: (state: EarlyState, data: CountMinute) => EarlyState
  readonly logE: (state: EarlyState) => number
}

const relativeRule = (bad: Bad, horizonMinutes: number): SplitRule =>
  splitRule({
    prior: { ratios: ratioShares, ratioWeights: ratioShares.map(() => 1), dispersionWeights, fromStart: 1 },
    tolerance: bad.ratio,
    horizonMinutes,
  })

/** @param past how stable's errors came before the release, if that is known */
export function earlyRule(bad: Bad, horizonMinutes: number, past?: Bursts): EarlyRule {
  const relative = relativeRule(bad, horizonMinutes)
  return {
    begin: {
      relative: relative.begin,
      absolute: rateShares.map(() => 0),
      stable: burstBegin(past),
      candidate: burstBegin(),
      candidateInvocations: 0,
    },
    step: (state, data) => ({
      relative: relative.step(state.relative, data),
      absolute: state.absolute.map((value, index) => {
        const good = bad.rate * (rateShares[index] ?? 1)
        const fine = data.candidateInvocations - data.candidateBad
        const gain = data.candidateBad * Math.log(good / bad.rate) + fine * Math.log((1 - good) / (1 - bad.rate))
        return value + gain
      }),
      stable: burstStep(state.stable, data.stableInvocations, data.stableBad),
      candidate: burstStep(state.candidate, data.candidateInvocations, data.candidateBad),
      candidateInvocations: state.candidateInvocations + data.candidateInvocations,
    }),
    logE(state) {
      const burst = burstOf(state, bad)
      const best = relative.likelihoods(state.relative).null
      const power = Math.min(1, burstOfSplit(state) / burst)
      const cells = state.relative.alternatives.map((value) => power * (value + logCells - best))
      const split = logSum(cells) - logCells
      const absolute = logSum(state.absolute.map((value) => value / burst)) - Math.log(rateShares.length)
      return logAdd(split, absolute) - Math.log(2)
    },
  }
}

/** How many errors count as one: what either version has shown, in a candidate that is just bad. */
function burstOf({ stable, candidate, candidateInvocations }: EarlyState, { rate }: Bad): number {
  const badInMinute = (rate * candidateInvocations) / Math.max(1, candidate.minutes)
  const seen = Math.max(burstSizeAt(stable, badInMinute), burstSizeAt(candidate, badInMinute))
  return Math.max(burstAssumed, margin * seen)
}

/** The part of it that the split knows: what falls into one minute. */
const burstOfSplit = ({ stable }: EarlyState): number =>
  Math.max(burstAssumed, Math.min(burstOfSplitMax, margin * burstSizeInMinute(stable)))
