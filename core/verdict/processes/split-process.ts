// An e-process on the split of bad events: given how many there were in a minute, how many fell on the candidate? Whatever both
// versions share (outages, load, time of day) cancels. The numerator is a mixture over how much worse the candidate is, how
// bursty events are, and when the regression began. The denominator is the best member of the null, so it is an e-process
// whenever the null holds (universal inference: Wasserman, Ramdas, Balakrishnan, PNAS 2020). Sources: docs/verdict.md.
import { badShare, dispersions, logBetaBinomial } from './beta-binomial.ts'
import { logAdd, logSum } from './log-space.ts'

/** One minute of both versions. `bad` counts the events, out of `invocations`. */
export type CountMinute = {
  readonly stableInvocations: number
  readonly stableBad: number
  readonly candidateInvocations: number
  readonly candidateBad: number
}

/** A minute in which nothing was counted. */
export const nothing: CountMinute = {
  stableInvocations: 0,
  stableBad: 0,
  candidateInvocations: 0,
  candidateBad: 0,
}

/** The prior of the numerator. Weights are relative. */
export type Prior = {
  /** How many times as often the candidate fails as the tolerance allows. */
  readonly ratios: readonly number[]
  readonly ratioWeights: readonly number[]
  /**
   * One weight for each member of the beta-binomial family, in order. With a single weight it is the binomial alone, in the null
   * as well.
   */
  readonly dispersionWeights: readonly number[]
  /** The prior mass on a regression that is there from the start. The rest is spread over later minutes. */
  readonly fromStart: number
}

type SplitDesign = {
  readonly prior: Prior
  /** The null: the candidate fails at most this many times as often as stable. */
  readonly tolerance: number
  /** Over how many minutes later beginnings are spread: the plan's length, or the replayed file's. */
  readonly horizonMinutes: number
}

/** Everything that is carried from minute to minute, as log likelihoods. Survives JSON without loss. */
export type SplitState = {
  readonly minute: number
  /** By ratio and dispersion. */
  readonly alternatives: readonly number[]
  /** By dispersion. */
  readonly nulls: readonly number[]
}

/** A later regression may begin at every fifth minute. */
const startEveryMinutes = 5

const startsIn = ({ horizonMinutes }: SplitDesign): number =>
  Math.max(0, Math.ceil(horizonMinutes / startEveryMinutes) - 1)

/** ln of the prior mass that begins at this minute, if any does, and how much mass has not begun by then. */
function lateMass(
  design: SplitDesign,
  minute: number,
): { readonly logStart: number | undefined; readonly unspent: number } {
  const starts = startsIn(design)
  const late = 1 - design.prior.fromStart
  const begun = Math.min(starts, Math.floor(minute / startEveryMinutes))
  const isStart = minute > 0 && minute % startEveryMinutes === 0 && minute / startEveryMinutes <= starts
  return {
    logStart: isStart && late > 0 ? Math.log(late / starts) : undefined,
    unspent: starts === 0 ? late : late * (1 - begun / starts),
  }
}

const normalised = (weights: readonly number[]): readonly number[] => {
  const sum = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => weight / sum)
}

const logMasses = ({
  prior,
}: SplitDesign): { readonly cells: readonly number[]; readonly dispersions: readonly number[] } => {
  const dispersionMass = normalised(prior.dispersionWeights)
  return {
    cells: normalised(prior.ratioWeights).flatMap((ratio) => dispersionMass.map((mass) => Math.log(ratio * mass))),
    dispersions: dispersionMass.map(Math.log),
  }
}

export type SplitRule = {
  readonly begin: SplitState
  readonly step: (state: SplitState, data: CountMinute) => SplitState
  /** ln of the mixture's likelihood, and of the best null's. Their difference is ln E. */
  readonly likelihoods: (state: SplitState) => { readonly numerator: number; readonly null: number }
}

export function splitRule(design: SplitDesign): SplitRule {
  const { ratios, fromStart, dispersionWeights } = design.prior
  const members = dispersionWeights.length
  const mass = logMasses(design)
  return {
    begin: {
      minute: 0,
      alternatives: mass.cells.map((cell) => cell + Math.log(fromStart)),
      nulls: dispersionWeights.map(() => 0),
    },
    step(state, data) {
      const alternatives = [...state.alternatives]
      const nulls = [...state.nulls]
      const { logStart } = lateMass(design, state.minute)
      if (logStart !== undefined) {
        for (let cell = 0; cell < alternatives.length; cell++) {
          const begun = (nulls[cell % members] ?? 0) + (mass.cells[cell] ?? -Infinity) + logStart
          alternatives[cell] = logAdd(alternatives[cell] ?? -Infinity, begun)
        }
      }
      const d = data.stableBad + data.candidateBad
      if (d > 0 && data.candidateInvocations > 0 && data.stableInvocations > 0) {
        const share = data.candidateInvocations / (data.candidateInvocations + data.stableInvocations)
        const family = dispersions(d).slice(0, members)
        ratios.forEach((ratio, row) => {
          const mean = badShare(share, design.tolerance * ratio)
          family.forEach((icc, column) => {
            const cell = row * members + column
            alternatives[cell] = (alternatives[cell] ?? 0) + logBetaBinomial(data.candidateBad, d, mean, icc)
          })
        })
        const mean = badShare(share, design.tolerance)
        family.forEach((icc, column) => {
          nulls[column] = (nulls[column] ?? 0) + logBetaBinomial(data.candidateBad, d, mean, icc)
        })
      }
      return { minute: state.minute + 1, alternatives, nulls }
    },
    likelihoods(state) {
      // The state is the one after its last minute, so mass that begins at the next minute has not begun yet.
      const { unspent } = lateMass(design, Math.max(0, state.minute - 1))
      const begun = logSum(state.alternatives)
      const waiting = state.nulls.map((value, column) => value + (mass.dispersions[column] ?? -Infinity))
      return {
        numerator: unspent > 0 ? logAdd(begun, logSum(waiting) + Math.log(unspent)) : begun,
        null: Math.max(...state.nulls),
      }
    },
  }
}

/** ln E after each minute. */
export function splitEvidence(design: SplitDesign, minutes: readonly CountMinute[]): readonly number[] {
  const rule = splitRule(design)
  let state = rule.begin
  return minutes.map((minute) => {
    state = rule.step(state, minute)
    const { numerator, null: best } = rule.likelihoods(state)
    return numerator - best
  })
}
