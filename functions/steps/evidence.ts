// The evidence for one look: the alarms as they are now, and every minute since the first shift. What earlier looks read comes
// from the log, the rest from CloudWatch and from Prometheus. Data points may come late, so the last minutes are read again.
import { Problem } from '../../core/problem.ts'
import type { Release } from '../../core/release/release.ts'
import type { Evidence, Reading, Readings, Window } from '../../core/verdict/evidence/evidence.ts'
import {
  judgedTargets,
  loggedPoints,
  type Looked,
  lookWindow,
  newReadings,
  readingsBy,
} from '../../core/verdict/evidence/logged.ts'
import { guardQuestions } from '../../core/verdict/evidence/guard-questions.ts'
import { prometheusQuestions } from '../../core/verdict/evidence/prometheus.ts'
import { type Question, questionsFor } from '../../core/verdict/evidence/questions.ts'
import { isLeftOut } from '../../core/verdict/evidence/window.ts'
import type { World } from './world.ts'

const nothing: Reading = { kind: 'points', points: [] }

type Deps = Pick<World, 'telemetry' | 'prometheus'>

/**
 * @param release or a shift of others, which is judged by the same
 * @param sinceMs minutes before this are not needed, because the caller carries their folded state
 * @returns `readings`: what the log should store; absent when there was no whole minute to read
 */
export async function gather(
  deps: Deps,
  release: Looked & Pick<Release, 'excludedAlarms'>,
  atMs: number,
  sinceMs = 0,
): Promise<{ readonly evidence: Evidence; readonly readings: Readings | undefined }> {
  const { service, shifts, excludedAlarms } = release
  const targets = judgedTargets(release)
  const isAsked = ({ key }: { readonly key: string }): boolean => !isLeftOut(targets[Number(key.split('.')[0])])
  const ofMetrics = [...questionsFor(service, targets), ...guardQuestions(service, targets)]
  const ofQueries = prometheusQuestions(service, targets)
  const [metrics, queries] = [ofMetrics.filter(isAsked), ofQueries.filter(isAsked)]
  const questions = [...metrics, ...queries]
  const { whole, window } = lookWindow(questions, { ...release, targets }, atMs)
  const isEmpty = window.endMs <= window.startMs
  const [alarms, measured, queried] = await Promise.all([
    readAlarms(deps, service.signals.alarms),
    isEmpty ? metrics.map(() => nothing) : readSeries(deps, metrics, window),
    isEmpty || queries.length === 0 ? queries.map(() => nothing) : deps.prometheus.read(queries, window),
  ])
  const answers = [...measured, ...queried]
  const logged = loggedPoints(release.readings, Math.max(sinceMs, whole.startMs))
  const readings = readingsBy(questions, answers, logged)
  return {
    evidence: { atMs, shifts, alarms, excludedAlarms, targets, readings },
    readings: isEmpty
      ? undefined
      : newReadings(questions, answers, release.readings, window, [...ofMetrics, ...ofQueries]),
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
