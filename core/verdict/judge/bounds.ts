// What a pass rests on, folded minute by minute for each threshold of a count signal: the likelihoods of the ratio, how bursty
// the events are, and the counts at the present weight.
import { dispersionBegin, type DispersionState, dispersionStep, seenDispersion } from '../processes/dispersion.ts'
import { facing, facingTolerance } from '../processes/facing.ts'
import { lowestRatio, ratioBegin, type RatioState, ratioStep } from '../processes/ratio-bound.ts'
import type { Shift } from '../evidence/evidence.ts'
import type { SignalSpec } from '../evidence/questions.ts'
import { weightOf } from '../evidence/window.ts'
import { type CountMinute, nothing } from '../processes/split-process.ts'

export type BoundsState = {
  readonly ratio: RatioState
  readonly dispersion: DispersionState
  /** Since the first whole minute at the present weight. */
  readonly present: { readonly sinceMs: number; readonly minutes: number; readonly total: CountMinute }
}

export const boundsBegin: BoundsState = {
  ratio: ratioBegin,
  dispersion: dispersionBegin,
  present: { sinceMs: 0, minutes: 0, total: nothing },
}

export const isBounded = ({ measure }: SignalSpec): boolean => measure.kind === 'count' && measure.bounded

export function boundsStep(
  spec: SignalSpec,
  before: BoundsState,
  data: CountMinute,
  shifts: readonly Shift[],
  atMs: number,
): BoundsState {
  return {
    ratio: ratioStep(before.ratio, facing(data, spec.worse), facingTolerance(spec.watch.tolerance, spec.worse)),
    dispersion: dispersionStep(before.dispersion, data, isBounded(spec)),
    present: presentAfter(before.present, data, weightOf(shifts, atMs)?.sinceMs),
  }
}

/** A minute with two weights counts for neither. */
function presentAfter(
  before: BoundsState['present'],
  data: CountMinute,
  sinceMs: number | undefined,
): BoundsState['present'] {
  if (sinceMs === undefined) return before
  const { minutes, total } = before.sinceMs === sinceMs ? before : boundsBegin.present
  return {
    sinceMs,
    minutes: minutes + 1,
    total: {
      stableInvocations: total.stableInvocations + data.stableInvocations,
      stableBad: total.stableBad + data.stableBad,
      candidateInvocations: total.candidateInvocations + data.candidateInvocations,
      candidateBad: total.candidateBad + data.candidateBad,
    },
  }
}

/**
 * The bound of the candidate's ratio to stable on the side that counts against it: it is surely more than this where more is
 * worse, less where fewer are. 0 or Infinity while nothing is sure.
 */
export function sureRatio({ worse, watch }: SignalSpec, { ratio, dispersion }: BoundsState): number {
  const bound = lowestRatio(ratio, facingTolerance(watch.tolerance, worse), seenDispersion(dispersion))
  return worse === 'higher' ? bound : 1 / bound
}
