// What is carried from minute to minute: for each signal its e-process and its counts; for each target whether its split is as
// set and whether it is silent. It depends on the minutes only, so a carried state and one computed from the first minute agree
// to the last digit.
import { wholeBp } from '../../service/routing.ts'
import { type AloneState, aloneBegin, aloneStep, type StablePast } from '../processes/candidate-only.ts'
import { boundsBegin, type BoundsState, boundsStep } from './bounds.ts'
import { breakerBegin, type BreakerState, breakerStep, dispersionOf } from '../counts/breaker.ts'
import { errorNulls, type Learned, type Trust } from '../counts/count-design.ts'
import { type CountRule, type CountState, countRule } from '../counts/count-process.ts'
import { type EarlyRule, earlyRule, type EarlyState } from '../processes/early-promotion.ts'
import type { Shift } from '../evidence/evidence.ts'
import { meanBegin, type MeanMinute, type MeanState, meanStep } from '../processes/mean-process.ts'
import { busyEnvironments, countMinutes, isIncomplete, isSeen, meanMinute, type Sheet } from '../evidence/minutes.ts'
import type { Measure, SignalSpec } from '../evidence/questions.ts'
import { type CountMinute, nothing } from '../processes/split-process.ts'
import { type LatencyRule, latencyRule, type LatencyState } from '../latency/latency-process.ts'
import { latencyFacts } from '../latency/facts.ts'
import { coldMinute, weightOf } from '../evidence/window.ts'

const plus = (a: CountMinute, b: CountMinute): CountMinute => ({
  stableInvocations: a.stableInvocations + b.stableInvocations,
  stableBad: a.stableBad + b.stableBad,
  candidateInvocations: a.candidateInvocations + b.candidateInvocations,
  candidateBad: a.candidateBad + b.candidateBad,
})

/** Samples at the current weight, and how many minutes they come from. */
export type Present = { readonly sinceMs: number; readonly minutes: number; readonly samples: number }

export type CountFold = {
  readonly kind: 'count'
  /** One for each kind of event; none for latency, which has cuts instead. */
  readonly states: readonly CountState[]
  readonly cuts?: readonly LatencyState[]
  readonly totals: readonly CountMinute[]
  readonly bounds: readonly BoundsState[]
  /**
   * In how many minutes there was an event that can count against the candidate: one of its own or, where fewer events are worse,
   * one of stable's.
   */
  readonly speaking: readonly number[]
  /** Whether any point of the events was seen, for either version. */
  readonly seen: boolean
  /** How many of the latest minutes in a row were incomplete, and how many in all. */
  readonly incomplete: number
  readonly leftOut: number
  /** Requests of the candidate in the latest minutes in a row in which every request was a bad event. */
  readonly allBad: number
  readonly breaker: BreakerState
  readonly alone?: AloneState
  readonly early?: EarlyState
  readonly present: Present
}
export type MeanFold = {
  readonly kind: 'mean'
  readonly state: MeanState
  readonly totals: MeanMinute
  readonly leftOut: number
  readonly present: Present
}
export type SignalFold = CountFold | MeanFold

/** The parameters that fold one signal. */
export type SignalRule = {
  readonly spec: SignalSpec
  readonly count: CountRule
  readonly latency: LatencyRule | undefined
  readonly early: EarlyRule | undefined
  readonly learned: Learned | undefined
}

type Rules = {
  readonly horizonMinutes: number
  readonly early?: { readonly ratio: number; readonly rate: number } | undefined
  readonly trust: Trust
}

/** @param learned what the target's past says about its errors */
export function signalRule(spec: SignalSpec, { horizonMinutes, early, trust }: Rules, learned?: Learned): SignalRule {
  const known = spec.name === 'errors' ? learned : undefined
  return {
    spec,
    learned: known,
    count: countRule({
      tolerance: spec.watch.tolerance,
      horizonMinutes,
      worse: spec.worse,
      nulls: errorNulls(known),
      trust,
      hasColdStarts: spec.worse === 'higher',
      ...(known === undefined ? {} : { learned: known }),
    }),
    latency:
      spec.cuts === undefined
        ? undefined
        : latencyRule(latencyFacts(spec.cuts), { tolerance: spec.watch.tolerance, horizonMinutes }),
    early: early !== undefined && spec.name === 'errors' ? earlyRule(early, horizonMinutes, known?.bursts) : undefined,
  }
}

