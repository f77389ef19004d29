// What a measure says: a value with how many things it is made of and how they are spread, or why there is none. Silence is
// not health: of nothing there is no share and no median.
import { quantileSorted } from 'd3-array'

/** Quantiles by linear interpolation between the two nearest (R's type 7, as d3-array has it). */
export type Spread = { readonly min: number; readonly p50: number; readonly p90: number; readonly max: number }

/** What the measure would have needed and did not have: how often, and what it was. */
type LeftOut = { readonly count: number; readonly because: string }

export type Result = {
  readonly value:
    { readonly known: true; readonly number: number } | { readonly known: false; readonly because: string }
  /** How many things the value is made of. */
  readonly n: number
  readonly spread?: Spread
  readonly leftOut?: LeftOut
  /** Further numbers beside the value, by name. */
  readonly more?: Readonly<Record<string, number>>
}

export const number = (value: number): Result['value'] => ({ known: true, number: value })
export const unknown = (because: string): Result['value'] => ({ known: false, because })

export const leftOut = (count: number, because: string): Pick<Result, 'leftOut'> =>
  count === 0 ? {} : { leftOut: { count, because } }

/** @returns `undefined` of an empty list */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => quantileSorted(sorted, share) ?? 0
  return sorted.length === 0 ? undefined : { min: at(0), p50: at(0.5), p90: at(0.9), max: at(1) }
}

/** One of the four numbers of the spread as the value; unknown, for the given reason, of an empty list. */
export function ofSpread(values: readonly number[], which: keyof Spread, otherwise: string): Result {
  const spread = spreadOf(values)
  return spread === undefined
    ? { value: unknown(otherwise), n: 0 }
    : { value: number(spread[which]), n: values.length, spread }
}

/** A share of things; unknown, for the given reason, when there are none. */
export const share = (part: number, all: number, otherwise: string): Result => ({
  value: all === 0 ? unknown(otherwise) : number(part / all),
  n: all,
})
