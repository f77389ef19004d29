// Up to which minute the evidence is settled: older points do not change any more, and none is missing that may still come.
// A look reads again from here, and a fold is carried up to here: both must mean the same minute.
import type { JudgedTarget } from './evidence.ts'
import { isIncomplete, type Sheet } from './minutes.ts'
import type { SignalSpec } from './questions.ts'
import { lateFromMs, missingFromMs } from './window.ts'
import { minuteMs } from '../../time.ts'

/** @param endMs up to where everything was asked for */
export function settledToMs(
  sheet: Sheet,
  specs: readonly SignalSpec[],
  targets: readonly JudgedTarget[],
  endMs: number,
): number {
  const lateMs = lateFromMs(endMs, targets)
  const asked = specs.filter((spec) => spec.excluded === undefined)
  for (let atMs = missingFromMs(endMs); atMs < lateMs; atMs += minuteMs) {
    if (asked.some((spec) => isIncomplete(sheet, spec, atMs))) return atMs
  }
  return lateMs
}
