// Many releases in one situation, and each rule's results: how many healthy releases it rolls back, how soon it finds a fault,
// and how many requests the fault fails until then.
import { faultAt } from './fault.ts'
import { earlierReleases, minutesOf, pastOf, type Situation } from './noise.ts'
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

/** What rules may learn from before a release: whether stable's hours before it, and how many earlier releases. */
export type History = { readonly past: boolean; readonly releases: number }
const nothing: History = { past: false, releases: 0 }

/** Every rule sees the same releases. */
export function runTrial(
  rules: readonly Rival[],
  situation: Situation,
  runs: number,
  seed: number,
  alpha: number,
  { past, releases }: History = nothing,
): readonly Outcome[] {
  const tallies = rules.map((): Tally => ({ early: 0, detected: 0, bad: 0, delays: [] }))
  const fromMinute = situation.fault?.fromMinute ?? Infinity
  for (let run = 0; run < runs; run++) {
    const minutes = minutesOf(situation, seed + run)
    const settings = {
      alpha,
      stableRate: situation.rate,
      ...(situation.durationMs === undefined ? {} : { durationMs: situation.durationMs }),
      ...(past ? { past: pastOf(situation, seed + run) } : {}),
      ...(releases > 0 ? { earlier: earlierReleases(situation, releases, seed + run) } : {}),
    }
    rules.forEach((rule, index) => {
      const tally = tallies[index]
      if (tally === undefined) return
      const said = rule.judge(minutes, settings)
      const fired = said.findIndex((one) => one.said === 'fail')
      if (fired >= 0 && fired < fromMinute) {
        tally.early++
        return
      }
      if (fired >= 0) tally.detected++
      tally.delays.push(fired < 0 ? Infinity : fired + 1 - fromMinute)
      const served = fired < 0 ? minutes : minutes.slice(0, fired + 1)
      served.forEach((one, minute) => {
        // What would have failed anyway does not count.
        const share = Math.min(faultAt(situation.fault, minute), 1 - situation.rate)
        tally.bad += one.candidateInvocations * share
      })
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
