// Up to which minute the evidence is settled: points before it no longer change, and none that may still arrive is missing. The
// next look reads from here, and the carried fold ends here, so both must use the same minute.
import type { JudgedTarget } from './evidence.ts'
import { isIncomplete, lacksInvocations, type Sheet } from './minutes.ts'
import type { SignalSpec } from './questions.ts'
import { isBack, lateFromMs, missingFromMs } from './window.ts'
import { minuteMs } from '../../time.ts'

/** @param endMs the end of the time that was asked for */
export function settledToMs(
  sheet: Sheet,
  specs: readonly SignalSpec[],
  targets: readonly JudgedTarget[],
  endMs: number,
): number {
  const lateMs = lateFromMs(endMs, targets)
  const asked = specs.filter((spec) => spec.excluded === undefined && !isBack(targets[spec.target]))
  for (let atMs = missingFromMs(endMs); atMs < lateMs; atMs += minuteMs) {
    if (targets.some((one, target) => !isBack(one) && lacksInvocations(sheet, target, atMs))) return atMs
    if (asked.some((spec) => isIncomplete(sheet, spec, atMs))) return atMs
  }
  return lateMs
}
