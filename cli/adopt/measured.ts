// 28 days of CloudWatch's metrics of functions by the hour, in calls of at most 500 series. What cannot be read of one call
// says nothing about the others.
import type { Telemetry } from '../../cloud/ports.ts'
import { locate, type Place } from '../../core/location.ts'
import { dayMs, hourMs, minuteMs } from '../../core/time.ts'
import type { Reading } from '../../core/verdict/evidence/evidence.ts'
import type { Question } from '../../core/verdict/evidence/questions.ts'
import { sentenceOf } from '../../functions/steps/each.ts'
import type { Hour } from '../promise/usual.ts'
import type { Performance } from './facts.ts'

export const daysLookedAt = 28
/** Of one call of GetMetricData (docs/aws.md §2.3). */
const seriesPerCall = 500
/** A function may have many aliases; of so many the traffic is looked at. */
const aliasesMost = 5

export type Asked = { readonly place: Place; readonly aliases: readonly string[] }
export type Measured = {
  readonly all: readonly Hour[]
  readonly byAlias: ReadonlyMap<string, readonly Hour[]>
  readonly performance: Performance
  readonly endMs: number
}

/** What CloudWatch charges by. $0.01 for a thousand in most regions (docs/aws.md §2.3). */
export const seriesOf = (asked: readonly Asked[]): number =>
  asked.reduce((sum, one) => sum + questionsOf(one).length, 0)
export const dollarsFor = (series: number): number => (series * 0.01) / 1000
export const callsFor = (asked: readonly Asked[]): number => batches(asked).length

/**
 * @param nowMs AWS's time
 * @returns for each of `asked` what was measured, or why it was not
 */
export async function measured(
  telemetry: Pick<Telemetry, 'read'>,
  asked: readonly Asked[],
  nowMs: number,
): Promise<readonly (Measured | string)[]> {
  const endMs = hourOf(nowMs)
  const window = { startMs: endMs - daysLookedAt * dayMs, endMs: endMs + hourMs, periodSeconds: hourMs / 1000 }
  const results: (Measured | string)[] = []
  for (const batch of batches(asked)) {
    const questions = batch.map(questionsOf)
    try {
      const readings = await telemetry.read(questions.flat(), window)
      let next = 0
      for (const [index, one] of batch.entries()) {
        const count = questions[index]?.length ?? 0
        const own = readings.slice(next, next + count)
        const isYoung = hasOnlySince(own[0], endMs - hourMs)
        results.push(isYoung ? await youngOf(telemetry, one, nowMs) : measuredOf(one, own, endMs, wholeBefore(endMs)))
        next += count
      }
    } catch (error) {
      results.push(...batch.map(() => sentenceOf(error)))
    }
  }
  return results
}

/** With its first request in the hour that runs or the one before, no hour of it is whole. */
const hasOnlySince = (requests: Reading | undefined, sinceMs: number): boolean => {
  const points = requests?.kind === 'points' ? requests.points.filter(({ value }) => value > 0) : []
  return points.length > 0 && points.every(({ minuteMs: atMs }) => atMs >= sinceMs)
}

async function youngOf(telemetry: Pick<Telemetry, 'read'>, one: Asked, nowMs: number): Promise<Measured | string> {
  // With the minute that runs: CloudWatch refuses a window that ends where it begins.
  const endMs = Math.ceil(nowMs / minuteMs) * minuteMs
  const window = { startMs: hourOf(nowMs) - hourMs, endMs, periodSeconds: minuteMs / 1000 }
  try {
    return measuredOf(one, await telemetry.read(questionsOf(one), window), hourOf(nowMs), paceBefore(endMs))
  } catch (error) {
    return sentenceOf(error)
  }
}

function batches(asked: readonly Asked[]): readonly (readonly Asked[])[] {
  const made: Asked[][] = []
  let series = Infinity
  for (const one of asked) {
    const more = questionsOf(one).length
    if (series + more > seriesPerCall) {
      made.push([])
      series = 0
    }
    made.at(-1)?.push(one)
    series += more
  }
  return made
}

const ofFunction = [
  ['Invocations', 'Sum'],
  ['Errors', 'Sum'],
  ['Throttles', 'Sum'],
  ['Duration', 'p50'],
  ['Duration', 'p99'],
] as const
const ofAlias = [
  ['Invocations', 'Sum'],
  ['Errors', 'Sum'],
] as const

function questionsOf({ place, aliases }: Asked): readonly Question[] {
  const { name } = locate(place.functionName)
  const question = (metric: string, stat: string, dimensions: Readonly<Record<string, string>>): Question => ({
    ...{ key: `${metric} ${stat}`, namespace: 'AWS/Lambda', metric, stat, dimensions, place },
  })
  return [
    ...ofFunction.map(([metric, stat]) => question(metric, stat, { FunctionName: name })),
    ...aliases
      .slice(0, aliasesMost)
      .flatMap((alias) =>
        ofAlias.map(([metric, stat]) => question(metric, stat, { FunctionName: name, Resource: `${name}:${alias}` })),
      ),
  ]
}

function measuredOf(
  { aliases }: Asked,
  readings: readonly Reading[],
  endMs: number,
  hoursOf: HoursOf,
): Measured | string {
  const unread = readings.find((reading) => reading.kind === 'unread')
  if (unread !== undefined) return unread.because
  const points = readings.map((reading) => (reading.kind === 'points' ? reading.points : []))
  const [requests = [], errors = [], throttles = [], p50 = [], p99 = []] = points
  const values = (of: typeof requests): readonly number[] => of.map(({ value }) => value)
  const [p50Ms, p99Ms] = [median(values(p50)), median(values(p99))]
  const first = ofFunction.length
  return {
    all: hoursOf(requests, errors),
    byAlias: new Map(
      aliases
        .slice(0, aliasesMost)
        .map((alias, index) => [
          alias,
          hoursOf(points[first + index * ofAlias.length] ?? [], points[first + index * ofAlias.length + 1] ?? []),
        ]),
    ),
    performance: {
      throttled: values(throttles).reduce((sum, one) => sum + one, 0),
      ...(p50Ms === undefined ? {} : { p50Ms }),
      ...(p99Ms === undefined ? {} : { p99Ms }),
    },
    endMs,
  }
}

type Points = readonly { readonly minuteMs: number; readonly value: number }[]

const hourOf = (atMs: number): number => Math.floor(atMs / hourMs) * hourMs

type HoursOf = (requests: Points, errors: Points) => readonly Hour[]

const wholeBefore =
  (endMs: number): HoursOf =>
  (requests, errors) => {
    const failed = new Map(errors.map(({ minuteMs: atMs, value }) => [atMs, value]))
    return requests
      .filter(({ minuteMs: atMs }) => atMs < endMs)
      .map(({ minuteMs: atMs, value }) => ({ atMs, requests: value, failed: Math.min(value, failed.get(atMs) ?? 0) }))
  }

/** Of a function whose first request was minutes ago, one hour: at the pace that it has had since. */
const paceBefore =
  (nowMs: number): HoursOf =>
  (requests, errors) => {
    const sum = (points: Points): number => points.reduce((total, { value }) => total + value, 0)
    const first = requests.filter(({ value }) => value > 0).map(({ minuteMs: atMs }) => atMs)
    if (first.length === 0) return []
    const times = hourMs / Math.max(minuteMs, nowMs - Math.min(...first))
    const [all, failed] = [Math.round(sum(requests) * times), Math.round(sum(errors) * times)]
    return [{ atMs: hourOf(nowMs) - hourMs, requests: all, failed: Math.min(all, failed) }]
  }

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}
