// What a look can read from telemetry, and the form of a verdict. An incomplete reading is not evidence.
import * as z from 'zod'
import type { Place } from '../../location.ts'

/** An alarm as CloudWatch describes it; `missing` when it does not exist, `unclear` when CloudWatch had trouble evaluating it. */
export const AlarmReading = z.strictObject({
  name: z.string().max(255),
  state: z.enum(['ok', 'alarm', 'insufficientData', 'unclear', 'missing']),
  reason: z.string().max(1024).optional(),
})
export type AlarmReading = z.output<typeof AlarmReading>

/** One value of one metric. `minuteMs` is the start of its minute. A minute without a data point is absent, not zero. */
export type Point = { readonly minuteMs: number; readonly value: number }

/** All points of one metric for the requested time, or the reason why they could not be read in full. */
export type Reading =
  { readonly kind: 'points'; readonly points: readonly Point[] } | { readonly kind: 'unread'; readonly because: string }

export type Arm = 'stable' | 'candidate'

/** What Lambda's price per invocation depends on. */
export const Billing = z.strictObject({
  memoryMb: z.int().min(64).max(1_000_000),
  architecture: z.enum(['x86_64', 'arm64']),
})
export type Billing = z.output<typeof Billing>

const logLikelihoods = z.array(z.number().max(0)).max(100).readonly()

const sums = z.array(z.number().min(0)).max(10).readonly()

/**
 * What the past says about a target's errors (core/verdict/counts/learn.ts). Another edition is not understood, and not used.
 */
const LearnedErrors = z.strictObject({
  edition: z.int().min(1),
  dispersions: logLikelihoods,
  levels: logLikelihoods,
  ratios: logLikelihoods,
  coldStarts: logLikelihoods,
  coarseColdStarts: logLikelihoods,
  dispersion: z.number().min(0),
  minutes: z.int().min(0),
  usual: z
    .strictObject({ bad: z.int().min(0), invocations: z.int().min(0), highest: z.number().min(0).max(1) })
    .optional(),
  /** In which bursts stable's errors came (core/verdict/processes/bursts.ts). Absent in older logs. */
  bursts: z
    .strictObject({ minutes: z.int().min(0), bad: z.int().min(0), squares: sums, expected: sums })
    .readonly()
    .optional(),
  releases: z.int().min(0),
})
// As many minutes as a baseline learns from, and as many cut points as latency may have.
const pastMost = 180
const cutsMost = 4
const Counts = z.array(z.int().min(0)).max(pastMost)

/** What was known of stable's durations before the first shift. */
export const Durations = z.strictObject({
  /** For each threshold, in the same order. */
  cuts: z
    .array(
      z.strictObject({
        /** Such as p99.9; absent for the service's own threshold. */
        quantile: z.string().max(20).optional(),
        /** The share of stable's invocations that were slower. */
        share: z.number().gt(0).lt(1),
        /** By how much the log odds of being slower rise when the log of all durations rises by 1. */
        slope: z.number().min(0).max(100),
        /** Stable's slow invocations in each of its last minutes. */
        past: Counts,
      }),
    )
    .max(cutsMost),
  /** Stable's invocations in the same minutes. */
  invocations: Counts,
})
export type Durations = z.output<typeof Durations>

const amount = z.number().min(0)
const Guarded = z.strictObject({ last: amount.optional(), peak: amount.optional() })

/** Facts about a target that are read before the first shift and do not change afterwards. */
export const Baseline = z.strictObject({
  /**
   * Invocations slower than this are slow: stable's p50, p90, p99.9 and three times its p99, or the service's own threshold.
   * Older logs have p50, p90 and p99.
   */
  thresholdsMs: z.array(z.number().positive().max(900_000)).max(cutsMost),
  /** Absent in older logs, and if stable had no invocations. */
  durations: Durations.optional(),
  /** Why there are no thresholds. */
  because: z.string().max(300).optional(),
  billing: z.strictObject({ stable: Billing, candidate: Billing }).optional(),
  /** The longer of the two versions' timeouts. A data point may still arrive this much later. */
  timeoutSeconds: z.int().min(1).max(10_000).optional(),
  /** From stable's hours before the release and from earlier releases. */
  learned: LearnedErrors.optional(),
  /** Of each guard of a consumer, in the hours before: the last value and the highest. None of either: there was no point. */
  guards: z.record(z.string().max(60), Guarded).optional(),
})
export type Baseline = z.output<typeof Baseline>

