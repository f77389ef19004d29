// Faults of the candidate: which additional share of its requests fails in each minute.

/**
 * The candidate fails the additional share `added` of its requests from this minute on. Without more it does so at once and for
 * good.
 */
export type Fault = {
  readonly added: number
  readonly fromMinute: number
  /** The share grows from 0 to `added`, by this much a minute. */
  readonly growsPerMinute?: number
  /** The share is `added` in the first minute and doubles in so many, until every request fails. */
  readonly doublesEveryMinutes?: number
  /** Requests fail only in the first of every so many minutes. */
  readonly onceEveryMinutes?: number
}

export function faultAt(fault: Fault | undefined, minute: number): number {
  if (fault === undefined || minute < fault.fromMinute) return 0
  const { added, fromMinute, growsPerMinute = Infinity, doublesEveryMinutes = Infinity, onceEveryMinutes = 1 } = fault
  const age = minute - fromMinute
  if (age % onceEveryMinutes !== 0) return 0
  return Math.min(1, added * 2 ** (age / doublesEveryMinutes), (age + 1) * growsPerMinute)
}

/** The candidate fails so many times as often as is usual. */
export const timesAsOften = (ratio: number, rate: number): number => (ratio - 1) * rate
