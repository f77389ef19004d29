// Latency as a distribution: e-values at several cuts. Their mean is an e-value too. What stable's past says is learned from all
// cuts together.
import { type CutRule, cutRule, type CutState } from './cut-process.ts'
import { beliefs, type Cut, learn } from './members.ts'
import { type CountMinute, nothing, type Prior, splitRule, type SplitState } from '../processes/split-process.ts'

/** What is known of stable before the release, by cut. */
export type LatencyFacts = {
  readonly cuts: readonly Cut[]
  /** Stable's requests in each minute of its past. */
  readonly requests: readonly number[]
}

/** `split` is there only at a cut far in the tail. */
export type LatencyState = CutState & { readonly split?: SplitState }

export type LatencyRule = {
  readonly begin: () => readonly LatencyState[]
  readonly step: (states: readonly LatencyState[], minutes: readonly CountMinute[]) => readonly LatencyState[]
  /** The candidate's traffic has jumped: new execution environments are cold. */
  readonly chill: (states: readonly LatencyState[]) => readonly LatencyState[]
  /** ln E of each cut. */
  readonly logE: (states: readonly LatencyState[]) => readonly number[]
}

/**
 * About the slope at the median of durations whose p99 is 2.5 times their p50. There, a tolerance of 1.2 allows durations to be
 * 5 % longer; it allows the same at every other cut. Where no slope is known, this one is taken.
 */
export const usualSlope = 3.65

/** By how much higher the candidate's log odds may be: each cut allows the same increase of durations. */
export const allowedAt = (slope: number, tolerance: number): number => (Math.log(tolerance) * slope) / usualSlope

// Where stable has almost no slow request a filter of log odds is a poor approximation, and the split of the few is exact.
const farShare = 1 / 2000
const splitPrior: Prior = {
  ratios: [1.25, 1.5, 2, 3, 5, 10, 20, 50],
  ratioWeights: [1, 2, 4, 2, 3, 3, 1, 1],
  dispersionWeights: [8, 4, 2, 1, 2, 2, 2],
  fromStart: 0.7,
}

type Design = { readonly tolerance: number; readonly horizonMinutes: number }

export function latencyRule({ cuts, requests }: LatencyFacts, { tolerance, horizonMinutes }: Design): LatencyRule {
  const rules = cuts.map((cut) => placeRule(cut, allowedAt(cut.slope, tolerance), horizonMinutes))
  return {
    begin() {
      const learned = cuts.map((cut) => learn(cut, requests))
      const believed = beliefs(learned, requests.length > 0)
      return rules.map(({ cut, split }, index) => ({
        ...cut.begin(believed[index] ?? [], learned[index]?.filters ?? [], requests),
        ...(split === undefined ? {} : { split: split.begin }),
      }))
    },
    step: (states, minutes) =>
      states.map((state, index) => {
        const rule = rules[index]
        const data = minutes[index] ?? nothing
        if (rule === undefined) return state
        const { split, ...rest } = state
        return {
          ...rule.cut.step(rest, data),
          ...(split === undefined || rule.split === undefined ? {} : { split: rule.split.step(split, data) }),
        }
      }),
    chill: (states) => states.map((state) => ({ ...state, isCold: true })),
    logE: (states) =>
      states.map(({ split, ...state }, index) => {
        const rule = rules[index]
        if (rule === undefined) return 0
        const logE = rule.cut.logE(state)
        if (split === undefined || rule.split === undefined) return logE
        const { numerator, null: best } = rule.split.likelihoods(split)
        return Math.min(logE, numerator - best)
      }),
  }
}

type PlaceRule = { readonly cut: CutRule; readonly split: ReturnType<typeof splitRule> | undefined }

function placeRule(cut: Cut, allowed: number, horizonMinutes: number): PlaceRule {
  const isFar = cut.share !== undefined && cut.share < farShare
  const design = { prior: splitPrior, tolerance: Math.exp(allowed), horizonMinutes }
  return { cut: cutRule(cut, allowed, horizonMinutes), split: isFar ? splitRule(design) : undefined }
}
