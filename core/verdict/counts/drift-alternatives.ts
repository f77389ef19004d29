// The numerator against drift: a mixture of filters that follow what they see. Each is a way in which the level moves, and a way
// in which the candidate is worse: steadily, ever more, or beside a drift of its own. A regression may begin at any minute.
import { type CountDesign, type DriftNull, fromStart, laterMass, ratiosOf, unspentMass } from './count-design.ts'
import { logSum } from '../processes/log-space.ts'
import {
  age,
  autoregressive,
  type Dynamics,
  filterBegin,
  filterSize,
  jump,
  merge,
  seeCandidate,
  seeStable,
  withCandidate,
} from './rate-filter.ts'
import type { MinuteKind } from './split-evidence.ts'
import type { CountMinute } from '../processes/split-process.ts'

type Prior = { readonly mean: number; readonly variance: number }

/** One filter of the mixture. Those without a regression come first; the others branch off from one of them. */
type Branch = {
  readonly dynamics: Dynamics
  /** Of the filter without a regression. */
  readonly from: number
  /** Undefined: no regression. */
  readonly share: number | undefined
  /** The candidate when it begins; undefined: as it was, with more exposure. */
  readonly candidate: Prior | undefined
  /** How many times the tolerated exposure the candidate is given. */
  readonly exposure: number
  readonly begin: number[]
}

/** ln weights and states of all filters, in one array. */
export type DriftAlternatives = { readonly minutes: number; readonly filters: readonly number[] }

const steadyWalk = 0.02
const steadyMass = 0.75
/** How a growing regression begins, how fast it grows a minute, and how uncertain that is. */
const growing = [
  { mean: 0.15, deviation: 0.15, trend: 0.1, walk: 0.15, mass: 0.1 },
  { mean: 0.5, deviation: 0.4, trend: 0.15, walk: 0.3, mass: 0.1 },
  { mean: 1.2, deviation: 0.8, trend: 0, walk: 0.3, mass: 0.05 },
]
/** What a regression does beside a drift of its own. */
const exposures = { higher: [2, 4, 10, 25], lower: [0.7, 0.5, 0.25, 0.1] } as const

/** Ways in which the level moves while nothing is wrong: random walks, and the AR(1) of each null. */
const walks = [
  { deviation: 0.03, mass: 0.45 },
  { deviation: 0.3, mass: 0.15 },
  { deviation: 1, mass: 0.05 },
]
/** Bursts: each minute's rate by itself. */
const burst = 0.6
const burstMass = 0.1
const autoregressiveMass = 0.25
// ln of the least that the past may leave a way in which the level moves.
const levelFloor = -8

const walking = (deviation: number): Dynamics => ({
  candidateLag: 1,
  candidateTrend: 0,
  candidateVariance: 0,
  stableLag: 1,
  stableVariance: 0,
  levelVariance: deviation ** 2,
})

/** The ways in which the level moves: their masses, dynamics, and the variance of each version around it. */
export const levelsOf = (
  nulls: readonly DriftNull[],
): readonly { readonly dynamics: Dynamics; readonly variance: number; readonly mass: number }[] => [
  ...walks.map(({ deviation, mass }) => ({ dynamics: walking(deviation), variance: 0, mass })),
  { dynamics: autoregressive(burst, 0), variance: burst ** 2, mass: burstMass },
  ...nulls.map(({ deviation, lag }) => ({
    dynamics: autoregressive(deviation, lag),
    variance: deviation ** 2,
    mass: autoregressiveMass / nulls.length,
  })),
]

function branchesOf({ nulls, worse, learned }: CountDesign): readonly Branch[] {
  const sign = worse === 'higher' ? 1 : -1
  const levels = levelsOf(nulls)
  const logWeights = levels.map(({ mass }, index) => Math.log(mass) + Math.max(learned?.levels[index] ?? 0, levelFloor))
  const healthy = levels.map(({ dynamics, variance }, from): Branch => {
    const begin = filterBegin((logWeights[from] ?? 0) + Math.log(1 - fromStart), { mean: 0, variance }, variance)
    return { dynamics, from, share: undefined, candidate: undefined, exposure: 1, begin }
  })
  const worseOnes = levels.flatMap(({ dynamics, variance }, from): Branch[] => {
    const branch = (share: number, more: Partial<Dynamics>, candidate: Prior | undefined, exposure = 1): Branch => ({
      dynamics: { ...dynamics, ...more },
      from,
      share,
      candidate,
      exposure,
      begin: filterBegin(
        (logWeights[from] ?? 0) + Math.log(share * fromStart),
        candidate ?? { mean: 0, variance },
        variance,
      ),
    })
    if (variance > 0) return exposures[worse].map((exposure) => branch(1 / 4, {}, undefined, exposure))
    return [
      ...ratiosOf(worse).map(({ log, mass, halfWidth }) =>
        branch(steadyMass * mass, { candidateVariance: steadyWalk ** 2 }, { mean: log, variance: halfWidth ** 2 }),
      ),
      ...growing.map(({ mean, deviation, trend, walk, mass }) =>
        branch(
          mass,
          { candidateVariance: walk ** 2, candidateTrend: sign * trend },
          { mean: sign * mean, variance: deviation ** 2 },
        ),
      ),
    ]
  })
  return [...healthy, ...worseOnes]
}

export function driftAlternatives(design: CountDesign) {
  const { horizonMinutes } = design
  const branches = branchesOf(design)

  /** Moves the mass that begins now from the filters without a regression to the others. */
  function start(filters: number[], minutes: number): void {
    if (minutes === 0 || minutes >= horizonMinutes) return
    const hazard = laterMass(horizonMinutes) / unspentMass(horizonMinutes, minutes)
    branches.forEach(({ from, share, candidate }, index) => {
      if (share === undefined) return
      const other = withCandidate(filters, from * filterSize, candidate)
      merge(filters, index * filterSize, (filters[from * filterSize] ?? 0) + Math.log(hazard * share), other)
    })
    // At the last minute all of it begins. A logarithm of 0 could not be kept as JSON.
    const left = Math.log(Math.max(1e-300, 1 - hazard))
    branches.forEach(({ share }, index) => {
      if (share === undefined) filters[index * filterSize] = (filters[index * filterSize] ?? 0) + left
    })
  }

  return {
    begin: { minutes: 0, filters: branches.flatMap(({ begin }) => begin) } satisfies DriftAlternatives,
    step(state: DriftAlternatives, data: CountMinute, { tolerance, jumps }: MinuteKind): DriftAlternatives {
      const filters = [...state.filters]
      start(filters, state.minutes)
      const isCompared = data.candidateInvocations > 0 && data.stableInvocations > 0
      if (isCompared) {
        branches.forEach(({ dynamics, exposure }, index) => {
          const at = index * filterSize
          if (state.minutes > 0) age(filters, at, dynamics)
          if (jumps) jump(filters, at)
          seeStable(filters, at, data.stableBad, data.stableInvocations)
          seeCandidate(filters, at, data.candidateBad, data.candidateInvocations * tolerance * exposure)
        })
      }
      return { minutes: state.minutes + 1, filters }
    },
    logLikelihood: ({ filters }: DriftAlternatives): number =>
      logSum(branches.map((_, index) => filters[index * filterSize] ?? -Infinity)),
  }
}
