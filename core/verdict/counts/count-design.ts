// What a signal that counts expects: how much worse a bad candidate may be, when that may begin, and what healthy versions do.
// The constants are those of docs/verdict.md, "The mathematics".
import type { Bursts } from '../processes/bursts.ts'

/** A way in which healthy rates wander: each version's log rate is an AR(1) around a level that both share. */
export type DriftNull = {
  readonly deviation: number
  /** Correlation from one minute to the next. */
  readonly lag: number
  /** How much less evidence is asked for against this null than against chance. */
  readonly relief: number
  /** How little trust the past may leave it. */
  readonly floor: 'drift' | 'slowDrift'
}

/** Error rates wander for minutes, by about half; or fail in storms that last a few minutes. */
const usualNulls: readonly DriftNull[] = [
  { deviation: 0.5, lag: 0.8, relief: 4, floor: 'drift' },
  { deviation: 1, lag: 0.6, relief: 4, floor: 'drift' },
]
/** Slow drift looks like a regression. It is believed in only where earlier releases can show that there is none. */
const slowNulls: readonly DriftNull[] = [
  { deviation: 0.2, lag: 0.98, relief: 4, floor: 'slowDrift' },
  { deviation: 0.3, lag: 0.93, relief: 4, floor: 'slowDrift' },
  { deviation: 0.6, lag: 0.98, relief: 4, floor: 'slowDrift' },
]

/** @param learned from how many earlier releases there is something to learn */
export const errorNulls = (learned?: { readonly releases: number }): readonly DriftNull[] =>
  (learned?.releases ?? 0) > 0 ? [...usualNulls, ...slowNulls] : usualNulls

export type CountDesign = {
  /** The null: the candidate fails at most this many times as often as stable. */
  readonly tolerance: number
  /** Over how many minutes a regression may begin: the plan's, or the file's. */
  readonly horizonMinutes: number
  /** `lower`: the events are good ones, of which a bad candidate has fewer. */
  readonly worse: 'higher' | 'lower'
  readonly nulls: readonly DriftNull[]
  /** Whether new execution environments may fail more often in their first minutes. */
  readonly hasColdStarts: boolean
  readonly learned?: Learned
  readonly trust: Trust
}

/**
 * What a service's own healthy past says about each member of the nulls: ln likelihood relative to the best one, at most 0. A
 * member that the past refutes is trusted less from the start.
 */
export type Learned = {
  /** Of the members that the numbers are about, in their order. */
  readonly edition: number
  /** By dispersion (beta-binomial.ts). */
  readonly dispersions: readonly number[]
  /** By way in which the level moves without a regression (drift-evidence.ts). */
  readonly levels: readonly number[]
  /** By drift null, of the split alone. */
  readonly ratios: readonly number[]
  /** By cold start (cold-start.ts), for the split and for drift. */
  readonly coldStarts: readonly number[]
  readonly coarseColdStarts: readonly number[]
  /** Pearson's dispersion of stable's minutes, and in how many it had requests. */
  readonly dispersion: number
  readonly minutes: number
  /** Stable's counts in those minutes, and its highest rate over five of them. Absent in older logs. */
  readonly usual?: { readonly bad: number; readonly invocations: number; readonly highest: number } | undefined
  /** In which bursts stable's bad events came. Absent in older logs. */
  readonly bursts?: Bursts | undefined
  /** How many earlier releases are in it. Without any, it is what stable did just before. */
  readonly releases: number
}

/** The members that this code knows. What another edition learned is about others. */
export const learnedEdition = 1

/**
 * How far a clean past is trusted: ln of the least trust that it may leave a member of the nulls, and what is asked for on top
 * once earlier releases are learned from. The more it is trusted, the sooner faults are found, and the more healthy releases go
 * back when noise comes that the past does not have (docs/verdict.md, "Learning").
 */
export type Trust = {
  readonly dispersions: number
  readonly drift: number
  readonly slowDrift: number
  readonly coldStarts: number
  readonly margin: number
}

export const trusts = {
  careful: { dispersions: -3, drift: -4, slowDrift: -6, coldStarts: -4, margin: 0.3 },
  sharp: { dispersions: -4, drift: -8, slowDrift: -8, coldStarts: -8, margin: Math.log(2) },
} as const satisfies Readonly<Record<string, Trust>>

export const penaltyOf = (
  values: readonly number[] | undefined,
  index: number,
  trust: Trust,
  floor: Exclude<keyof Trust, 'margin'>,
): number => Math.max(values?.[index] ?? 0, trust[floor])

/** How many times as often as tolerated a bad candidate fails, in ln, and how much of the mass expects each. */
type Ratio = { readonly log: number; readonly mass: number; readonly halfWidth: number }

const higher: readonly (readonly [ratio: number, weight: number, halfWidth: number])[] = [
  [1.1, 1, 0.06],
  [1.25, 1, 0.09],
  [1.5, 2, 0.14],
  [2, 4, 0.2],
  [3, 3, 0.25],
  [5, 3, 0.3],
  [10, 3, 0.35],
  [20, 2, 0.35],
  [50, 1, 0.6],
]
const lower: typeof higher = [
  [0.9, 1, 0.06],
  [0.8, 1, 0.09],
  [0.6, 1, 0.15],
  [0.4, 1, 0.25],
  [0.2, 1, 0.35],
]
// Where the first ratio begins and the last one ends.
const edges = { higher: [1.05, 80], lower: [0.95, 0.1] } as const

export function ratiosOf(worse: CountDesign['worse']): readonly Ratio[] {
  const table = worse === 'higher' ? higher : lower
  const total = table.reduce((sum, [, weight]) => sum + weight, 0)
  return table.map(([ratio, weight, halfWidth]) => ({ log: Math.log(ratio), mass: weight / total, halfWidth }))
}

/** The same masses, spread evenly over ln ratio in steps of about `step`: no ratio lies far from one that is looked for. */
export function denseRatios(worse: CountDesign['worse'], step: number): readonly Ratio[] {
  const ratios = ratiosOf(worse)
  const [first, last] = edges[worse]
  const bounds = [
    Math.log(first),
    ...ratios.slice(1).map(({ log }, index) => (log + (ratios[index]?.log ?? log)) / 2),
    Math.log(last),
  ]
  return ratios.flatMap(({ mass, halfWidth }, index) => {
    const [from, to] = [bounds[index] ?? 0, bounds[index + 1] ?? 0]
    const parts = Math.max(1, Math.round(Math.abs(to - from) / step))
    return Array.from({ length: parts }, (_, part) => ({
      log: from + ((part + 0.5) * (to - from)) / parts,
      mass: mass / parts,
      halfWidth,
    }))
  })
}

/** How much of the mass expects a regression that is there from the first minute. */
export const fromStart = 0.7

/** The mass that begins at each later minute, and how much has not begun after `minutes` minutes. */
export const laterMass = (horizonMinutes: number): number => (1 - fromStart) / Math.max(1, horizonMinutes - 1)
export const unspentMass = (horizonMinutes: number, minutes: number): number =>
  (1 - fromStart) * Math.max(0, 1 - Math.max(0, minutes - 1) / Math.max(1, horizonMinutes - 1))
