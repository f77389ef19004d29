// E_split: given how many bad events there were in a minute, how many fell on the candidate? Outages, load and time of day
// cancel. The numerator is a mixture over how much worse the candidate is, how bursty events are and when it began; the
// denominator is the best member of the null, cold starts included, so this is an e-process whenever the null holds (universal
// inference: Wasserman, Ramdas, Balakrishnan, PNAS 2020). docs/verdict.md has the formulas.
import { badShare, betaBinomial, dispersions } from '../processes/beta-binomial.ts'
import { coldFactor, type ColdStart, coldStarts, usualRate } from './cold-start.ts'
import {
  type CountDesign,
  denseRatios,
  fromStart,
  laterMass,
  penaltyOf,
  ratiosOf,
  unspentMass,
} from './count-design.ts'
import { logAdd, logSum } from '../processes/log-space.ts'
import type { CountMinute } from '../processes/split-process.ts'

/** Carried from minute to minute: logarithms of likelihoods, as JSON without loss. */
export type SplitEvidenceState = {
  readonly minutes: number
  /** By cell: of a regression that is there and stays. */
  readonly cells: readonly number[]
  /** Of one that comes for single minutes. */
  readonly intermittent: readonly number[]
  /** By dispersion: the best of the null, and the numerator's share without a regression. They differ in cold starts only. */
  readonly nulls: readonly number[]
  readonly none: readonly number[]
  /** The open minutes after a rise of the traffic. By cold start for independent errors; by dispersion for the others. */
  readonly cold?: {
    readonly minute: number
    readonly independent: readonly number[]
    readonly others: readonly number[]
  }
  readonly stableBad: number
  readonly stableInvocations: number
}

type SplitEvidence = {
  readonly begin: SplitEvidenceState
  readonly step: (state: SplitEvidenceState, data: CountMinute, how: MinuteKind) => SplitEvidenceState
  readonly likelihoods: (state: SplitEvidenceState) => { readonly numerator: number; readonly null: number }
}

/**
 * Where a minute stands. `cold`: how many minutes ago the candidate's traffic rose, if that still counts as a cold start.
 * `jumps`: what both versions share may be elsewhere than before, because an outage goes on or is over.
 */
export type MinuteKind = { readonly tolerance: number; readonly cold: number | undefined; readonly jumps: boolean }

const dispersionWeights = [8, 4, 2, 1, 2, 2, 2]
const weightSum = dispersionWeights.reduce((a, b) => a + b, 0)
/** Steps of ln ratio: dense where counts are sharp. Bursts blur the others. */
const denseSteps = [0.06, 0.15]
const intermittentMass = 0.08
const coldNoneMass = 0.6
/** The share of minutes that are bad, and how many times as often the candidate fails in them. */
const intermittentWays = {
  higher: [
    [0.2, 5],
    [0.2, 15],
    [0.08, 15],
    [0.08, 40],
  ],
  lower: [
    [0.2, 0.3],
    [0.2, 0.1],
    [0.08, 0.3],
    [0.08, 0.1],
  ],
} as const
/** Single minutes are looked for with independent errors, and in bursts of three. */
const intermittentDispersions = 2

/** What follows from the design alone. */
type Parts = {
  readonly horizonMinutes: number
  /** By dispersion: ln of the trust in it, and of its mass in the numerator. */
  readonly penalties: readonly number[]
  readonly masses: readonly number[]
  /** By dispersion: the ratios that are looked for. */
  readonly grids: readonly (readonly { readonly ratio: number; readonly logMass: number }[])[]
  readonly ways: (typeof intermittentWays)[CountDesign['worse']]
  readonly cold: ReturnType<typeof coldMasses>
}

function partsOf(design: CountDesign): Parts {
  const { horizonMinutes, worse, learned, trust } = design
  const penalties = dispersionWeights.map((_, index) => penaltyOf(learned?.dispersions, index, trust, 'dispersions'))
  const masses = dispersionWeights.map((weight, index) => Math.log(weight / weightSum) + (penalties[index] ?? 0))
  const grids = dispersionWeights.map((_, index) => {
    const step = denseSteps[index]
    return (step === undefined ? ratiosOf(worse) : denseRatios(worse, step)).map(({ log, mass }) => ({
      ratio: Math.exp(log),
      logMass: Math.log(mass) + (masses[index] ?? 0) + Math.log(1 - intermittentMass),
    }))
  })
  return { horizonMinutes, penalties, masses, grids, ways: intermittentWays[worse], cold: coldMasses(design) }
}

function beginOf({ penalties, masses, grids, ways }: Parts): SplitEvidenceState {
  const single = Math.log(intermittentMass / (ways.length * intermittentDispersions)) + logSum(masses)
  return {
    minutes: 0,
    cells: grids.flatMap((grid) => grid.map(({ logMass }) => logMass + Math.log(fromStart))),
    intermittent: ways.flatMap(() => Array.from({ length: intermittentDispersions }, () => single)),
    nulls: penalties,
    none: dispersionWeights.map(() => 0),
    stableBad: 0,
    stableInvocations: 0,
  }
}

/** The open cold start: its best member, and the mixture of all. By dispersion. */
function open(
  { cold }: Parts,
  state: SplitEvidenceState,
): readonly { readonly best: number; readonly mixed: number }[] {
  const now = state.cold
  if (now === undefined) return dispersionWeights.map(() => ({ best: 0, mixed: 0 }))
  const best = Math.max(...now.independent.map((value, index) => value + (cold.penalties[index] ?? 0)))
  const mixed = logSum(now.independent.map((value, index) => value + (cold.masses[index] ?? 0)))
  return [{ best, mixed }, ...now.others.map((value) => ({ best: value, mixed: value }))]
}

