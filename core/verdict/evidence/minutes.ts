// Turns readings into the numbers of each minute. A value that cannot be a count or a mean becomes a fault with a reason. A fault
// is never evidence, and never a pass.
import type { Arm, Point, Reading } from './evidence.ts'
import type { MeanMinute } from '../processes/mean-process.ts'
import { type Measure, seriesKey, type SignalSpec } from './questions.ts'
import type { CountMinute } from '../processes/split-process.ts'
import { minuteMs } from '../../time.ts'

/** Nothing of a minute is more than this. Where digits end and sums overflow, evidence would be noise. */
const countMost = 1e12
const valueMost = 1e24

/** Points by series and minute. A series that could not be read, or contains invalid values, is a fault. */
export type Sheet = {
  readonly faultOf: (target: number, arm: Arm, series: string) => string | undefined
  readonly at: (target: number, arm: Arm, series: string, atMs: number) => number | undefined
  /** Whether a series ends before this minute, and may still go on there. */
  readonly mayGoOn: (target: number, arm: Arm, series: string, atMs: number) => boolean
}

/** @param openFromMs minutes from here on may still get points; none, in what is recorded */
export function sheetOf(readings: ReadonlyMap<string, Reading>, openFromMs = Infinity): Sheet {
  const values = new Map<string, ReadonlyMap<number, number>>()
  const faults = new Map<string, string>()
  for (const [key, reading] of readings) {
    const series = new Map<number, number>()
    const fault = reading.kind === 'unread' ? reading.because : fill(series, reading.points)
    if (fault === undefined) values.set(key, series)
    else faults.set(key, fault)
  }
  return {
    faultOf(target, arm, series) {
      const key = seriesKey(target, arm, series)
      return faults.get(key) ?? (values.has(key) ? undefined : 'it was not asked for')
    },
    at: (target, arm, series, atMs) => values.get(seriesKey(target, arm, series))?.get(atMs),
    mayGoOn(target, arm, series, atMs) {
      if (atMs < openFromMs) return false
      const points = values.get(seriesKey(target, arm, series))
      return points !== undefined && ![...points.keys()].some((at) => at >= atMs)
    },
  }
}

function fill(series: Map<number, number>, points: readonly Point[]): string | undefined {
  for (const { minuteMs: at, value } of points) {
    if (!Number.isFinite(at) || at % minuteMs !== 0) return 'a point is not at the start of a minute'
    if (series.has(at)) return `there are two points at ${new Date(at).toISOString()}`
    if (!Number.isFinite(value)) return `the value at ${new Date(at).toISOString()} is no number`
    if (Math.abs(value) > valueMost) return `the value at ${new Date(at).toISOString()} is too large for one minute`
    series.set(at, value)
  }
  return undefined
}

const arms = ['stable', 'candidate'] as const

const seriesOf = (measure: Measure): readonly string[] =>
  measure.kind === 'count' ? [...new Set([...measure.exposure, ...measure.events])] : [measure.sum, measure.samples]

/** Why a signal cannot be read at all; `undefined` when it can. */
export function unreadable(sheet: Sheet, spec: SignalSpec): string | undefined {
  if (spec.excluded !== undefined) return undefined
  for (const arm of arms) {
    for (const series of seriesOf(spec.measure)) {
      const fault = sheet.faultOf(spec.target, arm, series)
      if (fault !== undefined) return `the ${arm} version's ${series} could not be read: ${fault}`
    }
  }
  return undefined
}

const isCount = (value: number): boolean => value >= 0 && value <= countMost

type CountMeasure = Extract<Measure, { kind: 'count' }>

/** Lambda publishes all of them for every invocation (docs/aws.md §2.1). */
const ofEveryInvocation = ['invocations', 'errors', 'durations'] as const

/** Whether a version's invocations have not come yet, although other points of the same minute show that there were some. */
export const lacksInvocations = (sheet: Sheet, target: number, atMs: number): boolean =>
  arms.some((arm) => lacks(sheet, target, arm, ['invocations'], atMs))

const lacks = (sheet: Sheet, target: number, arm: Arm, wanted: readonly string[], atMs: number): boolean => {
  const isMissing = (series: string): boolean => sheet.at(target, arm, series, atMs) === undefined
  return wanted.some(isMissing) && !ofEveryInvocation.every(isMissing)
}

/**
 * Whether a minute has not fully come: a version had invocations, and points of this signal are missing that Lambda publishes
 * with every one; or a team's own count ends before it, and may still go on. Such a minute is no evidence: it would look as if
 * nothing had failed, or as if everything had been slow.
 */
