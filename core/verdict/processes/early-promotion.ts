// Early promotion: the same mathematics with the roles reversed. The null is a bad candidate: one that fails `ratio` times as
// often as stable, and also fails `rate` of its invocations. Evidence against it ends a bake early. docs/verdict.md.
import { logAdd, logSum } from './log-space.ts'
import { type CountMinute, splitRule, type SplitRule, type SplitState } from './split-process.ts'

type Bad = { readonly ratio: number; readonly rate: number }

/** How good the candidate may be, as fractions of what would be bad. */
const ratioShares = [0.25, 0.4, 0.5, 0.625, 0.8]
const rateShares = [0.02, 0.1, 0.25, 0.5]
// The evidence stays valid under bursts of this size. With 1, a third of bad candidates would pass under bursts.
const burst = 5

export type EarlyState = { readonly relative: SplitState; readonly absolute: readonly number[] }

export type EarlyRule = {
  readonly begin: EarlyState
  readonly step: (state: EarlyState, data: CountMinute) => EarlyState
  readonly logE: (state: EarlyState) => number
}

const equal = (length: number): readonly number[] => Array.from({ length }, () => 1)

const relativeRule = (bad: Bad, horizonMinutes: number): SplitRule =>
  splitRule({
    prior: {
      ratios: ratioShares,
      ratioWeights: equal(ratioShares.length),
      dispersionWeights: equal(7),
      fromStart: 1,
    },
    tolerance: bad.ratio,
    horizonMinutes,
  })

export function earlyRule(bad: Bad, horizonMinutes: number): EarlyRule {
  const relative = relativeRule(bad, horizonMinutes)
  return {
    begin: { relative: relative.begin, absolute: rateShares.map(() => 0) },
    step: (state, data) => ({
      relative: relative.step(state.relative, data),
      absolute: state.absolute.map((value, index) => {
        const good = bad.rate * (rateShares[index] ?? 1)
        const fine = data.candidateInvocations - data.candidateBad
        const gain = data.candidateBad * Math.log(good / bad.rate) + fine * Math.log((1 - good) / (1 - bad.rate))
        return value + gain / burst
      }),
    }),
    logE(state) {
      const { numerator, null: best } = relative.likelihoods(state.relative)
      const absolute = logSum(state.absolute) - Math.log(rateShares.length)
      return logAdd(numerator - best, absolute) - Math.log(2)
    },
  }
}
