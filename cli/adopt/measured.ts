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
        results.push(measuredOf(one, readings.slice(next, next + count), nowMs))
        next += count
      }
    } catch (error) {
      results.push(...batch.map(() => sentenceOf(error)))
    }
  }
  return results
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

function measuredOf({ aliases }: Asked, readings: readonly Reading[], nowMs: number): Measured | string {
  const unread = readings.find((reading) => reading.kind === 'unread')
  if (unread !== undefined) return unread.because
  const points = readings.map((reading) => (reading.kind === 'points' ? reading.points : []))
  const [requests = [], errors = [], throttles = [], p50 = [], p99 = []] = points
  const values = (of: typeof requests): readonly number[] => of.map(({ value }) => value)
  const [p50Ms, p99Ms] = [median(values(p50)), median(values(p99))]
  const first = ofFunction.length
  return {
    all: hoursOf(requests, errors, nowMs),
    byAlias: new Map(
      aliases
        .slice(0, aliasesMost)
        .map((alias, index) => [
          alias,
          hoursOf(
            points[first + index * ofAlias.length] ?? [],
            points[first + index * ofAlias.length + 1] ?? [],
            nowMs,
          ),
        ]),
    ),
    performance: {
      throttled: values(throttles).reduce((sum, one) => sum + one, 0),
      ...(p50Ms === undefined ? {} : { p50Ms }),
      ...(p99Ms === undefined ? {} : { p99Ms }),
    },
    endMs: hourOf(nowMs),
  }
}

type Points = readonly { readonly minuteMs: number; readonly value: number }[]

const hourOf = (atMs: number): number => Math.floor(atMs / hourMs) * hourMs

/**
 * Whole hours. Of a function that had no request in any, the hour that runs is all that is known: it counts as one, at the pace it
 * has had so far.
 */
function hoursOf(requests: Points, errors: Points, nowMs: number): readonly Hour[] {
  const failed = new Map(errors.map(({ minuteMs: atMs, value }) => [atMs, value]))
  const hours = requests.map(({ minuteMs: atMs, value }) => ({
    atMs,
    requests: value,
    failed: Math.min(value, failed.get(atMs) ?? 0),
  }))
  const runs = hourOf(nowMs)
  const whole = hours.filter(({ atMs }) => atMs < runs)
  if (whole.some((hour) => hour.requests > 0)) return whole
  const share = Math.max(minuteMs, nowMs - runs) / hourMs
  return hours
    .filter(({ atMs }) => atMs === runs)
    .map((hour) => ({
      atMs: runs - hourMs,
      requests: Math.round(hour.requests / share),
      failed: Math.round(hour.failed / share),
    }))
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}