/** An alias whose two versions are compared. */
export type JudgedTarget = {
  readonly functionName: string
  /** Of a function elsewhere. */
  readonly place?: Place
  readonly alias: string
  readonly stable: string
  readonly candidate: string
  readonly baseline: Baseline
  /** In a release in waves: its own weights. None: its wave has not begun. Absent: those of the release. */
  readonly shifts?: readonly Shift[]
  /** When it was put back alone: from then on it is asked nothing, and says nothing. */
  readonly backMs?: number
}

/** Since `sinceMs` the alias has sent this share to the candidate. */
export type Shift = { readonly sinceMs: number; readonly weightBp: number }

/** `startMs` inclusive, `endMs` exclusive, whole minutes; empty when `endMs <= startMs`. */
export type Window = { readonly startMs: number; readonly endMs: number }

export type Evidence = {
  readonly atMs: number
  /** Every weight that was in force, oldest first. */
  readonly shifts: readonly Shift[]
  readonly alarms: readonly AlarmReading[] | { readonly unread: string }
  /** Alarms that were already firing at the start. They say nothing about this candidate. */
  readonly excludedAlarms: readonly string[]
  readonly targets: readonly JudgedTarget[]
  /** By the question's key; from the first shift on, or from where the carried state ends. */
  readonly readings: ReadonlyMap<string, Reading>
  /** Nothing can arrive late any more, so each minute is folded once. Only replays know that. */
  readonly isRecorded?: true
}

const words = z.string().max(600)

export const SignalVerdict = z.strictObject({
  signal: z.string().max(300),
  kind: z.enum(['pass', 'fail', 'unknown', 'excluded']),
  because: words,
  advisory: z.literal(true).optional(),
  /** Counts, rates, the ratio with its interval, ln E, and the ln E that would roll back. All finite. */
  numbers: z.record(z.string().max(60), z.number()).optional(),
})
export type SignalVerdict = z.output<typeof SignalVerdict>

/** What one look read: the points that were not in the log yet, by question, as minutes after `fromMs` and values. */
export const Readings = z.strictObject({
  fromMs: z.int().min(0),
  toMs: z.int().min(0),
  /** False when something could not be read; the next look then asks for this time again. */
  complete: z.boolean(),
  points: z.record(z.string().max(120), z.array(z.tuple([z.int(), z.number()])).max(50_000)),
  /** In the first look only: the query behind each key. Later looks use the same queries. */
  queries: z.record(z.string().max(120), z.string().max(1000)).optional(),
})
export type Readings = z.output<typeof Readings>

/** Pass, fail or unknown, always with its reasons and the window it is about. `quiet`: neither version had traffic. */
export const Verdict = z.strictObject({
  kind: z.enum(['pass', 'fail', 'unknown']),
  quiet: z.boolean(),
  because: words,
  window: z.strictObject({ startMs: z.int(), endMs: z.int() }),
  signals: z.array(SignalVerdict).max(700),
  /** ln of the weighted evidence against the candidate. It is rolled back at ln(1 / alpha). */
  logE: z.number().optional(),
  /** The candidate is proven not to be bad (policy.early). */
  early: z.literal(true).optional(),
  /** Of a fail with several functions: those that the evidence blames (core/verdict/judge/culprit.ts). */
  blamed: z.array(z.string().max(200)).max(20).optional(),
  readings: Readings.optional(),
})
export type Verdict = z.output<typeof Verdict>