const presentBegin: Present = { sinceMs: 0, minutes: 0, samples: 0 }
const noMeans: MeanMinute = { stableSamples: 0, stableMean: 0, candidateSamples: 0, candidateMean: 0 }

export function foldBegin({ spec, count, latency, early, learned }: SignalRule): SignalFold {
  if (spec.measure.kind === 'mean')
    return { kind: 'mean', state: meanBegin, totals: noMeans, leftOut: 0, present: presentBegin }
  return {
    kind: 'count',
    states: latency === undefined ? spec.measure.events.map(() => count.begin) : [],
    ...(latency === undefined ? {} : { cuts: latency.begin() }),
    totals: spec.measure.events.map(() => nothing),
    bounds: spec.measure.events.map(() => boundsBegin),
    speaking: spec.measure.events.map(() => 0),
    seen: false,
    incomplete: 0,
    leftOut: 0,
    allBad: 0,
    breaker: breakerBegin(learned),
    ...(early === undefined ? {} : { early: early.begin }),
    present: presentBegin,
  }
}

/** Counts the candidate's samples since the weight changed. A minute with two weights counts for neither. */
function present(before: Present, shifts: readonly Shift[], atMs: number, samples: number): Present {
  const weight = weightOf(shifts, atMs)
  if (weight === undefined) return before
  const kept = before.sinceMs === weight.sinceMs ? before : presentBegin
  return { sinceMs: weight.sinceMs, minutes: kept.minutes + 1, samples: kept.samples + samples }
}

/**
 * New execution environments start cold, both at the first traffic and when the candidate's traffic more than doubles. The signal
 * is ignored for this many minutes afterwards.
 */
function isWarmingUp(shifts: readonly Shift[], minutes: number, atMs: number): boolean {
  return shifts.some((shift, index) => {
    const jumped = shift.weightBp > 2 * (shifts[index - 1]?.weightBp ?? 0)
    return jumped && atMs + 60_000 > shift.sinceMs && atMs < shift.sinceMs + minutes * 60_000
  })
}

const chilled = ({ latency }: SignalRule, fold: SignalFold): SignalFold =>
  latency === undefined || fold.kind !== 'count' || fold.cuts === undefined
    ? fold
    : { ...fold, cuts: latency.chill(fold.cuts) }

/** The fold after one more minute, or why that minute is not evidence. */
export function foldStep(
  rule: SignalRule,
  fold: SignalFold,
  sheet: Sheet,
  shifts: readonly Shift[],
  atMs: number,
): SignalFold | string {
  const { spec } = rule
  if (isWarmingUp(shifts, spec.warmUpMinutes, atMs)) return chilled(rule, fold)
  const isLeftOut = isIncomplete(sheet, spec, atMs)
  const leftOut = fold.leftOut + (isLeftOut ? 1 : 0)
  if (fold.kind === 'mean' && isLeftOut) return { ...fold, leftOut }
  if (fold.kind === 'mean' && spec.measure.kind === 'mean')
    return meanFold(fold, spec, spec.measure, sheet, shifts, atMs)
  if (fold.kind === 'count' && spec.measure.kind === 'count') {
    const seen = fold.seen || isSeen(sheet, spec, spec.measure, atMs)
    if (isLeftOut) return { ...fold, seen, leftOut, incomplete: fold.incomplete + 1 }
    const minutes = countMinutes(sheet, spec, spec.measure, atMs)
    if (typeof minutes === 'string') return minutes
    const environments = busyEnvironments(sheet, spec.target, atMs)
    return countFold(rule, { ...fold, seen }, { minutes, environments }, shifts, atMs)
  }
  throw new Error(`bug: the fold of ${spec.key} is of another kind than its measure`)
}

