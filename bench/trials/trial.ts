// Many releases in one situation, and each rule's results: how many healthy releases it rolls back, how soon it finds a fault,
// and how many requests the fault fails until then.
import { minutesOf, type Situation } from './noise.ts'
import type { Rival } from '../rivals/rival.ts'

export type Outcome = {
  readonly runs: number
  /** Rolled back without a fault, or before the fault began. */
  readonly early: number
  readonly detected: number
  /** Median over the runs that were not rolled back early; Infinity if most of them missed the fault. */
  readonly medianMinutes: number
  /** Requests that failed because of the fault until it was found, or until the end; mean over the same runs. */
  readonly badServed: number
}

type Tally = { early: number; detected: number; bad: number; readonly delays: number[] }

/** Every rule sees the same releases. */
export function runTrial(
  rules: readonly Rival[],
  situation: Situation,
  runs: number,
  seed: number,
  alpha: number,
): readonly Outcome[] {
  const tallies = rules.map((): Tally => ({ early: 0, detected: 0, bad: 0, delays: [] }))
  const fromMinute = situation.fault?.fromMinute ?? Infinity
  for (let run = 0; run < runs; run++) {
    const minutes = minutesOf(situation, seed + run)
    rules.forEach((rule, index) => {
      const tally = tallies[index]
      if (tally === undefined) return
      const said = rule.judge(minutes, { alpha, stableRate: situation.rate })
      const fired = said.findIndex((one) => one.said === 'fail')
      if (fired >= 0 && fired < fromMinute) {
        tally.early++
        return
      }
      if (fired >= 0) tally.detected++
      tally.delays.push(fired < 0 ? Infinity : fired + 1 - fromMinute)
      const served = minutes.slice(fromMinute, fired < 0 ? undefined : fired + 1)
      for (const minute of served) tally.bad += minute.candidateInvocations * (situation.fault?.added ?? 0)
    })
  }
  return tallies.map(({ early, detected, bad, delays }) => ({
    runs,
    early,
    detected,
    medianMinutes: delays.toSorted((a, b) => a - b)[Math.floor(delays.length / 2)] ?? Infinity,
    badServed: bad / Math.max(1, delays.length),
  }))
}
