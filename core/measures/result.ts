// The result of a measure: a value with its sample count and spread, or the reason why there is none. No data means unknown: an
// empty set has no share and no median.
import { quantileSorted } from 'd3-array'

/** Quantiles by linear interpolation between the two nearest values (R's type 7, as in d3-array). */
export type Spread = { readonly min: number; readonly p50: number; readonly p90: number; readonly max: number }

/** Samples that the measure had to leave out: how many, and why. */
type LeftOut = { readonly count: number; readonly because: string }

export type Result = {
  readonly value:
    { readonly known: true; readonly number: number } | { readonly known: false; readonly because: string }
  /** How many samples the value is made of. */
  readonly n: number
  readonly spread?: Spread
  readonly leftOut?: LeftOut
  /** Additional numbers next to the value, by name. */
  readonly more?: Readonly<Record<string, number>>
}

export const number = (value: number): Result['value'] => ({ known: true, number: value })
export const unknown = (because: string): Result['value'] => ({ known: false, because })

export const leftOut = (count: number, because: string): Pick<Result, 'leftOut'> =>
  count === 0 ? {} : { leftOut: { count, because } }

/** @returns `undefined` for an empty list */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => quantileSorted(sorted, share) ?? 0
  return sorted.length === 0 ? undefined : { min: at(0), p50: at(0.5), p90: at(0.9), max: at(1) }
}

/** Uses one of the spread's four numbers as the value. An empty list gives unknown, with the given reason. */
export function ofSpread(values: readonly number[], which: keyof Spread, otherwise: string): Result {
  const spread = spreadOf(values)
  return spread === undefined
    ? { value: unknown(otherwise), n: 0 }
    : { value: number(spread[which]), n: values.length, spread }
}

/** A share. If there is nothing to count, it is unknown, with the given reason. */
export const share = (part: number, all: number, otherwise: string): Result => ({
  value: all === 0 ? unknown(otherwise) : number(part / all),
  n: all,
})