/** A cold start that is over counts as the one that explains it best. */
function closed(parts: Parts, state: SplitEvidenceState): SplitEvidenceState {
  if (state.cold === undefined) return state
  const ends = open(parts, state)
  const { cold: _, ...rest } = state
  return {
    ...rest,
    nulls: state.nulls.map((value, index) => value + (ends[index]?.best ?? 0)),
    none: state.none.map((value, index) => value + (ends[index]?.mixed ?? 0)),
  }
}

/** The cells, with the mass of a regression that begins now: it may begin at each minute. */
function begun(parts: Parts, state: SplitEvidenceState): number[] {
  const cells = [...state.cells]
  if (state.minutes === 0 || state.minutes >= parts.horizonMinutes) return cells
  const ends = open(parts, state)
  const logLater = Math.log(laterMass(parts.horizonMinutes))
  let cell = 0
  parts.grids.forEach((grid, index) => {
    const before = (state.none[index] ?? 0) + (ends[index]?.mixed ?? 0) + logLater
    for (const { logMass } of grid) {
      cells[cell] = logAdd(cells[cell] ?? -Infinity, before + logMass)
      cell++
    }
  })
  return cells
}

/** ln likelihood of a minute's split, by dispersion and by how many times as often the candidate fails as tolerated. */
type Likelihood = (dispersion: number, ratio: number) => number

function likelihoodOf(data: CountMinute, tolerance: number): Likelihood {
  const d = data.stableBad + data.candidateBad
  const share = data.candidateInvocations / (data.candidateInvocations + data.stableInvocations)
  const family = dispersions(d).map((icc) => betaBinomial(data.candidateBad, d, icc))
  return (dispersion, ratio) => family[dispersion]?.(badShare(share, tolerance * ratio)) ?? 0
}

function step(
  parts: Parts,
  before: SplitEvidenceState,
  data: CountMinute,
  { tolerance, cold }: MinuteKind,
): SplitEvidenceState {
  const state = cold === undefined || cold === 0 ? closed(parts, before) : before
  const stableBad = state.stableBad + data.stableBad
  const stableInvocations = state.stableInvocations + data.stableInvocations
  const cells = begun(parts, state)
  const next = { ...state, minutes: state.minutes + 1, cells, stableBad, stableInvocations }
  const isCompared = data.candidateInvocations > 0 && data.stableInvocations > 0
  if (data.stableBad + data.candidateBad === 0 || !isCompared) return next
  const of = likelihoodOf(data, tolerance)
  let cell = 0
  parts.grids.forEach((grid, index) => {
    for (const { ratio } of grid) {
      cells[cell] = (cells[cell] ?? 0) + of(index, ratio)
      cell++
    }
  })
  const none = dispersionWeights.map((_, index) => of(index, 1))
  const seen = { ...next, intermittent: intermittentAfter(parts, state, of, none) }
  if (cold !== undefined) {
    const usual = usualRate(stableBad, stableInvocations)
    return { ...seen, cold: coldAfter(state.cold, cold, (start) => of(0, coldFactor(start, usual, cold)), none) }
  }
  return {
    ...seen,
    nulls: state.nulls.map((value, index) => value + (none[index] ?? 0)),
    none: state.none.map((value, index) => value + (none[index] ?? 0)),
  }
}

const intermittentAfter = (
  { ways }: Parts,
  { intermittent }: SplitEvidenceState,
  of: Likelihood,
  none: readonly number[],
): readonly number[] =>
  intermittent.map((value, index) => {
    const [often, ratio] = ways[Math.floor(index / intermittentDispersions)] ?? [0, 1]
    const dispersion = index % intermittentDispersions
    return value + logAdd(Math.log1p(-often) + (none[dispersion] ?? 0), Math.log(often) + of(dispersion, ratio))
  })

function coldAfter(
  before: SplitEvidenceState['cold'],
  minute: number,
  of: (start: ColdStart) => number,
  none: readonly number[],
): NonNullable<SplitEvidenceState['cold']> {
  const now = before ?? { independent: coldStarts.map(() => 0), others: none.slice(1).map(() => 0) }
  return {
    minute,
    independent: coldStarts.map((start, index) => (now.independent[index] ?? 0) + of(start)),
    others: now.others.map((value, index) => value + (none[index + 1] ?? 0)),
  }
}

function likelihoods(parts: Parts, state: SplitEvidenceState): { readonly numerator: number; readonly null: number } {
  const ends = open(parts, state)
  const unspent = unspentMass(parts.horizonMinutes, state.minutes)
  const started = logAdd(logSum(state.cells), logSum(state.intermittent))
  const waiting = logSum(
    state.none.map((value, index) => value + (ends[index]?.mixed ?? 0) + (parts.masses[index] ?? 0)),
  )
  return {
    numerator: unspent > 0 ? logAdd(started, waiting + Math.log(unspent)) : started,
    null: Math.max(...state.nulls.map((value, index) => value + (ends[index]?.best ?? 0))),
  }
}

export function splitEvidence(design: CountDesign): SplitEvidence {
  const parts = partsOf(design)
  return {
    begin: beginOf(parts),
    step: (state, data, how) => step(parts, state, data, how),
    likelihoods: (state) => likelihoods(parts, state),
  }
}

/** What each cold start is worth to the null and, normalised, to the numerator. */
function coldMasses({ learned, trust }: CountDesign) {
  const penalties = coldStarts.map((_, index) => penaltyOf(learned?.coldStarts, index, trust, 'coldStarts'))
  const prior = coldStarts.map(
    (_, index) =>
      (penalties[index] ?? 0) + Math.log(index === 0 ? coldNoneMass : (1 - coldNoneMass) / (coldStarts.length - 1)),
  )
  const total = logSum(prior)
  return { penalties, masses: prior.map((value) => value - total) }
}
