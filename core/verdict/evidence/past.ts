// The past that a release learns from: stable's own errors in the hours before it, and the minutes of earlier releases, as their
// logs have them.
import type { AliasPlace } from '../../location.ts'
import { wholeBp } from '../../service/routing.ts'
import { minuteMs } from '../../time.ts'
import type { PastMinute } from '../counts/learn.ts'
import type { CountMinute } from '../processes/split-process.ts'
import type { Reading } from './evidence.ts'
import { judgedTargets, loggedPoints, type Looked, readingsOf } from './logged.ts'
import { countMinutes, isIncomplete, sheetOf } from './minutes.ts'
import { placeOf, type Question, signalSpecs, stablePlaces } from './questions.ts'
import { coldMinute, isBack, isBefore, shiftsOn } from './window.ts'

/** How many of stable's minutes are read. */
export const pastMinutes = 240
/** A longer release teaches no more than this. */
const releaseMinutesMax = 240

/** Invocations and errors of stable, at both places where they may be. */
export function pastQuestions(target: AliasPlace, stable: string): readonly Question[] {
  const question = (dimensions: Question['dimensions'], metric: string): Question => ({
    key: metric,
    namespace: 'AWS/Lambda',
    metric,
    dimensions,
    stat: 'Sum',
    ...placeOf(target),
  })
  return stablePlaces(target, stable).flatMap((dimensions) =>
    ['Invocations', 'Errors'].map((metric) => question(dimensions, metric)),
  )
}

/** @param readings the answers to `pastQuestions` @returns the minutes that have points of both, oldest first */
export function stableMinutes(readings: readonly Reading[]): readonly CountMinute[] {
  const [versionCalls, versionErrors, aliasCalls, aliasErrors] = readings
  const byVersion = paired(versionCalls, versionErrors)
  return byVersion.length > 0 ? byVersion : paired(aliasCalls, aliasErrors)
}

function paired(calls: Reading | undefined, errors: Reading | undefined): readonly CountMinute[] {
  if (calls?.kind !== 'points' || errors?.kind !== 'points') return []
  const bad = new Map(errors.points.map((point) => [point.minuteMs, point.value]))
  return calls.points.flatMap(({ minuteMs: at, value }) => {
    const stableBad = bad.get(at)
    if (stableBad === undefined || !(stableBad >= 0) || !(value >= stableBad) || !Number.isFinite(value)) return []
    const counts = { stableInvocations: Math.round(value), stableBad: Math.round(stableBad) }
    return [{ ...counts, candidateInvocations: 0, candidateBad: 0 }]
  })
}

/** The minutes of one target in a release's log, from the first shift until it had all traffic. Empty if it had another alias. */
export function releaseMinutes(
  release: Looked,
  { functionName, alias }: Pick<AliasPlace, 'functionName' | 'alias'>,
): readonly PastMinute[] {
  const targets = judgedTargets(release)
  const target = targets.findIndex((one) => one.functionName === functionName && one.alias === alias)
  const spec = signalSpecs(release.service, targets).find((one) => one.target === target && one.name === 'errors')
  const { readings } = release
  const shifts = shiftsOn(targets[target], release.shifts)
  const [first] = shifts
  // What was put back alone was blamed: it teaches nothing of what is usual.
  if (isBack(targets[target])) return []
  if (spec === undefined || spec.measure.kind !== 'count' || first === undefined) return []
  const { measure } = spec
  const points = loggedPoints(readings, 0)
  const sheet = sheetOf(readingsOf(points))
  const wholeMs = shifts.find(({ weightBp }) => weightBp === wholeBp)?.sinceMs ?? Infinity
  const times = [...new Set([...points.values()].flatMap((series) => [...series.keys()]))]
    .filter((at) => at + minuteMs <= wholeMs && !isBefore(targets[target] ?? {}, at) && !isIncomplete(sheet, spec, at))
    .sort((a, b) => a - b)
    .slice(0, releaseMinutesMax)
  return times.flatMap((at) => {
    const minutes = countMinutes(sheet, spec, measure, at)
    const [minute] = typeof minutes === 'string' ? [] : minutes
    return minute === undefined ? [] : [{ ...minute, cold: coldMinute(shifts, at) }]
  })
}
