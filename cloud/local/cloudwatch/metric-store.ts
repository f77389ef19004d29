// The points of all metrics, minute by minute, and the statistics that CloudWatch computes from them. A series without a
// point in a period has no value there: not zero.
import { AwsError } from '../aws-error.ts'

export type Series = {
  readonly namespace: string
  readonly name: string
  readonly dimensions: Readonly<Record<string, string>>
}
type Point = { readonly atMs: number; readonly value: number; readonly count: number }
export type Datapoint = { readonly atMs: number; readonly value: number }

const minuteMs = 60_000
const floorTo = (atMs: number, periodMs: number): number => Math.floor(atMs / periodMs) * periodMs

const seriesKey = ({ namespace, name, dimensions }: Series): string =>
  JSON.stringify([namespace, name, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))])

export type MetricStore = {
  add(series: Series, point: Point): void
  /** Periods are aligned to their own length; `startMs` inclusive, `endMs` exclusive. */
  statistic(series: Series, stat: string, periodMs: number, startMs: number, endMs: number): readonly Datapoint[]
  list(): readonly Series[]
}

/** @param visibleMs how long after its time a point can be seen */
export function metricStore(nowMs: () => number, visibleMs = 0): MetricStore {
  const all = new Map<string, { readonly series: Series; readonly minutes: Map<number, Point[]> }>()

  return {
    add(series, point) {
      const key = seriesKey(series)
      const found = all.get(key) ?? { series, minutes: new Map<number, Point[]>() }
      all.set(key, found)
      const minute = floorTo(point.atMs, minuteMs)
      const points = found.minutes.get(minute) ?? []
      points.push(point)
      found.minutes.set(minute, points)
    },
    statistic(series, stat, periodMs, startMs, endMs) {
      const minutes = all.get(seriesKey(series))?.minutes
      if (minutes === undefined) return []
      const data: Datapoint[] = []
      for (let atMs = floorTo(startMs, periodMs); atMs < endMs; atMs += periodMs) {
        const points: Point[] = []
        for (let minute = floorTo(atMs, minuteMs); minute < atMs + periodMs; minute += minuteMs) {
          const seen = (minutes.get(minute) ?? []).filter((point) => point.atMs >= atMs && point.atMs < atMs + periodMs)
          points.push(...seen.filter((point) => point.atMs + visibleMs <= nowMs()))
        }
        if (points.length > 0) data.push({ atMs, value: compute(points, stat) })
      }
      return data
    },
    list: () => [...all.values()].map(({ series }) => series),
  }
}

/** @throws AwsError for a statistic that is not implemented */
function compute(points: readonly Point[], stat: string): number {
  const count = points.reduce((sum, point) => sum + point.count, 0)
  const total = points.reduce((sum, point) => sum + point.value * point.count, 0)
  switch (stat) {
    case 'Sum':
      return total
    case 'SampleCount':
      return count
    case 'Average':
      return total / count
    case 'Minimum':
      return Math.min(...points.map((point) => point.value))
    case 'Maximum':
      return Math.max(...points.map((point) => point.value))
    default:
      return ranked(points, stat, count)
  }
}

function ranked(points: readonly Point[], stat: string, count: number): number {
  const percentile = /^p([0-9]{1,2}(?:\.[0-9]{1,10})?|100)$/.exec(stat)
  if (percentile !== null) {
    const rank = (Number(percentile[1]) / 100) * count
    let seen = 0
    const sorted = [...points].sort((a, b) => a.value - b.value)
    for (const point of sorted) if ((seen += point.count) >= rank) return point.value
    return sorted.at(-1)?.value ?? 0
  }
  // Trimmed count: how many values lie in the range, low end exclusive, high end inclusive (docs/aws.md §2.2).
  const trimmed = /^TC\(([0-9.]*):([0-9.]*)\)$/.exec(stat)
  if (trimmed !== null) {
    const low = trimmed[1] === '' ? -Infinity : Number(trimmed[1])
    const high = trimmed[2] === '' ? Infinity : Number(trimmed[2])
    return points.filter(({ value }) => value > low && value <= high).reduce((sum, point) => sum + point.count, 0)
  }
  throw new AwsError('ValidationError', `The statistic ${stat} is not implemented in the embedded cloud.`)
}
