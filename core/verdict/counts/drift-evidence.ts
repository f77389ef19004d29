// E_drift: the second null. Each version's own rate wanders for minutes although nothing is wrong: a slow shard, a cold cache,
// one bad connection. Stable's own minutes tell how much a rate of this service wanders, which the split alone cannot.
// docs/verdict.md, "Drift".
import { coarseColdStarts, coldFactor, usualRate } from './cold-start.ts'
import { type CountDesign, type DriftNull, penaltyOf } from './count-design.ts'
import { levelsOf } from './drift-alternatives.ts'
import { logAdd } from '../processes/log-space.ts'
import { age, autoregressive, filterBegin, filterSize, jump, seeCandidate, seeStable } from './rate-filter.ts'
import { ratioAge, ratioBegin, type RatioFilter, ratioSee } from './ratio-filter.ts'
import type { MinuteKind } from './split-evidence.ts'
import type { CountMinute } from '../processes/split-process.ts'

/** One null's filters: one, or while a cold start may be open one for each cold start. */
type NullState = { readonly joint: readonly number[]; readonly ratios: readonly RatioFilter[] }

export type DriftNulls = {
  readonly minutes: number
  readonly nulls: readonly NullState[]
  readonly stableBad: number
  readonly stableInvocations: number
}

// How much of the evidence may come from the split alone.
const ratioShare = 0.3

function beginOf({ nulls, learned, trust }: CountDesign): DriftNulls {
  const walks = levelsOf(nulls).length - nulls.length
  return {
    minutes: 0,
    nulls: nulls.map(({ deviation, floor }, index) => ({
      joint: filterBegin(
        penaltyOf(learned?.levels, walks + index, trust, floor),
        { mean: 0, variance: deviation ** 2 },
        deviation ** 2,
      ),
      ratios: [ratioBegin(deviation, penaltyOf(learned?.ratios, index, trust, floor))],
    })),
    stableBad: 0,
    stableInvocations: 0,
  }
}

/** What one minute is to each null. */
type Seen = {
  readonly data: CountMinute
  readonly how: MinuteKind
  readonly usual: number
  readonly isFirst: boolean
  /** By cold start: ln of the trust in it. */
  readonly cold: readonly number[]
}

function stepNull(
  { deviation, lag }: DriftNull,
  state: NullState,
  { data, how, usual, isFirst, cold }: Seen,
): NullState {
  const kept = how.cold === undefined || how.cold === 0 ? closedCold(state) : state
  const opened = how.cold === undefined ? kept : openCold(kept, cold)
  const dynamics = autoregressive(deviation, lag)
  const joint = [...opened.joint]
  const d = data.stableBad + data.candidateBad
  const odds = Math.log((how.tolerance * data.candidateInvocations) / data.stableInvocations)
  const ratios = opened.ratios.map((filter, index) => {
    const start = coarseColdStarts[index]
    const factor = how.cold === undefined || start === undefined ? 1 : coldFactor(start, usual, how.cold)
    const at = index * filterSize
    if (!isFirst) age(joint, at, dynamics)
    if (how.jumps) jump(joint, at)
    seeStable(joint, at, data.stableBad, data.stableInvocations)
    seeCandidate(joint, at, data.candidateBad, data.candidateInvocations * how.tolerance * factor)
    const aged = isFirst ? filter : ratioAge(filter, deviation, lag)
    return ratioSee(aged, data.candidateBad, d, odds + Math.log(factor))
  })
  return { joint, ratios }
}

/** A copy of the filters for each cold start, if there is only one of them. */
function openCold(state: NullState, cold: readonly number[]): NullState {
  const [ratio] = state.ratios
  if (state.ratios.length > 1 || ratio === undefined) return state
  const [logLikelihood = 0, ...rest] = state.joint
  return {
    joint: cold.flatMap((penalty) => [logLikelihood + penalty, ...rest]),
    ratios: cold.map((penalty): RatioFilter => [ratio[0] + penalty, ratio[1], ratio[2]]),
  }
}

export function driftNulls(design: CountDesign) {
  const { nulls, learned, trust } = design
  const cold = coarseColdStarts.map((_, index) => penaltyOf(learned?.coarseColdStarts, index, trust, 'coldStarts'))
  return {
    begin: beginOf(design),
    step(state: DriftNulls, data: CountMinute, how: MinuteKind): DriftNulls {
      const stableBad = state.stableBad + data.stableBad
      const stableInvocations = state.stableInvocations + data.stableInvocations
      const next = { ...state, minutes: state.minutes + 1, stableBad, stableInvocations }
      if (data.candidateInvocations === 0 || data.stableInvocations === 0) return next
      const seen = { data, how, usual: usualRate(stableBad, stableInvocations), isFirst: state.minutes === 0, cold }
      return {
        ...next,
        nulls: state.nulls.map((one, index) => {
          const drift = nulls[index]
          return drift === undefined ? one : stepNull(drift, one, seen)
        }),
      }
    },
    /**
     * ln E against each null, the reliefs included.
     * @param numerator ln likelihood of the alternatives; `split` is that of the numerator on the split alone
     */
    logE: (state: DriftNulls, numerator: number, split: number): number =>
      Math.min(
        ...nulls.map(({ relief }, index) => {
          const now = state.nulls[index]
          if (now === undefined) return -Infinity
          const joint = Math.max(...now.ratios.map((_, filter) => now.joint[filter * filterSize] ?? -Infinity))
          const ratio = Math.max(...now.ratios.map(([logLikelihood]) => logLikelihood))
          return (
            Math.log(relief) +
            logAdd(numerator - joint + Math.log(1 - ratioShare), split - ratio + Math.log(ratioShare))
          )
        }),
      ),
  }
}

/** Keeps the cold start that explains the minutes best: for the filters of both rates, and for the split, each by itself. */
function closedCold(state: NullState): NullState {
  if (state.ratios.length === 1) return state
  let best = 0
  state.ratios.forEach((_, index) => {
    if ((state.joint[index * filterSize] ?? -Infinity) > (state.joint[best * filterSize] ?? -Infinity)) best = index
  })
  const ratio = state.ratios.reduce((a, b) => (b[0] > a[0] ? b : a))
  return { joint: state.joint.slice(best * filterSize, (best + 1) * filterSize), ratios: [ratio] }
}
