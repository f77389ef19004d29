// Exact binomial odds: between which shares the true one lies, and whether runs refute what was promised.
import quantile from '@stdlib/stats-base-dists-beta-quantile'
import atMost from '@stdlib/stats-base-dists-binomial-cdf'

const alpha = 0.05

/** The interval of Clopper and Pearson, at 95 %. */
export const between = (count: number, runs: number): readonly [low: number, high: number] => [
  count === 0 ? 0 : quantile(alpha / 2, count, runs - count + 1),
  count === runs ? 1 : quantile(1 - alpha / 2, count + 1, runs - count),
]

type Counted = { readonly kept: number; readonly runs: number; readonly least: number }

/**
 * Which of the promises of one function its runs refute. By Holm: if all of them hold, one is refuted in at most 1 of 20 cases,
 * however many they are.
 */
export function refuted(promises: readonly Counted[]): readonly boolean[] {
  const odds = promises.map(({ kept, runs, least }) => atMost(kept, runs, least))
  const rising = odds.toSorted((a, b) => a - b)
  const first = rising.findIndex((one, index) => one >= alpha / (odds.length - index))
  const limit = first === -1 ? Infinity : (rising[first] ?? Infinity)
  return odds.map((one) => one < limit)
}
