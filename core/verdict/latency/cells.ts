// The hypotheses about one cut. Each has a filter of its own in the cut's bank. Null: the candidate is at most as much slower as
// is allowed, and durations wander like one of the believed members. Alternative: it is slower than that, from the start or from
// some later minute on.
import type { Course } from './filter.ts'
import { levelWalk, memberCourse } from './members.ts'
import { logSum } from '../processes/log-space.ts'

/** A member's position in the list, and ln of how much it is believed. */
export type Believed = readonly [position: number, belief: number]

/** A normal distribution of the excess over what is allowed, in log odds. */
type Excess = { readonly mean: number; readonly sd: number }

export type Cell = {
  /** `late`: a regression that begins at a later minute. `returned`: a candidate that was better, and then is like stable. */
  readonly kind: 'null' | 'alternative' | 'late' | 'returned'
  /** The member whose filter after stable's past it begins with. */
  readonly position: number
  readonly course: Course
  /** ln of the prior mass of an alternative, or of how much a null is believed. */
  readonly mass: number
  readonly excess: Excess
  /** What the candidate may deviate further at its first minute, and after a jump of its traffic. */
  readonly warmSd: number
  /** Of what begins later: the cell that describes the minutes before. */
  readonly base: number
  /** Replaces all deviations at the first minute: both versions' minutes are independent. */
  readonly independentSd?: number
}

// What begins colder is slower, and becomes as fast as stable within minutes.
const warmLagMost = 0.82
const warmSd = (slope: number): number => Math.min(1.3, Math.max(0.3, 0.35 * slope))

const independentSd = 0.4
/** A candidate that is faster says nothing about slowness. */
const better: readonly Excess[] = [
  { mean: -0.3, sd: 0.1 },
  { mean: -0.9, sd: 0.25 },
  { mean: -2.2, sd: 0.5 },
]

const fromStart = [
  { mean: 0.4, sd: 0.3, weight: 3 },
  { mean: 1.5, sd: 0.7, weight: 3 },
  { mean: 4, sd: 1.5, weight: 3 },
]
const later = [
  { mean: 1, sd: 0.8, weight: 2 },
  { mean: 4, sd: 1.5, weight: 1 },
]
/** A leak: the excess grows, or falls, by about this much a minute. */
const growing = { walk: 0.12, weight: 1 }
const total = [...fromStart, ...later, growing].reduce((sum, { weight }) => sum + weight, 0)

const nullsOfMember = 4
/** How many of the best members have nulls, and alternatives. */
const nullMembers = 6
const alternativeMembers = 3
/** A member that is believed less than this beside all others has no alternative. */
const leastShare = -4

const steady: Excess = { mean: 0, sd: 0 }

/** The members that get cells, the most believed first. */
export const mostBelieved = (beliefs: readonly number[]): readonly Believed[] =>
  beliefs
    .map((belief, position): Believed => [position, belief])
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, nullMembers)

/** @param allowed by how much higher the candidate's log odds may be */
export function cellsOf(believed: readonly Believed[], slope: number, allowed: number): readonly Cell[] {
  const all = logSum(believed.map(([, belief]) => belief))
  const likely = believed.filter(([, belief], index) => index === 0 || belief - all >= leastShare)
  return [
    ...believed.flatMap((one) => nullCells(one, slope, allowed)),
    ...wideCells(believed[0] ?? [0, 0], slope, allowed, believed.length * nullsOfMember),
    ...likely.slice(0, alternativeMembers).flatMap((one, index) => alternativeCells(one, index, slope, all)),
  ]
}

const plain = { excess: steady, warmSd: 0, base: 0 }

/** Both ends of what is allowed, warm from the beginning or not. */
function nullCells([position, mass]: Believed, slope: number, allowed: number): readonly Cell[] {
  const course = memberCourse(position, slope)
  const warm = { course: { ...course, lag: Math.min(course.lag, warmLagMost) }, warmSd: warmSd(slope) }
  return [0, -allowed].flatMap((mean): Cell[] => {
    const cell: Cell = { ...plain, kind: 'null', position, course, mass, excess: { mean, sd: 0 } }
    return [cell, { ...cell, ...warm }]
  })
}

/** @param first where these cells begin */
function wideCells([position]: Believed, slope: number, allowed: number, first: number): readonly Cell[] {
  const course = memberCourse(position, slope)
  const independent: Course = { sd: independentSd, lag: 0, shared: 0, levelWalk, excessWalk: 0 }
  return [
    ...better.map((excess): Cell => ({ ...plain, kind: 'null', position, course, mass: 0, excess })),
    ...better.map((_, index): Cell => {
      const excess = { mean: -allowed, sd: allowed / 2 }
      return { ...plain, kind: 'returned', position, course, mass: 0, excess, base: first + index }
    }),
    { ...plain, kind: 'null', position, course: independent, mass: 0, independentSd },
  ]
}

function alternativeCells([position, belief]: Believed, index: number, slope: number, all: number): readonly Cell[] {
  const course = memberCourse(position, slope)
  const mass = (weight: number): number => belief - all + Math.log(weight / total)
  const cell = { ...plain, position, course, base: index * nullsOfMember }
  return [
    ...fromStart.map(({ weight, ...excess }): Cell => ({ ...cell, kind: 'alternative', mass: mass(weight), excess })),
    {
      ...cell,
      kind: 'alternative',
      mass: mass(growing.weight),
      course: { ...course, excessWalk: growing.walk },
    },
    ...later.map(({ weight, ...excess }): Cell => ({ ...cell, kind: 'late', mass: mass(weight), excess })),
  ]
}