function meanFold(
  fold: MeanFold,
  spec: SignalSpec,
  measure: Extract<Measure, { kind: 'mean' }>,
  sheet: Sheet,
  shifts: readonly Shift[],
  atMs: number,
): MeanFold | string {
  const data = meanMinute(sheet, spec, measure, atMs)
  if (typeof data === 'string') return data
  const pooled = (mean: number, samples: number, more: number, moreSamples: number): number =>
    samples + moreSamples === 0 ? 0 : (mean * samples + more * moreSamples) / (samples + moreSamples)
  const { totals } = fold
  return {
    kind: 'mean',
    state: meanStep(fold.state, data, { tolerance: spec.watch.tolerance, worse: spec.worse }),
    totals: {
      stableSamples: totals.stableSamples + data.stableSamples,
      stableMean: pooled(totals.stableMean, totals.stableSamples, data.stableMean, data.stableSamples),
      candidateSamples: totals.candidateSamples + data.candidateSamples,
      candidateMean: pooled(totals.candidateMean, totals.candidateSamples, data.candidateMean, data.candidateSamples),
    },
    leftOut: fold.leftOut,
    present: present(fold.present, shifts, atMs, data.candidateSamples),
  }
}

function countFold(
  { spec, count, latency, early, learned }: SignalRule,
  fold: CountFold,
  { minutes, environments }: { readonly minutes: readonly CountMinute[]; readonly environments: number },
  shifts: readonly Shift[],
  atMs: number,
): CountFold {
  const [first = nothing] = minutes
  const isAlone = weightOf(shifts, atMs)?.weightBp === wholeBp
  const cold = coldMinute(shifts, atMs)
  const alone = spec.name === 'errors' && isAlone ? aloneAfter(learned, fold, first, cold !== undefined) : fold.alone
  return {
    kind: 'count',
    states: fold.states.map((state, index) => count.step(state, minutes[index] ?? nothing, cold)),
    ...(latency === undefined || fold.cuts === undefined ? {} : { cuts: latency.step(fold.cuts, minutes) }),
    // Minutes without stable beside the candidate are compared with nothing.
    totals: isAlone ? fold.totals : fold.totals.map((total, index) => plus(total, minutes[index] ?? nothing)),
    bounds: fold.bounds.map((one, index) => boundsStep(spec, one, minutes[index] ?? nothing, shifts, atMs)),
    speaking: fold.speaking.map((count, index) => count + (isSpeaking(spec, minutes[index] ?? nothing) ? 1 : 0)),
    seen: fold.seen,
    // A minute without requests does not show that points arrive again.
    incomplete: first.stableInvocations + first.candidateInvocations === 0 ? fold.incomplete : 0,
    leftOut: fold.leftOut,
    allBad: allBadAfter(fold, first),
    breaker: breakerStep(fold.breaker, first, environments),
    ...(alone === undefined ? {} : { alone }),
    ...(early === undefined || fold.early === undefined ? {} : { early: early.step(fold.early, first) }),
    present: present(fold.present, shifts, atMs, first.candidateInvocations),
  }
}

const allBadAfter = ({ allBad }: CountFold, { candidateBad, candidateInvocations }: CountMinute): number =>
  candidateInvocations > candidateBad ? 0 : allBad + candidateInvocations

const isSpeaking = ({ worse }: SignalSpec, data: CountMinute): boolean =>
  (worse === 'higher' ? data.candidateBad : data.stableBad) > 0

/** Of the hours before the release, and of its earlier steps. */
function stablePast({ totals: [total = nothing], breaker }: CountFold, learned: Learned | undefined): StablePast {
  const { bad, invocations, highest } = learned?.usual ?? { bad: 0, invocations: 0, highest: 0 }
  return {
    bad: bad + total.stableBad,
    invocations: invocations + total.stableInvocations,
    dispersion: dispersionOf(breaker),
    highest,
  }
}

function aloneAfter(learned: Learned | undefined, fold: CountFold, data: CountMinute, isCold: boolean): AloneState {
  const before = fold.alone ?? aloneBegin(stablePast(fold, learned))
  return aloneStep(before, data.candidateInvocations, data.candidateBad, isCold)
}
