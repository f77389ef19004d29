// Seeded traffic and errors of two versions, minute by minute: the noise of healthy services, and faults in the candidate. The
// hours before a release, and earlier releases, have the same noise and are seeded apart.
import { chance } from '../../cloud/local/time/chance.ts'
import type { WeightedMinute } from '../rivals/recorded.ts'
import { type Draw, drawFrom, walking, wandering } from './draw.ts'
import { type Fault, faultAt } from './fault.ts'
import { stormy, type Storms } from './storms.ts'

export type Noise =
  /** Errors independent of each other. */
  | { readonly kind: 'independent' }
  /** A dependency is down for five minutes: both versions fail a further fifth of their requests. */
  | {
      readonly kind: 'outage'
      /** The candidate fails so many times as many further requests as stable; default 1. */
      readonly skew?: number
      /** It begins and ends within these minutes; default: any of the release. */
      readonly within?: readonly [number, number]
    }
  /** Errors come in bursts within a minute and a version; the size is geometric with this mean. */
  | { readonly kind: 'bursts'; readonly size: number }
  /**
   * The requests of a minute come in groups that fail as one; the size is geometric with this mean. Few errors of many requests
   * are bursts. Otherwise than bursts, which are cut to the requests that there are, a share that fails is what it says: where
   * all requests fail, all do.
   */
  | { readonly kind: 'groups'; readonly size: number }
  /** The same with sizes that have a heavy tail, and over several minutes. */
  | ({ readonly kind: 'storms' } & Storms)
  /** The rates of both versions wander together: the same AR(1) process of the log rate. */
  | { readonly kind: 'shared' }
  /** The log rate of each version wanders independently: an AR(1) process. */
  | { readonly kind: 'drift'; readonly deviation: number; readonly lag: number }
  /** The log rate of each version walks away from the usual one; the deviation is that of one minute's step. */
  | { readonly kind: 'walk'; readonly deviation: number }
  /** After each rise of the weight the candidate fails these further shares of its requests, minute by minute. */
  | { readonly kind: 'cold'; readonly added: readonly number[] }
  /** Traffic and rate of both versions follow sines of a day, of these amplitudes. A release begins at any hour. */
  | { readonly kind: 'seasons'; readonly traffic: number; readonly rate: number }

export type Situation = {
  readonly name: string
  /** Requests a minute, both versions together. */
  readonly perMinute: number
  /** The share of requests that fails when nothing is wrong. */
  readonly rate: number
  readonly noise: Noise
  /** The noise of the hours before and of earlier releases, if it was another one. */
  readonly noiseBefore?: Noise
  readonly minutes: number
  /** The candidate's weight in each minute, in basis points. */
  readonly weightBp: (minute: number) => number
  readonly fault?: Fault
  /** How long stable's requests take, if that is known to a rule. */
  readonly durationMs?: number
}

const outageMinutes = 5
const outageAdded = 0.2
const sharedDeviation = 1
const sharedLag = 0.8
const dayMinutes = 24 * 60
/** Stable's minutes before a release. */
export const minutesBefore = 240

/** What noise does in a minute: factors of each version's rate, further shares that fail, a factor of the traffic. */
type Effect = {
  readonly stable: number
  readonly candidate: number
  readonly stableAdded: number
  readonly candidateAdded: number
  readonly traffic: number
}
const none: Effect = { stable: 1, candidate: 1, stableAdded: 0, candidateAdded: 0, traffic: 1 }

type Course = {
  /** Minute after minute from 0 on. */
  readonly during: (minute: number, weightBp: number) => Effect
  /** Minute after minute back from -1. What wanders goes on from where it is when the release begins. */
  readonly before: (draw: Draw) => (minute: number) => Effect
}

const unchanged = (): Effect => none

function courseOf(noise: Noise, minutes: number, draw: Draw): Course {
  if (noise.kind === 'outage') return outage(noise, minutes, draw)
  if (noise.kind === 'shared') {
    const first = draw.normal()
    const together = (both: () => number) => (): Effect => {
      const factor = Math.exp(sharedDeviation * both())
      return { ...none, stable: factor, candidate: factor }
    }
    return {
      during: together(wandering(draw, sharedLag, first)),
      before: (earlier) => together(backFrom(wandering(earlier, sharedLag, first))),
    }
  }
  if (noise.kind === 'drift') {
    const { deviation, lag } = noise
    const first = draw.normal()
    return {
      during: apart(deviation, wandering(draw, lag, first), wandering(draw, lag)),
      before: (earlier) => apart(deviation, backFrom(wandering(earlier, lag, first)), () => 0),
    }
  }
  if (noise.kind === 'walk') {
    return {
      during: apart(1, walking(draw, noise.deviation), walking(draw, noise.deviation)),
      before: (earlier) => apart(1, backFrom(walking(earlier, noise.deviation)), () => 0),
    }
  }
  if (noise.kind === 'cold') return { during: cold(noise.added), before: () => unchanged }
  if (noise.kind === 'seasons') {
    const during = seasons(noise, draw)
    return { during, before: () => during }
  }
  return { during: unchanged, before: () => unchanged }
}

/** The first value is that of minute 0, which the release has. */
function backFrom(next: () => number): () => number {
  next()
  return next
}

const apart = (deviation: number, stable: () => number, candidate: () => number) => (): Effect => ({
  ...none,
  stable: Math.exp(deviation * stable()),
  candidate: Math.exp(deviation * candidate()),
})

