// Seeded durations of two versions, request by request: services of several shapes, what slows a version down now and then, and
// faults of the candidate.
import { chance } from '../../cloud/local/time/chance.ts'
import type { DurationMinute, Durations, TimedRelease } from '../rivals/durations.ts'
import { type Draw, drawFrom, wandering } from './draw.ts'

/** Draws the duration of a request in milliseconds. */
type Service = (draw: Draw) => number

/** How a minute changes each duration in it. Made once for a release, so what it draws may go on from minute to minute. */
type Change = (draw: Draw) => (minute: number) => (ms: number) => number

export type TimedSituation = {
  readonly name: string
  readonly service: Service
  /** For each version by itself. */
  readonly each?: Change
  /** For both versions alike. */
  readonly both?: Change
  readonly candidate?: Change
  /** From which minute on something is wrong with the candidate. */
  readonly faultFrom?: number
}

const perMinute = 1000
const weightBp = 1000
const minutes = 60
const minutesBefore = 180
/** Lambda's longest timeout. */
const longestMs = 900_000

export const lognormal =
  (medianMs: number, spread: number): Service =>
  (draw) =>
    medianMs * Math.exp(spread * draw.normal())

/** Longer than k times `leastMs` with probability k^-shape. */
export const pareto =
  (leastMs: number, shape: number): Service =>
  (draw) =>
    Math.min(longestMs, leastMs * (1 - draw.uniform()) ** (-1 / shape))

/** This share of the requests is of the second kind. */
export const mixed =
  (share: number, first: Service, second: Service): Service =>
  (draw) =>
    draw.uniform() < share ? second(draw) : first(draw)

const unchanged: Change = () => () => (ms) => ms

/** All durations are multiplied by this, minute by minute. */
export const times =
  (factor: (minute: number) => number): Change =>
  () =>
  (minute) => {
    const by = factor(minute)
    return (ms) => ms * by
  }

/** The log of all durations wanders: an AR(1) process. */
export const wander =
  (deviation: number, lag: number): Change =>
  (draw) => {
    const level = wandering(draw, lag)
    return () => {
      const by = Math.exp(deviation * level())
      return (ms) => ms * by
    }
  }

/** In this share of the minutes, so many requests take longer by `addedMs`. */
export const pauses =
  (ofMinutes: number, ofRequests: number, addedMs: number): Change =>
  (draw) =>
  () => {
    const isPausing = draw.uniform() < ofMinutes
    return (ms) => (isPausing && draw.uniform() < ofRequests ? ms + addedMs : ms)
  }

/** This share of the requests takes another duration. */
export const some =
  (share: number, other: (ms: number) => number): Change =>
  (draw) =>
  () =>
  (ms) =>
    draw.uniform() < share ? other(ms) : ms

/** Only durations that this holds for are changed. */
export const where =
  (holds: (ms: number) => boolean, other: (ms: number) => number): Change =>
  () =>
  () =>
  (ms) =>
    holds(ms) ? other(ms) : ms

export const from =
  (first: number, change: Change): Change =>
  (draw) => {
    const changed = change(draw)
    return (minute) => (minute < first ? (ms) => ms : changed(minute))
  }

export function durationsOf(situation: TimedSituation, seed: number): TimedRelease {
  const { service, each = unchanged, both = unchanged, candidate = unchanged } = situation
  const draw = drawFrom(chance(seed, situation.name))
  const [shared, own, others, wrong] = [both(draw), each(draw), each(draw), candidate(draw)]
  const sample = (mean: number, change: (ms: number) => number): Durations => {
    const durations = new Float64Array(draw.poisson(mean))
    for (let index = 0; index < durations.length; index++) durations[index] = change(service(draw))
    return durations.sort()
  }
  const before: Durations[] = []
  const during: DurationMinute[] = []
  for (let minute = -minutesBefore; minute < minutes; minute++) {
    const [alike, stable, apart] = [shared(minute), own(minute), others(minute)]
    if (minute < 0) {
      before.push(sample(perMinute, (ms) => stable(alike(ms))))
      continue
    }
    const bad = wrong(minute)
    during.push({
      stable: sample(perMinute * (1 - weightBp / 10_000), (ms) => stable(alike(ms))),
      candidate: sample((perMinute * weightBp) / 10_000, (ms) => bad(apart(alike(ms)))),
    })
  }
  return { weightBp, minutes: during, before, usual: together(before) }
}

function together(parts: readonly Durations[]): Durations {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0))
  let from = 0
  for (const part of parts) {
    all.set(part, from)
    from += part.length
  }
  return all.sort()
}