export function isIncomplete(sheet: Sheet, { target, measure }: SignalSpec, atMs: number): boolean {
  return arms.some((arm) => {
    const has = (series: string): boolean => (sheet.at(target, arm, series, atMs) ?? 0) > 0
    const isMissing = (series: string): boolean => sheet.at(target, arm, series, atMs) === undefined
    if (measure.kind === 'mean')
      return isMissing(measure.samples) ? !isMissing(measure.sum) : has(measure.samples) && isMissing(measure.sum)
    // A request that was throttled is no invocation: throttles may be alone.
    const needed = measure.exposure.filter((series) => series !== 'throttles')
    if (lacks(sheet, target, arm, needed, atMs)) return true
    if (measure.whenMissing === 'sparse' || !measure.exposure.some(has)) return false
    return measure.events.some((series) =>
      measure.whenMissing === 'zero' ? sheet.mayGoOn(target, arm, series, atMs) : isMissing(series),
    )
  })
}

/** Whether either version has a point of the signal's events in this minute. */
export const isSeen = (sheet: Sheet, { target }: SignalSpec, { events }: CountMeasure, atMs: number): boolean =>
  arms.some((arm) => events.some((series) => sheet.at(target, arm, series, atMs) !== undefined))

/** The signal's counts in one minute, one entry per threshold; or why the minute is not evidence. */
export function countMinutes(
  sheet: Sheet,
  spec: SignalSpec,
  measure: CountMeasure,
  atMs: number,
): readonly CountMinute[] | string {
  const value = (arm: Arm, series: string): number => sheet.at(spec.target, arm, series, atMs) ?? 0
  const exposure = (arm: Arm): number => measure.exposure.reduce((sum, series) => sum + value(arm, series), 0)
  const minutes: CountMinute[] = []
  for (const series of measure.events) {
    const events = (arm: Arm): number | string => {
      const [all, seen] = [exposure(arm), value(arm, series)]
      if (!isCount(all) || !isCount(seen))
        return `the ${arm} version's ${series} are negative, not a number, or too many for one minute`
      if (measure.bounded && Math.round(seen) > Math.round(all))
        return `more ${series} than ${measure.exposure.join(' and ')} were counted`
      return measure.good ? Math.max(0, Math.round(all) - Math.round(seen)) : Math.round(seen)
    }
    const stableBad = events('stable')
    const candidateBad = events('candidate')
    if (typeof stableBad === 'string') return stableBad
    if (typeof candidateBad === 'string') return candidateBad
    minutes.push({
      stableInvocations: Math.round(exposure('stable')),
      stableBad,
      candidateInvocations: Math.round(exposure('candidate')),
      candidateBad,
    })
  }
  return minutes
}

/**
 * How many execution environments the candidate's requests of a minute keep busy on average, if they take as long as stable's
 * (docs/aws.md §2.1). Its own durations say nothing: a candidate that fails at once needs few. 0 where stable's are not known.
 */
export function busyEnvironments(sheet: Sheet, target: number, atMs: number): number {
  const requests = sheet.at(target, 'candidate', 'invocations', atMs)
  const [sumMs, samples] = ['durationSum', 'durations'].map((series) => sheet.at(target, 'stable', series, atMs))
  if (requests === undefined || sumMs === undefined || samples === undefined || !(samples > 0)) return 0
  return (requests * sumMs) / samples / minuteMs
}

export function meanMinute(
  sheet: Sheet,
  spec: SignalSpec,
  measure: Extract<Measure, { kind: 'mean' }>,
  atMs: number,
): MeanMinute | string {
  const of = (arm: Arm): { samples: number; mean: number } | string => {
    const samples = sheet.at(spec.target, arm, measure.samples, atMs) ?? 0
    const sum = sheet.at(spec.target, arm, measure.sum, atMs)
    if (!isCount(samples) || (sum !== undefined && !Number.isFinite(sum)))
      return `the ${arm} version's ${measure.sum} or ${measure.samples} are not numbers that a minute can have`
    return { samples, mean: samples === 0 ? 0 : ((sum ?? 0) / samples) * measure.factor[arm] }
  }
  const stable = of('stable')
  const candidate = of('candidate')
  if (typeof stable === 'string') return stable
  if (typeof candidate === 'string') return candidate
  return {
    stableSamples: stable.samples,
    stableMean: stable.mean,
    candidateSamples: candidate.samples,
    candidateMean: candidate.mean,
  }
}
