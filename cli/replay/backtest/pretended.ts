// Pretended releases: healthy minutes are split at random into two versions at a plan's weights, as Lambda routes each request by
// itself, and a fault makes a share of the candidate's good requests fail. The same seed gives the same release.
import { wholeBp } from '../../../core/service/routing.ts'
import { chance } from '../../../cloud/local/time/chance.ts'
import type { WeightedMinute } from '../../../bench/rivals/recorded.ts'
import { drawFrom } from '../../../bench/trials/draw.ts'
import type { Stretch } from './stretches.ts'

type Pretended = {
  readonly minutes: readonly WeightedMinute[]
  /** Requests that the fault made fail, by minute. */
  readonly spoiled: readonly number[]
}

const shortestMinutes = 10

/** Cuts stretches into pieces of one length. A shorter stretch is one piece, if it has at least half of it. */
export function windowsOf(stretches: readonly Stretch[], length: number): readonly Stretch[] {
  return stretches
    .flatMap((stretch) => {
      if (stretch.length < length)
        return stretch.length >= Math.min(length, Math.max(shortestMinutes, length / 2)) ? [stretch] : []
      return Array.from({ length: Math.floor(stretch.length / length) }, (_, index) =>
        stretch.slice(index * length, (index + 1) * length),
      )
    })
    .filter((window) => window.some(({ all }) => all > 0))
}

/** The window of each run: every one in turn, or evenly chosen ones when there are more windows than runs. */
export const windowOfRun = (windows: readonly Stretch[], run: number, runs: number): Stretch =>
  windows[windows.length > runs ? Math.floor((run * windows.length) / runs) : run % windows.length] ?? []

/** @param weightBps the plan's weight in each minute. After the plan the candidate has all requests, with its fault. */
export function pretend(window: Stretch, weightBps: readonly number[], seed: number, added: number): Pretended {
  const split = drawFrom(chance(seed, 'split'))
  const fault = drawFrom(chance(seed, `fault ${added}`))
  const spoiled: number[] = []
  const minutes = window.map(({ all, bad }, minute) => {
    const weightBp = weightBps[minute] ?? wholeBp
    const candidateBad = split.binomial(bad, weightBp / wholeBp)
    const candidateGood = split.binomial(all - bad, weightBp / wholeBp)
    const more = fault.binomial(candidateGood, added)
    spoiled.push(more)
    return {
      weightBp,
      stableInvocations: all - candidateBad - candidateGood,
      stableBad: bad - candidateBad,
      candidateInvocations: candidateBad + candidateGood,
      candidateBad: candidateBad + more,
    }
  })
  return { minutes, spoiled }
}
