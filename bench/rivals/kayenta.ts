// Kayenta's NetflixACAJudge on the error rate of each minute: Mann-Whitney with the interval that R's wilcox.test gives
// (normal approximation with continuity correction), a tolerance of a quarter of the Hodges-Lehmann estimate, and the
// ratio of means as effect size. Direction: increase, as for any error metric.
import quantile from '@stdlib/stats-base-dists-normal-quantile'
import type { CountMinute } from '../../core/verdict/processes/split-process.ts'
import { latched, type Rival, type Said } from './rival.ts'
import { zeroin } from './zeroin.ts'

const confidence = 0.98
const tolerance = 0.25
const meanRatioMax = 1
const lookMinutes = 5
const rootTolerance = 1e-4

type Interval = { readonly low: number; readonly high: number; readonly estimate: number }

/** Interval for how much larger the values of `experiment` are than those of `control`. */
export function mannWhitneyInterval(
  experiment: readonly number[],
  control: readonly number[],
  level: number,
): Interval {
  const least = Math.min(...experiment) - Math.max(...control)
  const most = Math.max(...experiment) - Math.min(...control)
  const z = quantile((1 - level) / 2, 0, 1)
  const corrected = (shift: number): number => standardised(experiment, control, shift, true)
  const [atLeast, atMost] = [corrected(least), corrected(most)]
  const root = (q: number): number => {
    if (atLeast - q <= 0) return least
    if (atMost - q >= 0) return most
    return zeroin((shift) => corrected(shift) - q, least, most, rootTolerance)
  }
  return {
    low: root(-z),
    high: root(z),
    estimate: zeroin((shift) => standardised(experiment, control, shift, false), least, most, rootTolerance),
  }
}

/** The standardised rank sum after moving the experiment down by `shift`. */
function standardised(
  experiment: readonly number[],
  control: readonly number[],
  shift: number,
  isCorrected: boolean,
): number {
  const [m, n] = [experiment.length, control.length]
  const all = [
    ...experiment.map((value) => ({ value: value - shift, own: 1 })),
    ...control.map((value) => ({ value, own: 0 })),
  ].sort((a, b) => a.value - b.value)
  let rankSum = 0
  let ties = 0
  for (let from = 0; from < all.length;) {
    let to = from
    let own = 0
    while (to < all.length && all[to]?.value === all[from]?.value) own += all[to++]?.own ?? 0
    const size = to - from
    rankSum += own * ((from + 1 + to) / 2)
    ties += size ** 3 - size
    from = to
  }
  const above = rankSum - (m * (m + 1)) / 2 - (m * n) / 2
  const sigma = Math.sqrt(((m * n) / 12) * (m + n + 1 - ties / ((m + n) * (m + n - 1))))
  return (above - (isCorrected ? Math.sign(above) * 0.5 : 0)) / sigma
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** Kayenta's label for one metric, of which each value is that of one minute. */
export function classify(experiment: readonly number[], control: readonly number[]): 'nodata' | 'pass' | 'high' {
  if (experiment.length === 0 || control.length === 0) return 'nodata'
  if (new Set([...experiment, ...control]).size === 1) return 'pass'
  const sorted = (values: readonly number[]): string => values.toSorted((a, b) => a - b).join()
  if (sorted(experiment) === sorted(control)) return 'pass'
  const { low, estimate } = mannWhitneyInterval(experiment, control, confidence)
  const ratio = mean(control) === 0 ? Infinity : mean(experiment) / mean(control)
  return low > tolerance * Math.abs(estimate) && ratio > meanRatioMax ? 'high' : 'pass'
}

const rates = (minutes: readonly CountMinute[], arm: 'stable' | 'candidate'): number[] =>
  minutes.flatMap((minute) => {
    const invocations = minute[`${arm}Invocations`]
    return invocations === 0 ? [] : [minute[`${arm}Bad`] / invocations]
  })

const said = { nodata: 'unknown', pass: 'pass', high: 'fail' } as const

export const kayenta: Rival = {
  name: 'kayenta',
  about: 'Kayenta (Mann-Whitney) on all minutes so far, every 5 minutes',
  judge(minutes) {
    let last: Said = 'unknown'
    const words = minutes.map((_, minute) => {
      const seen = minute + 1
      if (last !== 'fail' && seen % lookMinutes === 0) {
        const upTo = minutes.slice(0, seen)
        last = said[classify(rates(upTo, 'candidate'), rates(upTo, 'stable'))]
      }
      return { said: last }
    })
    return latched(words)
  },
}
