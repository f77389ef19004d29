// Which minutes a look may use: whole ones, begun after the first shift, and old enough for CloudWatch to have them.
import type { JudgedTarget, Shift, Window } from './evidence.ts'
import { minuteMs } from '../../time.ts'

// A data point carries the time at which the invocation began, and appears after it has ended and been collected. So minute t is
// complete at t + 2 at the earliest (docs/verdict.md, "What there is to judge").
const settleMs = minuteMs
// Points may arrive later and change what was read before. Every look reads this much again.
const lateMs = 5 * minuteMs

/** The start of the first whole minute at or after `atMs`. */
export const wholeFrom = (atMs: number): number => Math.ceil(atMs / minuteMs) * minuteMs

/** All complete minutes since the candidate first had traffic. */
export function askedWindow(firstShiftedAtMs: number, atMs: number): Window {
  const startMs = wholeFrom(firstShiftedAtMs)
  return { startMs, endMs: Math.max(startMs, Math.floor((atMs - settleMs) / minuteMs) * minuteMs) }
}

/** No more points arrive for minutes before this one. A look reads again from here what was complete up to `completeMs`. */
export function lateFromMs(completeMs: number, targets: readonly JudgedTarget[]): number {
  const timeoutSeconds = Math.max(0, ...targets.map((target) => target.baseline.timeoutSeconds ?? 0))
  return Math.floor((completeMs - lateMs - timeoutSeconds * 1000) / minuteMs) * minuteMs
}

// A missing point may come this late. After that we stop waiting, and its minute stays out of the evidence.
const missingMs = 15 * minuteMs

// How long a team's own count may be silent before its silence means 0.
const silentMs = 10 * minuteMs

/** From here on, a count that ends may still go on. */
export const openFromMs = (endMs: number): number => endMs - silentMs

/** A minute from here on may be incomplete, and may still be completed. */
export const missingFromMs = (endMs: number): number => endMs - missingMs

/** The weights of a target: its own in a release in waves, else those of the release. */
export const shiftsOn = (
  target: Pick<JudgedTarget, 'shifts'> | undefined,
  shifts: readonly Shift[],
): readonly Shift[] => target?.shifts ?? shifts

/** Whether its wave has not begun. Then it is asked nothing, and says nothing. */
export const isAhead = (target: Pick<JudgedTarget, 'shifts'> | undefined): boolean => target?.shifts?.length === 0

/** Whether it was put back alone. */
export const isBack = (target: Pick<JudgedTarget, 'backMs'> | undefined): boolean => target?.backMs !== undefined

/** Whether nothing is asked of it, and nothing said: not yet, or not any more. */
export const isLeftOut = (target: Pick<JudgedTarget, 'shifts' | 'backMs'> | undefined): boolean =>
  isAhead(target) || isBack(target)

/** Whether a minute is before the first whole one of its wave. */
export const isBefore = ({ shifts }: Pick<JudgedTarget, 'shifts'>, atMs: number): boolean =>
  shifts !== undefined && !(atMs >= wholeFrom(shifts[0]?.sinceMs ?? Infinity))

/**
 * The weight that was in force during a whole minute, and the first whole minute it was in force; `undefined` when it changed
 * during the minute.
 */
export function weightOf(
  shifts: readonly Shift[],
  atMs: number,
): { readonly weightBp: number; readonly sinceMs: number } | undefined {
  const inForce = shifts.filter((shift) => shift.sinceMs <= atMs).at(-1)
  if (inForce === undefined || shifts.some((shift) => shift.sinceMs > atMs && shift.sinceMs < atMs + minuteMs))
    return undefined
  return { weightBp: inForce.weightBp, sinceMs: wholeFrom(inForce.sinceMs) }
}

// Errors of cold starts are tolerated in the minutes that overlap with this long after a rise of the traffic.
const coldStartMs = 3 * minuteMs

/** How many minutes ago the candidate's traffic rose; `undefined` once its environments are warm. */
export function coldMinute(shifts: readonly Shift[], atMs: number): number | undefined {
  const rise = shifts
    .filter(
      ({ sinceMs, weightBp }, index) => sinceMs < atMs + minuteMs && weightBp > (shifts[index - 1]?.weightBp ?? 0),
    )
    .at(-1)
  if (rise === undefined || atMs >= rise.sinceMs + coldStartMs) return undefined
  // The minute of the first shift is not asked for, so the first whole minute is the first one seen.
  const firstMs =
    shifts[0] === rise ? Math.ceil(rise.sinceMs / minuteMs) * minuteMs : Math.floor(rise.sinceMs / minuteMs) * minuteMs
  return Math.max(0, (atMs - firstMs) / minuteMs)
}
