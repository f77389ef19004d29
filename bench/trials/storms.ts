// Storms: errors of one version that come from few of its instances, such as a broken connection or a cold cache. Their sizes
// have a heavy tail, and the larger ones may take several minutes. The two versions have storms of their own.
import type { Draw } from './draw.ts'

export type Storms = {
  /** Of Pareto's law: a storm has k errors or more with probability k^-shape. */
  readonly shape: number
  /** How many minutes a storm takes, least and most, each number as likely. Its errors fall evenly on them. */
  readonly minutes: readonly [number, number]
}

/** No storm has more errors than this. */
const stormMax = 10_000

/** The mean size: the sum of the probabilities that it is k or more. */
function meanSize(shape: number): number {
  let mean = 0
  for (let size = 1; size <= stormMax; size++) mean += size ** -shape
  return mean
}

/** Errors of one version, minute after minute, given its invocations and the share of them that fails in the mean. */
export function stormy(draw: Draw, { shape, minutes: [least, most] }: Storms): (n: number, rate: number) => number {
  const mean = meanSize(shape)
  /** Errors that storms have still to bring, by minute, from the present one on. */
  const coming: number[] = []
  return (n, rate) => {
    const storms = draw.poisson((n * rate) / mean)
    for (let storm = 0; storm < storms; storm++) {
      const length = draw.between(least, most)
      let left = Math.min(stormMax, draw.pareto(shape))
      for (let ahead = 0; ahead < length; ahead++) {
        const errors = ahead === length - 1 ? left : draw.binomial(left, 1 / (length - ahead))
        coming[ahead] = (coming[ahead] ?? 0) + errors
        left -= errors
      }
    }
    return Math.min(n, coming.shift() ?? 0)
  }
}
