// The points of all metrics. A series without a point in a period has no value there, which is not zero.
import { floorTo, hourOf, pack, type PackedHour, type Point, resolutionAt, unpacked } from './retention.ts'
import { compute } from './statistic.ts'
import { minuteMs } from '../time/units.ts'

export type Series = {
  readonly namespace: string
  readonly name: string
  readonly dimensions: Readonly<Record<string, string>>
}
export type Datapoint = { readonly atMs: number; readonly value: number }
export type Window = { readonly periodMs: number; readonly startMs: number; readonly endMs: number }

/** The resolution is a minute, or a second for high-resolution metrics. */
type How = { readonly resolutionMs: number; readonly unit: string }

export type MetricStore = {
  add(series: Series, point: Point, how: How): void
  /**
   * The values of the periods from `startMs` that have data, oldest first; `endMs` is exclusive. A different unit has no values.
   */
  statistic(series: Series, stat: string, window: Window, unit?: string): readonly Datapoint[]
  /** The unit of the last point. */
  unitOf(series: Series): string
  /** Series with a point in the last two weeks, as ListMetrics returns them. */
  list(): readonly Series[]
}

type Fresh = { readonly atMs: number; readonly value: number; count: number; readonly resolutionMs: number }
type Kept = {
  readonly series: Series
  readonly packed: Map<number, PackedHour>
  /** Points that arrived since the last packing, or are not visible yet. `atMs` is when it happened. */
  fresh: Fresh[]
  packedMs: number
  lastMs: number
  unit: string
}

const packEveryMs = 10 * minuteMs
/** Among how many of the last points an equal one is looked for. */
const equalAmong = 4
const listedMs = 14 * 24 * 60 * minuteMs

/** No name or value contains NUL. */
function seriesKey({ namespace, name, dimensions }: Series): string {
  let key = `${namespace}\0${name}`
  for (const dimension of Object.keys(dimensions).sort()) key += `\0${dimension}\0${dimensions[dimension]}`
  return key
}

/** @param visibleMs the delay until a point becomes visible */
export function metricStore(nowMs: () => number, visibleMs = 0): MetricStore {
  const all = new Map<string, Kept>()
  /** The same series by the identity of their dimensions object, because building a key for every point is slow. */
  const known = new WeakMap<Series['dimensions'], Map<string, Kept[]>>()
  let packedMs = nowMs()

  function keptOf(series: Series, unit: string): Kept {
    const { namespace, name, dimensions } = series
    let byName = known.get(dimensions)
    if (byName === undefined) known.set(dimensions, (byName = new Map<string, Kept[]>()))
    const ofName = byName.get(name)
    const found = ofName?.find((kept) => kept.series.namespace === namespace)
    if (found !== undefined) return found
    const key = seriesKey(series)
    const kept: Kept = all.get(key) ?? { series, packed: new Map(), fresh: [], packedMs: nowMs(), lastMs: 0, unit }
    all.set(key, kept)
    byName.set(name, [...(ofName ?? []), kept])
    return kept
  }

  /** Packs idle series too, such as those of a version that lost its traffic. */
  function packAll(): void {
    if (nowMs() < packedMs + packEveryMs) return
    packedMs = nowMs()
    for (const kept of all.values()) packUp(kept, packedMs, visibleMs)
  }

  return {
    add(series, point, { resolutionMs, unit }) {
      const kept = keptOf(series, unit)
      packAll()
      const equal = visibleMs === 0 ? equalOf(kept.fresh, point, resolutionMs, nowMs()) : undefined
      if (equal === undefined) kept.fresh.push({ ...point, resolutionMs })
      else equal.count += point.count
      kept.lastMs = Math.max(kept.lastMs, point.atMs)
      kept.unit = unit
    },
    unitOf: (series) => all.get(seriesKey(series))?.unit ?? 'None',
    statistic(series, stat, { periodMs, startMs, endMs }, unit) {
      const kept = all.get(seriesKey(series))
      if (kept === undefined || (unit ?? kept.unit) !== kept.unit) return []
      const now = nowMs()
      const periods = new Map<number, Point[]>()
      for (const point of pointsOf(kept, { startMs, endMs }, now - visibleMs)) {
        if (point.atMs < startMs || point.atMs >= endMs) continue
        // Points that are stored at a coarser resolution than the query's period are not found at all.
        const resolutionMs = resolutionAt(now - point.atMs)
        if (resolutionMs === undefined || (resolutionMs > minuteMs && periodMs % resolutionMs !== 0)) continue
        const atMs = startMs + floorTo(point.atMs - startMs, periodMs)
        const points = periods.get(atMs) ?? []
        points.push(point)
        periods.set(atMs, points)
      }
      return [...periods].sort(([a], [b]) => a - b).map(([atMs, points]) => ({ atMs, value: compute(points, stat) }))
    },
    list: () => [...all.values()].filter(({ lastMs }) => lastMs >= nowMs() - listedMs).map(({ series }) => series),
  }
}

/** Most requests are like those before them: their points are counted as one already when they arrive, as packing would. */
function equalOf(fresh: readonly Fresh[], { atMs, value }: Point, resolutionMs: number, nowMs: number) {
  if (atMs > nowMs) return undefined
  for (let at = fresh.length - 1; at >= Math.max(0, fresh.length - equalAmong); at--) {
    const one = fresh[at]
    if (one?.value === value && one.resolutionMs === resolutionMs && one.atMs <= nowMs)
      if (floorTo(one.atMs, resolutionMs) === floorTo(atMs, resolutionMs)) return one
  }
  return undefined
}

/** Packs visible points into their hours. With age, hours become coarser and are then dropped. */
function packUp(kept: Kept, nowMs: number, visibleMs: number): void {
  const hours = new Map<number, Point[]>()
  const waiting: Kept['fresh'] = []
  for (const one of kept.fresh) {
    if (one.atMs + visibleMs > nowMs) {
      waiting.push(one)
      continue
    }
    const points = hours.get(hourOf(one.atMs)) ?? []
    points.push(floored(one))
    hours.set(hourOf(one.atMs), points)
  }
  for (const [startMs, packed] of kept.packed) {
    if (hours.has(startMs) || resolutionAt(nowMs - startMs) !== resolutionAt(kept.packedMs - startMs))
      hours.set(startMs, [...unpacked(startMs, packed), ...(hours.get(startMs) ?? [])])
  }
  for (const [startMs, points] of hours) {
    const packed = pack(startMs, points, nowMs)
    if (packed === undefined) kept.packed.delete(startMs)
    else kept.packed.set(startMs, packed)
  }
  kept.fresh = waiting
  kept.packedMs = nowMs
}

/** @param seenMs only points up to this time are visible */
function* pointsOf(kept: Kept, { startMs, endMs }: Omit<Window, 'periodMs'>, seenMs: number): Generator<Point> {
  for (let hour = hourOf(startMs); hour < endMs; hour += 60 * minuteMs) {
    const packed = kept.packed.get(hour)
    if (packed !== undefined) yield* unpacked(hour, packed)
  }
  for (const one of kept.fresh) if (one.atMs <= seenMs) yield floored(one)
}

const floored = ({ atMs, value, count, resolutionMs }: Fresh): Point => ({
  atMs: floorTo(atMs, resolutionMs),
  value,
  count,
})
