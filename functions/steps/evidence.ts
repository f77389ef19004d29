// What one look has to go by: the alarms as they are now, and every minute since the first shift, from the log as far as
// earlier looks have read it and from CloudWatch since then (core/verdict/evidence/logged.ts).
import { Problem } from '../../core/problem.ts'
import type { Release } from '../../core/release/release.ts'
import type { Evidence, Reading, Readings, Window } from '../../core/verdict/evidence/evidence.ts'
import { judgedTargets, loggedPoints, lookWindow, newReadings, readingsBy } from '../../core/verdict/evidence/logged.ts'
import { type Question, questionsFor } from '../../core/verdict/evidence/questions.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'telemetry'>

/**
 * @param sinceMs minutes before this are not needed: the caller carries what they came to
 * @returns `readings`, what the log should keep; absent when there was no whole minute to read
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
  const { whole, window } = lookWindow(questions, { ...release, targets }, atMs)
  const [alarms, answers] = await Promise.all([
    readAlarms(deps, service.signals.alarms),
    readSeries(deps, questions, window),
  ])
  const logged = loggedPoints(release.readings, Math.max(sinceMs, whole.startMs))
  const readings = readingsBy(questions, answers, logged)
  const isEmpty = window.endMs <= window.startMs
  return {
    evidence: { atMs, shifts, alarms, excludedAlarms, targets, readings },
    readings: isEmpty ? undefined : newReadings(questions, answers, release.readings, window),
  }
}

/** A reading that fails is evidence of nothing: unknown, with the reason. */
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

/** Troubles of the telemetry become part of a verdict; bugs crash. */
function sentence(error: unknown): string {
  if (error instanceof Problem) return `${error.message} (${error.code})`.slice(0, 300)
  throw error
}
