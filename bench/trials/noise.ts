// Seeded traffic and errors of two versions, minute by minute: the noise of healthy services, and faults in the candidate.
// Sampling is by d3-random; the models are those of docs/verdict.md, "The benchmark".
import { randomBinomial, randomGeometric, randomNormal, randomPoisson } from 'd3-random'
import { chance } from '../../cloud/local/time/chance.ts'
import type { WeightedMinute } from '../rivals/recorded.ts'

export type Noise =
  /** Errors independent of each other. */
  | { readonly kind: 'independent' }
  /** A dependency is down for five minutes: both versions fail a further fifth of their requests. */
  | { readonly kind: 'outage' }
  /** Errors come in bursts within a minute and a version; the size is geometric with this mean. */
  | { readonly kind: 'bursts'; readonly size: number }
  /** The rates of both versions wander together: the same AR(1) process of the log rate. */
  | { readonly kind: 'shared' }
  /** The rate of each version wanders independently. */
  | { readonly kind: 'drift'; readonly deviation: number; readonly lag: number }

export type Situation = {
  readonly name: string
  /** Requests a minute, both versions together. */
  readonly perMinute: number
  /** The share of requests that fails when nothing is wrong. */
  readonly rate: number
  readonly noise: Noise
  readonly minutes: number
  /** The candidate's weight in each minute, in basis points. */
  readonly weightBp: (minute: number) => number
  readonly fault?: Fault
}

/** The candidate fails this additional share of its requests from this minute on: at once, or growing by this much a minute. */
export type Fault = { readonly added: number; readonly fromMinute: number; readonly growsPerMinute?: number }

export function faultAt(fault: Fault | undefined, minute: number): number {
  if (fault === undefined || minute < fault.fromMinute) return 0
  const { added, fromMinute, growsPerMinute = Infinity } = fault
  return Math.min(added, (minute - fromMinute + 1) * growsPerMinute)
}

const outageMinutes = 5
const outageAdded = 0.2
const sharedDeviation = 1
const sharedLag = 0.8

type Draw = {
  readonly normal: () => number
  readonly poisson: (mean: number) => number
  readonly binomial: (n: number, share: number) => number
  readonly geometric: (mean: number) => number
  readonly uniform: () => number
}

export function drawFrom(random: () => number): Draw {
  const poisson = randomPoisson.source(random)
  const binomial = randomBinomial.source(random)
  const geometric = randomGeometric.source(random)
  return {
    uniform: random,
    normal: randomNormal.source(random)(),
    poisson: (mean) => (mean > 0 ? poisson(mean)() : 0),
    binomial: (n, share) => (n > 0 && share > 0 ? binomial(n, Math.min(1, share))() : 0),
    geometric: (mean) => geometric(1 / mean)(),
  }
}

/** A first-order autoregressive series with standard deviation 1, starting from its stationary distribution. */
export function wandering(draw: Draw, lag: number): () => number {
  let value = draw.normal()
  let isFirst = true
  return () => {
    if (!isFirst) value = lag * value + Math.sqrt(1 - lag * lag) * draw.normal()
    isFirst = false
    return value
  }
}

/** How noise changes each version's error rate in a minute: a factor, and an added share. */
type Course = (minute: number) => { readonly stable: number; readonly candidate: number; readonly added: number }

function courseOf(noise: Noise, minutes: number, draw: Draw): Course {
  if (noise.kind === 'outage') {
    const fromMinute = Math.floor(draw.uniform() * Math.max(1, minutes - outageMinutes))
    const isOut = (minute: number): boolean => minute >= fromMinute && minute < fromMinute + outageMinutes
    return (minute) => ({ stable: 1, candidate: 1, added: isOut(minute) ? outageAdded : 0 })
  }
  if (noise.kind === 'shared') {
    const both = wandering(draw, sharedLag)
    return () => {
      const factor = Math.exp(sharedDeviation * both())
      return { stable: factor, candidate: factor, added: 0 }
    }
  }
  if (noise.kind === 'drift') {
    const stable = wandering(draw, noise.lag)
    const candidate = wandering(draw, noise.lag)
    return () => ({
      stable: Math.exp(noise.deviation * stable()),
      candidate: Math.exp(noise.deviation * candidate()),
      added: 0,
    })
  }
  return () => ({ stable: 1, candidate: 1, added: 0 })
}

function badOf(draw: Draw, noise: Noise, invocations: number, rate: number): number {
  if (noise.kind !== 'bursts') return draw.binomial(invocations, rate)
  const bursts = draw.poisson((invocations * rate) / noise.size)
  let bad = 0
  for (let burst = 0; burst < bursts; burst++) bad += draw.geometric(noise.size)
  return Math.min(invocations, bad)
}

/** Generates minute after minute, for callers that know weight and traffic only when each minute comes. */
export function minuteByMinute(
  { name, noise, rate, minutes, fault }: Omit<Situation, 'perMinute' | 'weightBp'>,
  seed: number,
): (minute: number, weightBp: number, perMinute: number) => WeightedMinute {
  const draw = drawFrom(chance(seed, name))
  const course = courseOf(noise, minutes, draw)
  return (minute, weightBp, perMinute) => {
    const { stable, candidate, added } = course(minute)
    const invocations = draw.poisson(perMinute)
    const candidateInvocations = draw.binomial(invocations, weightBp / 10_000)
    const stableInvocations = invocations - candidateInvocations
    const wrong = faultAt(fault, minute)
    return {
      weightBp,
      stableInvocations,
      stableBad: badOf(draw, noise, stableInvocations, rate * stable + added),
      candidateInvocations,
      candidateBad: badOf(draw, noise, candidateInvocations, rate * candidate + added + wrong),
    }
  }
}

export function minutesOf(situation: Situation, seed: number): readonly WeightedMinute[] {
  const next = minuteByMinute(situation, seed)
  return Array.from({ length: situation.minutes }, (_, minute) =>
    next(minute, situation.weightBp(minute), situation.perMinute),
  )
}