/** One outage in the release, and one in the hours before. */
function outage(
  { skew = 1, within: [from, until] = [0, Infinity] }: Extract<Noise, { kind: 'outage' }>,
  minutes: number,
  draw: Draw,
): Course {
  const effect =
    (first: number) =>
    (minute: number): Effect => {
      const isOut = minute >= first && minute < first + outageMinutes
      return isOut ? { ...none, stableAdded: outageAdded, candidateAdded: outageAdded * skew } : none
    }
  const length = Math.min(minutes, until) - from
  const first = from + Math.floor(draw.uniform() * Math.max(1, length - outageMinutes))
  return {
    during: effect(first),
    before: (earlier) => effect(-earlier.between(outageMinutes, minutesBefore)),
  }
}

function cold(added: readonly number[]): Course['during'] {
  let [weight, sinceRise] = [0, Infinity]
  return (_, weightBp) => {
    sinceRise = weightBp > weight ? 0 : sinceRise + 1
    weight = weightBp
    return { ...none, candidateAdded: added[sinceRise] ?? 0 }
  }
}

function seasons({ traffic, rate }: Extract<Noise, { kind: 'seasons' }>, draw: Draw): (minute: number) => Effect {
  const [trafficPhase, ratePhase] = [draw.uniform(), draw.uniform()]
  const sine = (minute: number, phase: number): number => Math.sin(2 * Math.PI * (minute / dayMinutes + phase))
  return (minute) => {
    const factor = 1 + rate * sine(minute, ratePhase)
    return { ...none, stable: factor, candidate: factor, traffic: 1 + traffic * sine(minute, trafficPhase) }
  }
}

/** Counts the errors of one version, minute after minute. */
function errorsOf(draw: Draw, noise: Noise): (invocations: number, rate: number) => number {
  if (noise.kind === 'storms') return stormy(draw, noise)
  if (noise.kind === 'groups') return (invocations, rate) => grouped(draw, noise.size, invocations, rate)
  if (noise.kind !== 'bursts') return draw.binomial
  return (invocations, rate) => {
    const bursts = draw.poisson((invocations * rate) / noise.size)
    let bad = 0
    for (let burst = 0; burst < bursts; burst++) bad += draw.geometric(noise.size)
    return Math.min(invocations, bad)
  }
}

function grouped(draw: Draw, size: number, invocations: number, rate: number): number {
  let [left, bad] = [invocations, 0]
  while (left > 0) {
    const group = Math.min(left, draw.geometric(size))
    if (draw.uniform() < rate) bad += group
    left -= group
  }
  return bad
}

/** Generates minute after minute, for callers that know weight and traffic only when each minute comes. */
export function minuteByMinute(
  { name, noise, rate, minutes, fault }: Omit<Situation, 'perMinute' | 'weightBp'>,
  seed: number,
): (minute: number, weightBp: number, perMinute: number) => WeightedMinute {
  const draw = drawFrom(chance(seed, name))
  const { during } = courseOf(noise, minutes, draw)
  const [stableErrors, candidateErrors] = [errorsOf(draw, noise), errorsOf(draw, noise)]
  return (minute, weightBp, perMinute) => {
    const { stable, candidate, stableAdded, candidateAdded, traffic } = during(minute, weightBp)
    const invocations = draw.poisson(perMinute * traffic)
    const candidateInvocations = draw.binomial(invocations, weightBp / 10_000)
    const stableInvocations = invocations - candidateInvocations
    const wrong = faultAt(fault, minute)
    // Drawn in this order, so that a seed keeps its releases.
    const stableBad = stableErrors(stableInvocations, rate * stable + stableAdded)
    const candidateBad = candidateErrors(candidateInvocations, rate * candidate + candidateAdded + wrong)
    return {
      weightBp,
      stableInvocations,
      stableBad,
      candidateInvocations,
      // In whatever bursts errors come otherwise.
      candidateBad: wrong >= 1 ? candidateInvocations : candidateBad,
    }
  }
}

export function minutesOf(situation: Situation, seed: number): readonly WeightedMinute[] {
  const next = minuteByMinute(situation, seed)
  return Array.from({ length: situation.minutes }, (_, minute) =>
    next(minute, situation.weightBp(minute), situation.perMinute),
  )
}

/** Stable alone in the hours before the release that has this seed, oldest minute first. */
export function pastOf(situation: Situation, seed: number): readonly WeightedMinute[] {
  const { name, perMinute, rate, minutes } = situation
  const noise = situation.noiseBefore ?? situation.noise
  const draw = drawFrom(chance(seed, `${name}, the hours before`))
  const before = courseOf(noise, minutes, drawFrom(chance(seed, name))).before(draw)
  const effects = Array.from({ length: minutesBefore }, (_, index) => before(-1 - index)).toReversed()
  const errors = errorsOf(draw, noise)
  return effects.map(({ stable, stableAdded, traffic }) => {
    const stableInvocations = draw.poisson(perMinute * traffic)
    const stableBad = errors(stableInvocations, rate * stable + stableAdded)
    return { weightBp: 0, stableInvocations, stableBad, candidateInvocations: 0, candidateBad: 0 }
  })
}

/** Healthy releases of the same service on other days, before the one that has this seed. */
export function earlierReleases(
  situation: Situation,
  count: number,
  seed: number,
): readonly (readonly WeightedMinute[])[] {
  const { name, perMinute, rate, minutes, weightBp } = situation
  const noise = situation.noiseBefore ?? situation.noise
  return Array.from({ length: count }, (_, index) =>
    minutesOf({ name: `${name}, earlier release ${index}`, perMinute, rate, noise, minutes, weightBp }, seed),
  )
}
