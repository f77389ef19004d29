// Many releases in one situation of durations, and in which minute each rule rolls them back.
import type { LatencyRule } from '../rivals/latency.ts'
import { durationsOf, type TimedSituation } from './durations.ts'

export type TimedOutcome = {
  readonly runs: number
  /** Rolled back before the fault began. */
  readonly early: number
  /** Rolled back after that, or at all if there is no fault. */
  readonly fired: number
  /** Minutes until half of them are, counted from the fault's beginning. */
  readonly median: number
}

export function runTimedTrial(
  rules: readonly LatencyRule[],
  situation: TimedSituation,
  runs: number,
  seed: number,
  alpha: number,
): readonly TimedOutcome[] {
  const { faultFrom = 0 } = situation
  const fired = rules.map((): number[] => [])
  for (let run = 0; run < runs; run++) {
    const release = durationsOf(situation, seed + run)
    rules.forEach((rule, index) => {
      const fail = rule.judge(release, alpha).indexOf('fail')
      fired[index]?.push(fail < 0 ? Infinity : fail + 1 - faultFrom)
    })
  }
  return fired.map((minutes) => {
    const delays = minutes.filter((one) => one > 0).toSorted((a, b) => a - b)
    return {
      runs,
      early: runs - delays.length,
      fired: delays.filter(Number.isFinite).length,
      median: delays[Math.floor(delays.length / 2)] ?? Infinity,
    }
  })
}
