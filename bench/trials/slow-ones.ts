// How many of so many requests are slower than each cut, where durations are lognormal: counted without drawing each duration.
import type { Draw } from './draw.ts'

export type Cut = {
  readonly ms: number
  /** Of the requests that are slower than the cut before. */
  readonly share: number
  /** By how much the log odds of being slower rise when the log of all durations rises by 1. */
  readonly slope: number
}

const medianMs = 100
const slopeMost = 8
/** p50, p90 and p99.9 of the standard normal distribution, and p99. */
const [z50, z90, z999, z99] = [0, 1.281_551_6, 3.090_232_3, 2.326_347_9]

/** Stable's p50, p90, p99.9 and three times its p99, where a release cuts durations. @param spread at most 1.3 */
export function cutsOf(spread: number): readonly Cut[] {
  const far = z99 + Math.log(3) / spread
  const above = [
    [z50, 0.5],
    [z90, 0.1],
    [z999, 0.001],
    [far, tail(far)],
  ] as const
  return above.map(([z, share], index) => ({
    ms: medianMs * Math.exp(spread * z),
    share: share / (above[index - 1]?.[1] ?? 1),
    slope: Math.min(slopeMost, density(z) / (spread * share * (1 - share))),
  }))
}

export function slowOnes(requests: number, cuts: readonly Cut[], draw: Draw): readonly number[] {
  let left = requests
  return cuts.map(({ share }) => (left = draw.binomial(left, share)))
}

const density = (z: number): number => Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI)

/** Above 3 and more, by the continued fraction of Mills' ratio. */
const tail = (z: number): number => density(z) / (z + 1 / (z + 2 / (z + 3 / (z + 4 / z))))
