// The evidence for one look: the alarms as they are now, and every minute since the first shift. What earlier looks read comes
// from the log, the rest from CloudWatch. Data points may come late, so the last minutes are read again.
import { Problem } from '../../core/problem.ts'
import type { Release } from '../../core/release/release.ts'
import type { Evidence, JudgedTarget, Point, Reading, Readings, Window } from '../../core/verdict/evidence/evidence.ts'
import { sheetOf } from '../../core/verdict/evidence/minutes.ts'
import { type Question, questionsFor, signalSpecs } from '../../core/verdict/evidence/questions.ts'
import { settledToMs } from '../../core/verdict/evidence/settled.ts'
import { askedWindow, lateFromMs, missingFromMs } from '../../core/verdict/evidence/window.ts'
import type { World } from './world.ts'
import { minuteMs } from '../../core/time.ts'

type Deps = Pick<World, 'telemetry'>

/**
 * @param sinceMs minutes before this are not needed, because the caller carries their folded state
 * @returns `readings`: what the log should store; absent when there was no whole minute to read
 */
export async function gather(
  deps: Deps,
  release: Release,
  atMs: number,
  sinceMs = 0,
): Promise<{ readonly evidence: Evidence; readonly readings: Readings | undefined }> {
  const { service, shifts, excludedAlarms } = release
  const targets = judgedTargets(release)
  const questions = questionsFor(service, targets)
  const whole = askedWindow(shifts[0]?.sinceMs ?? atMs, atMs)
  const completeMs = release.readings.findLast((one) => one.complete)?.toMs ?? whole.startMs
  const known = sheetOf(asReadings(questions, loggedPoints(release.readings, missingFromMs(completeMs))))
  const settledMs = settledToMs(known, signalSpecs(service, targets), targets, completeMs)
  const window = { startMs: Math.max(whole.startMs, settledMs), endMs: whole.endMs }
  const [alarms, answers] = await Promise.all([
    readAlarms(deps, service.signals.alarms),
    readSeries(deps, questions, window),
  ])
  const logged = loggedPoints(release.readings, Math.max(sinceMs, whole.startMs))
  const readings = new Map(
    questions.map(({ key }, index): readonly [string, Reading] => {
      const answer = answers[index] ?? { kind: 'unread', because: 'CloudWatch did not answer' }
      if (answer.kind === 'unread') return [key, answer]
      const points = new Map(logged.get(key))
      for (const point of answer.points) points.set(point.minuteMs, point.value)
      return [key, { kind: 'points', points: pointsOf(points) }]
    }),
  )
  const evidence = { atMs, shifts, alarms, excludedAlarms, targets, readings }
  const isEmpty = window.endMs <= window.startMs
  return {
    evidence,
    readings: isEmpty
      ? undefined
      : {
          ...newPoints(questions, answers, loggedPoints(release.readings, window.startMs), window),
          ...(release.readings.length === 0 ? { queries: queriesOf(questions) } : {}),
        },
  }
}

const asReadings = (
  questions: readonly Question[],
  logged: ReturnType<typeof loggedPoints>,
): ReadonlyMap<string, Reading> =>
  new Map(questions.map(({ key }) => [key, { kind: 'points', points: pointsOf(logged.get(key)) }]))

const pointsOf = (series: ReadonlyMap<number, number> = new Map()): Point[] =>
  [...series].map(([minuteMs, value]) => ({ minuteMs, value }))

/**
 * Readings that ended before this are not needed by the next look.
 * @param carriedToMs up to where the folded state is carried; without it, all readings are needed
 */
export function neededFromMs(release: Release, carriedToMs = 0): number {
  const completeMs = release.readings.findLast((one) => one.complete)?.toMs ?? 0
  const askedAgainMs = Math.min(lateFromMs(completeMs, judgedTargets(release)), missingFromMs(completeMs))
  return Math.max(0, Math.min(carriedToMs, askedAgainMs))
}

/**
 * `Sum of AWS/Lambda Errors {FunctionName=checkout, ...}` by key. It records what the logged points mean, even if later code asks
 * differently.
 */
const queriesOf = (questions: readonly Question[]): Record<string, string> =>
  Object.fromEntries(
    questions.map(({ key, namespace, metric, stat, dimensions }) => {
      const place = Object.entries(dimensions).map(([name, value]) => `${name}=${value}`)
      return [key, `${stat} of ${namespace} ${metric} {${place.join(', ')}}`.slice(0, 1000)]
    }),
  )

/** The targets of a release in the form that a verdict needs. */
export const judgedTargets = ({ targets }: Pick<Release, 'targets'>): readonly JudgedTarget[] =>
  targets.map(({ functionName, roleArn, alias, stable, candidate, baseline }) => ({
    functionName,
    roleArn,
    alias,
    stable,
    candidate,
    baseline,
  }))

/** Points by question and minute; later readings override earlier ones. */
export function loggedPoints(
  readings: readonly Readings[],
  fromMs: number,
): ReadonlyMap<string, ReadonlyMap<number, number>> {
  const found = new Map<string, Map<number, number>>()
  for (const chunk of readings) {
    if (chunk.toMs <= fromMs) continue
    for (const [key, points] of Object.entries(chunk.points)) {
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

/** The points that are not in the log yet, or have changed since. */
function newPoints(
  questions: readonly Question[],
  answers: readonly Reading[],
  logged: ReadonlyMap<string, ReadonlyMap<number, number>>,
  window: Window,
): Readings {
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
  }
}

/** A failed reading is no evidence: unknown, with the reason. */
async function readAlarms(deps: Deps, names: readonly string[]): Promise<Evidence['alarms']> {
  if (names.length === 0) return []
  try {
    return await deps.telemetry.alarms(names)
  } catch (error) {
    return { unread: sentence(error) }
  }
}

async function readSeries(deps: Deps, questions: readonly Question[], window: Window): Promise<readonly Reading[]> {
  if (questions.length === 0) return []
  if (window.endMs <= window.startMs) return questions.map(() => ({ kind: 'points', points: [] }))
  try {
    return await deps.telemetry.read(questions, { ...window, periodSeconds: 60 })
  } catch (error) {
    const because = sentence(error)
    return questions.map(() => ({ kind: 'unread', because }))
  }
}

/** Telemetry problems become part of the verdict; bugs crash. */
function sentence(error: unknown): string {
  if (error instanceof Problem) return `${error.message} (${error.code})`.slice(0, 300)
  throw error
}
