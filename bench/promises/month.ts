// The months of one function after its definition was written: releases at any minute at which the traffic is what the promise is
// for, without a fault and with each fault whose end is promised. Traffic goes on by the hour of the day meanwhile, and errors
// come by chance, in groups, and with outages.
import type { Noise } from '../trials/noise.ts'
import { type Customers, runWhole } from '../trials/whole-release.ts'
import { errorsAtTheirShare, faultOf, isOnTime, noises, sparselyLooked } from '../../cli/promise/simulated.ts'
import { chance } from '../../cloud/local/time/chance.ts'
import { refuted } from './odds.ts'
import type { Said } from './said.ts'

/** What nobody knows of a function but who made it. */
export type Truth = {
  readonly name: string
  /** By the hour of the month; a part of an hour is as the hour. */
  readonly perMinute: (hour: number) => number
  readonly rate: number
  /** The deviation of the log of its durations. */
  readonly spread: number
}

export type Held = {
  readonly what: 'false' | 'found'
  readonly words: string
  /** So many of the runs were as promised. */
  readonly kept: number
  readonly runs: number
  /** Whether as many were as promised. */
  readonly isKept: boolean
  /** Whether the runs refute it, beside the other promises of its function (odds.ts). */
  readonly isRefuted: boolean
}

export type Months = {
  readonly held: readonly Held[]
  readonly healthy: {
    readonly runs: number
    readonly onTime: number
    readonly back: number
    readonly undecided: number
  }
  /** Why releases without a fault were put back. */
  readonly because: readonly string[]
}

type Chance = { readonly runs: number; readonly seed: number }

const hours = 28 * 24
/** Durations take most of the time to judge: every fourth release without a fault has them. */
const withDurations = 4

export function monthsOf(said: Said, truth: Truth, { runs, seed }: Chance): Months {
  const random = chance(seed, `${truth.name}, begins`)
  const errors = errorsAtTheirShare(said.service)
  const customers = (run: number, noise: Noise): Customers => {
    const begins = beginOf(said, truth, random)
    const perMinuteAt = (minute: number): number => truth.perMinute(Math.max(0, begins + minute / 60))
    const name = `${truth.name} ${run}`
    return { name, perMinuteAt, rate: truth.rate, noise, minutes: said.minutes }
  }
  const noiseOf = (run: number): Noise => noises[run % noises.length] ?? { kind: 'independent' }
  const healthy = Array.from({ length: runs }, (_, run) => {
    const one = customers(run, noiseOf(run))
    const isWhole = run % withDurations === 0
    return isWhole
      ? runWhole(said.service, { ...one, spread: truth.spread }, seed + run)
      : runWhole(errors, one, seed + run)
  })
  const back = healthy.filter(({ end }) => end !== 'promoted')
  const found = said.found.map(({ size, within }) => {
    const inTime = Array.from({ length: runs }, (_, run) => {
      // An outage beside the fault is seen in both versions, and may hide it: that is not promised.
      const noise = noiseOf(run)
      const usual = noise.kind === 'outage' ? { kind: 'independent' as const } : noise
      const faulty = { ...customers(runs + run, usual), fault: faultOf(size, truth) }
      const { end, minutes } = runWhole(sparselyLooked(errors), faulty, seed + run, within)
      return (end === 'verdict' || end === 'policy') && minutes <= within
    }).filter((isInTime) => isInTime).length
    const what = size === 1 ? 'every request fails' : `${Number((100 * size).toPrecision(3))} % more fail`
    return countedOf('found', `${what}, within ${within} min`, inTime, runs, said.foundLeast)
  })
  return {
    held: heldOf([
      countedOf('false', 'no fault, and not put back', runs - back.length, runs, 1 - said.falseMost),
      ...found,
    ]),
    healthy: {
      ...{ runs, back: back.length, undecided: back.filter(({ end }) => end === 'policy').length },
      onTime: healthy.filter((one) => isOnTime(one, said.minutes)).length,
    },
    because: back.map(({ because }) => because),
  }
}

type Counted = Omit<Held, 'isKept' | 'isRefuted'> & { readonly least: number }

const countedOf = (what: Held['what'], words: string, kept: number, runs: number, least: number): Counted => ({
  ...{ what, words, kept, runs, least },
})

function heldOf(promises: readonly Counted[]): readonly Held[] {
  const areRefuted = refuted(promises)
  return promises.map(({ least, ...one }, index) => ({
    ...one,
    isKept: one.kept >= least * one.runs - 1e-9,
    isRefuted: areRefuted[index] ?? false,
  }))
}

/** An hour and its part at which the traffic is what is promised for. */
function beginOf({ perMinute }: Said, truth: Truth, random: () => number): number {
  for (let tries = 0; tries < 10_000; tries++) {
    const hour = random() * hours
    if (truth.perMinute(hour) >= perMinute) return hour
  }
  throw new Error(`bug: ${truth.name} never has the traffic that its promise is for`)
}
