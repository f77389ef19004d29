// How often and how fast changes reach 100 % of the traffic: M1, M2 and M7.
import { deviation, variance } from 'd3-array'
import { changes, type Facts, type ReleaseFacts } from './facts.ts'
import { leftOut, number, ofSpread, type Result, spreadOf, unknown } from './result.ts'
import { leadSeconds } from './times.ts'
import { dayMs } from '../time.ts'

/** Changes that ended with all traffic on the candidate. */
const promoted = (facts: Facts): readonly ReleaseFacts[] =>
  changes(facts).filter(({ outcome }) => outcome === 'promoted')

/**
 * M1: promoted changes per day, over the whole period. The spread is over the whole days of the period, counted from its start.
 * If there were none the value is 0, not unknown: the log shows that there were none.
 */
export function frequency(facts: Facts): Result {
  const { fromMs, toMs } = facts.period
  const all = promoted(facts)
  const days = Array.from({ length: Math.floor((toMs - fromMs) / dayMs) }, (_, day) => {
    const startMs = fromMs + day * dayMs
    return all.filter(({ settledMs = 0 }) => settledMs >= startMs && settledMs < startMs + dayMs).length
  })
  const spread = spreadOf(days)
  const value = toMs > fromMs ? number(all.length / ((toMs - fromMs) / dayMs)) : unknown('the period is empty')
  return { value, n: all.length, ...(spread === undefined ? {} : { spread }) }
}

/** Lead times of the promoted changes that have one, and how many have none. */
function leadTimes(facts: Facts): { readonly seconds: readonly number[]; readonly missing: number } {
  const all = promoted(facts)
  const seconds = all.flatMap((one) => leadSeconds(one) ?? [])
  return { seconds, missing: all.length - seconds.length }
}

const noBeginning = 'without the time of a commit or of an artifact event'

/** M2: the median of the seconds from the commit (or else the artifact's event) to all traffic. */
export function leadTime(facts: Facts): Result {
  const { seconds, missing } = leadTimes(facts)
  return {
    ...ofSpread(seconds, 'p50', missing === 0 ? 'nothing was promoted' : `everything promoted is ${noBeginning}`),
    ...leftOut(missing, noBeginning),
  }
}

/**
 * M7: sample standard deviation of the lead times over their mean, with the sample variance (seconds²) next to it. Needs at least
 * two lead times.
 */
export function leadTimeVariance(facts: Facts): Result {
  const { seconds, missing } = leadTimes(facts)
  const out = leftOut(missing, noBeginning)
  const [sd, seconds2] = [deviation(seconds), variance(seconds)]
  const mean = seconds.reduce((sum, one) => sum + one, 0) / seconds.length
  if (sd === undefined || seconds2 === undefined || mean === 0)
    return { value: unknown('it takes two lead times'), n: seconds.length, ...out }
  return {
    value: number(sd / mean),
    n: seconds.length,
    more: { varianceSeconds2: seconds2, deviationSeconds: sd, meanSeconds: mean },
    ...out,
  }
}
