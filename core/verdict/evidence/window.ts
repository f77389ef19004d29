// Which minutes a look may speak about: whole ones, begun after the first shift, and old enough for CloudWatch to have them.
import type { JudgedTarget, Shift, Window } from './evidence.ts'
import { minuteMs } from '../../time.ts'

// A point carries the time at which the invocation began and appears when it has ended and been collected: minute t is
// complete at t + 2 at the earliest (docs/verdict.md, "What there is to judge").
const settleMs = minuteMs
// Points that come later than that change what was read before; so far back is read again at every look.
const lateMs = 5 * minuteMs

/** The first minute that is whole after `atMs`. */
export const wholeFrom = (atMs: number): number => Math.ceil(atMs / minuteMs) * minuteMs

/** All minutes since the candidate first had traffic. */
export function askedWindow(firstShiftedAtMs: number, atMs: number): Window {
  const startMs = wholeFrom(firstShiftedAtMs)
  return { startMs, endMs: Math.max(startMs, Math.floor((atMs - settleMs) / minuteMs) * minuteMs) }
}

/** Points before this come no more: from here a look reads again what was complete up to `completeMs`. */
export function lateFromMs(completeMs: number, targets: readonly JudgedTarget[]): number {
  const timeoutSeconds = Math.max(0, ...targets.map((target) => target.baseline.timeoutSeconds ?? 0))
  return Math.floor((completeMs - lateMs - timeoutSeconds * 1000) / minuteMs) * minuteMs
}

// A point that is missing may come this late. What has not come by then is not waited for: that minute stays out of the evidence.
const missingMs = 15 * minuteMs

/** From here on a minute may not have come in full, and may still do so. */
export const missingFromMs = (endMs: number): number => endMs - missingMs

/** The weight that was in force during the whole of a minute, and since which whole minute; `undefined` when it changed. */
export function weightOf(
  shifts: readonly Shift[],
  atMs: number,
): { readonly weightBp: number; readonly sinceMs: number } | undefined {
  const inForce = shifts.filter((shift) => shift.sinceMs <= atMs).at(-1)
  if (inForce === undefined || shifts.some((shift) => shift.sinceMs > atMs && shift.sinceMs < atMs + minuteMs))
    return undefined
  return { weightBp: inForce.weightBp, sinceMs: wholeFrom(inForce.sinceMs) }
}
