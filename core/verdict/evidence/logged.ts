// What the log keeps of the readings, and what a look makes of that: which minutes it asks for, what it judges by, what is new.
// Points may come late, so the last minutes are asked for again.
import { own } from '../../own.ts'
import { minuteMs } from '../../time.ts'
import type { Service } from '../../service/service.ts'
import { placedIn } from '../../service/target.ts'
import type { JudgedTarget, Point, Reading, Readings, Shift, Window } from './evidence.ts'
import { sheetOf } from './minutes.ts'
import { type PrometheusQuestion, prometheusWords } from './prometheus.ts'
import { placeOf, type Question, signalSpecs } from './questions.ts'
import { settledToMs } from './settled.ts'
import { askedWindow, lateFromMs, missingFromMs, openFromMs } from './window.ts'

type Keyed = { readonly key: string }
type Logged = ReadonlyMap<string, ReadonlyMap<number, number>>

/** What of a release a look goes by. */
export type Looked = {
  readonly service: Service
  readonly shifts: readonly Shift[]
  readonly readings: readonly Readings[]
  readonly targets: readonly (JudgedTarget & { readonly roleArn?: string | undefined })[]
}

/** The targets of a release as a verdict sees them. */
export const judgedTargets = ({ service, targets }: Pick<Looked, 'service' | 'targets'>): readonly JudgedTarget[] =>
  targets.map(({ functionName, roleArn, alias, stable, candidate, baseline, shifts, backMs }) => ({
    functionName,
    ...placeOf(placedIn(service, { functionName, roleArn })),
    alias,
    stable,
    candidate,
    baseline,
    ...(shifts === undefined ? {} : { shifts }),
    ...(backMs === undefined ? {} : { backMs }),
  }))

/**
 * Points by question and minute, later readings over earlier ones.
 * @param keys the questions that are wanted; without them, all
 */
export function loggedPoints(readings: readonly Readings[], fromMs: number, keys?: ReadonlySet<string>): Logged {
  const found = new Map<string, Map<number, number>>()
  for (const chunk of readings) {
    if (chunk.toMs <= fromMs) continue
    for (const key of keys ?? Object.keys(chunk.points)) {
      const points = own(chunk.points, key)
      if (points === undefined) continue
      const series = found.get(key) ?? new Map<number, number>()
      found.set(key, series)
      for (const [minute, value] of points) {
        const at = chunk.fromMs + minute * minuteMs
        if (at >= fromMs) series.set(at, value)
      }
    }
  }
  return found
}

/** @returns all minutes since the first shift, and those of them that a look at `atMs` asks for */
export function lookWindow(
  questions: readonly Keyed[],
  { service, shifts, readings, targets }: Looked,
  atMs: number,
): { readonly whole: Window; readonly window: Window } {
  const whole = askedWindow(shifts[0]?.sinceMs ?? atMs, atMs)
  const completeMs = completeToMs(readings) ?? whole.startMs
  const logged = loggedPoints(readings, missingFromMs(completeMs))
  const known = sheetOf(
    new Map(questions.map(({ key }) => [key, { kind: 'points', points: pointsOf(logged.get(key)) }])),
    openFromMs(completeMs),
  )
  const settledMs = settledToMs(known, signalSpecs(service, targets), targets, completeMs)
  return { whole, window: { startMs: Math.max(whole.startMs, settledMs), endMs: whole.endMs } }
}

const completeToMs = (readings: readonly Readings[]): number | undefined =>
  readings.findLast((one) => one.complete)?.toMs

/**
 * Readings that ended before this are not asked for again by a look.
 * @param carriedToMs what earlier minutes came to is carried; without it, they are all needed
 */
export function neededFromMs(release: Pick<Looked, 'service' | 'readings' | 'targets'>, carriedToMs = 0): number {
  const completeMs = completeToMs(release.readings) ?? 0
  const askedAgainMs = Math.min(lateFromMs(completeMs, judgedTargets(release)), missingFromMs(completeMs))
  return Math.max(0, Math.min(carriedToMs, askedAgainMs))
}

/** What a verdict is made from: the log's points and the answers over them; what was not answered is unread. */
export const readingsBy = (
  questions: readonly Keyed[],
  answers: readonly Reading[],
  logged: Logged,
): ReadonlyMap<string, Reading> =>
  new Map(
    questions.map(({ key }, index): readonly [string, Reading] => {
      const answer = answers[index] ?? { kind: 'unread', because: 'it was not answered' }
      if (answer.kind === 'unread') return [key, answer]
      const points = new Map(logged.get(key))
      for (const point of answer.points) points.set(point.minuteMs, point.value)
      return [key, { kind: 'points', points: pointsOf(points) }]
    }),
  )

export const readingsOf = (logged: Logged): ReadonlyMap<string, Reading> =>
  new Map([...logged].map(([key, series]) => [key, { kind: 'points', points: pointsOf(series) }]))

const pointsOf = (series: ReadonlyMap<number, number> = new Map()): Point[] =>
  [...series].map(([minuteMs, value]) => ({ minuteMs, value }))

/** What was read and is not in the log yet, or stands there otherwise; with the first, what is `ever` asked for. */
export function newReadings(
  questions: readonly (Question | PrometheusQuestion)[],
  answers: readonly Reading[],
  readings: readonly Readings[],
  window: Window,
  ever: readonly (Question | PrometheusQuestion)[] = questions,
): Readings {
  const logged = loggedPoints(readings, window.startMs)
  const points = Object.fromEntries(
    questions.flatMap(({ key }, index) => {
      const answer = answers[index]
      const known = logged.get(key)
      const fresh =
        answer?.kind === 'points' ? answer.points.filter((one) => known?.get(one.minuteMs) !== one.value) : []
      const placed = fresh.map(({ minuteMs: at, value }): [number, number] => [(at - window.startMs) / minuteMs, value])
      return placed.length === 0 ? [] : [[key, placed] as const]
    }),
  )
  return {
    fromMs: window.startMs,
    toMs: window.endMs,
    complete: questions.every((_, index) => answers[index]?.kind === 'points'),
    points,
    ...(readings.length === 0 ? { queries: queriesOf(ever) } : {}),
  }
}

/** `Sum of AWS/Lambda Errors {FunctionName=checkout, ...}` by key: what the log's points are, whatever later code asks. */
const queriesOf = (questions: readonly (Question | PrometheusQuestion)[]): Record<string, string> =>
  Object.fromEntries(
    questions.map((question) => [
      question.key,
      ('query' in question ? prometheusWords(question) : cloudWatchWords(question)).slice(0, 1000),
    ]),
  )

function cloudWatchWords({ namespace, metric, stat, dimensions }: Question): string {
  const place = Object.entries(dimensions).map(([name, value]) => `${name}=${value}`)
  return `${stat} of ${namespace} ${metric} {${place.join(', ')}}`
}
