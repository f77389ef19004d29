// How long CloudWatch keeps points, and at what resolution (docs/aws.md §2.3). Past hours are packed: an hour of a metric with a
// point per minute is a few numbers, so a cloud that runs for days does not grow with every request that it answers.
import type { Observed } from './statistic.ts'
import { dayMs, hourMs, minuteMs } from '../time/units.ts'

const secondMs = 1000

/** The resolution of points up to each age. Older points are gone. */
const tiers: readonly { readonly untilMs: number; readonly resolutionMs: number }[] = [
  { untilMs: 3 * hourMs, resolutionMs: secondMs },
  { untilMs: 15 * dayMs, resolutionMs: minuteMs },
  { untilMs: 63 * dayMs, resolutionMs: 5 * minuteMs },
  { untilMs: 455 * dayMs, resolutionMs: hourMs },
]

/** The finest resolution of points of this age; `undefined` if they are no longer kept. */
export const resolutionAt = (ageMs: number): number | undefined =>
  tiers.find(({ untilMs }) => ageMs <= untilMs)?.resolutionMs

export type Point = Observed & { readonly atMs: number }
/** Three numbers for each point: seconds into the hour, value, count. */
export type PackedHour = Float64Array

export const floorTo = (atMs: number, stepMs: number): number => Math.floor(atMs / stepMs) * stepMs
export const hourOf = (atMs: number): number => floorTo(atMs, hourMs)

export function* unpacked(startMs: number, packed: PackedHour): Generator<Point> {
  for (let at = 0; at < packed.length; at += 3)
    yield { atMs: startMs + (packed[at] ?? 0) * secondMs, value: packed[at + 1] ?? 0, count: packed[at + 2] ?? 0 }
}

/** Merges equal values at the same moment into one with a count. Moments are as fine as the resolution of points of that age. */
export function pack(startMs: number, points: Iterable<Point>, nowMs: number): PackedHour | undefined {
  const resolutionMs = resolutionAt(nowMs - startMs)
  if (resolutionMs === undefined) return undefined
  const counts = new Map<number, Map<number, number>>()
  for (const { atMs, value, count } of points) {
    const second = (floorTo(atMs, resolutionMs) - startMs) / secondMs
    const values = counts.get(second) ?? new Map<number, number>()
    counts.set(second, values.set(value, (values.get(value) ?? 0) + count))
  }
  return Float64Array.from(
    [...counts]
      .sort(([a], [b]) => a - b)
      .flatMap(([second, values]) => [...values].flatMap(([value, count]) => [second, value, count])),
  )
}
