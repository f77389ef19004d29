// How many requests failed after the minute at which a release of our own would have gone back: of the candidate, beyond the
// share that failed of stable's. What was not read is not counted, and how many minutes are known is said.
import { minuteMs } from '../time.ts'
import { judgedTargets, loggedPoints, readingsOf } from '../verdict/evidence/logged.ts'
import { countMinutes, isIncomplete, sheetOf } from '../verdict/evidence/minutes.ts'
import { signalSpecs } from '../verdict/evidence/questions.ts'
import { wholeFrom } from '../verdict/evidence/window.ts'
import type { ObservedShift } from './event.ts'
import type { Observation } from './observation.ts'

/** @returns `undefined` if errors are not looked at, if stable had no requests to compare with, or if it goes on */
export function savedBy(one: Observation): ObservedShift['saved'] {
  const { wouldPutBack, end } = one
  if (wouldPutBack === undefined || end === undefined || !one.isCounted) return undefined
  const targets = judgedTargets(one)
  const spec = signalSpecs(one.service, targets).find(({ name }) => name === 'errors')
  if (spec === undefined || spec.measure.kind !== 'count') return undefined
  const { measure } = spec
  const sheet = sheetOf(readingsOf(loggedPoints(one.readings, 0)))
  const isRead = (at: number): boolean =>
    one.readings.some(({ complete, fromMs, toMs }) => complete && fromMs <= at && at < toMs)
  const minuteAt = (at: number) => {
    const minutes = isRead(at) && !isIncomplete(sheet, spec, at) ? countMinutes(sheet, spec, measure, at) : 'not read'
    return typeof minutes === 'string' ? undefined : minutes[0]
  }
  const all = times(wholeFrom(one.seen[0]?.sinceMs ?? 0), end.atMs).flatMap((at) => minuteAt(at) ?? [])
  const sum = (of: keyof (typeof all)[number], some: typeof all): number =>
    some.reduce((total, minute) => total + minute[of], 0)
  const stable = sum('stableInvocations', all)
  if (stable === 0) return undefined
  const after = times(wholeFrom(wouldPutBack.atMs), end.atMs)
  const known = after.flatMap((at) => minuteAt(at) ?? [])
  const usual = (sum('stableBad', all) / stable) * sum('candidateInvocations', known)
  const requests = Math.max(0, sum('candidateBad', known) - usual)
  return { requests: Math.round(requests * 10) / 10, knownMinutes: known.length, minutes: after.length }
}

/** Every minute that is whole before the end. */
const times = (fromMs: number, toMs: number): readonly number[] =>
  Array.from({ length: Math.max(0, Math.floor((toMs - fromMs) / minuteMs)) }, (_, index) => fromMs + index * minuteMs)
