// What a look at the telemetry may find, and what a verdict looks like. A reading that is not complete is not evidence.
import * as z from 'zod'

/** An alarm as CloudWatch describes it; `missing` when it does not exist, `unclear` when its evaluation had trouble. */
export const AlarmReading = z.strictObject({
  name: z.string().max(255),
  state: z.enum(['ok', 'alarm', 'insufficientData', 'unclear', 'missing']),
  reason: z.string().max(1024).optional(),
})
export type AlarmReading = z.output<typeof AlarmReading>

/** One value of one metric. `minuteMs` is the start of its minute. A minute without a point is absent, not zero. */
export type Point = { readonly minuteMs: number; readonly value: number }

/** The points of one metric, complete for the time that was asked for, or why they are not. */
export type Reading =
  { readonly kind: 'points'; readonly points: readonly Point[] } | { readonly kind: 'unread'; readonly because: string }

export type Arm = 'stable' | 'candidate'

/** What Lambda bills an invocation by. */
export const Billing = z.strictObject({
  memoryMb: z.int().min(64).max(1_000_000),
  architecture: z.enum(['x86_64', 'arm64']),
})
export type Billing = z.output<typeof Billing>

/** What is known of a target before the first shift and held fixed ever after. */
export const Baseline = z.strictObject({
  /** Slower than this is slow: stable's p50, p90 and p99, or the service's own threshold. */
  thresholdsMs: z.array(z.number().positive().max(900_000)).max(3),
  /** Why there are none. */
  because: z.string().max(300).optional(),
  billing: z.strictObject({ stable: Billing, candidate: Billing }).optional(),
  /** The longer of the two versions' timeouts: so much later may a point still come. */
  timeoutSeconds: z.int().min(1).max(10_000).optional(),
})
export type Baseline = z.output<typeof Baseline>

/** One alias whose two versions are compared. */
export type JudgedTarget = {
  readonly functionName: string
  readonly roleArn?: string | undefined
  readonly alias: string
  readonly stable: string
  readonly candidate: string
  readonly baseline: Baseline
}

/** Since `sinceMs` the alias sends this share to the candidate. */
export type Shift = { readonly sinceMs: number; readonly weightBp: number }

/** `startMs` inclusive, `endMs` exclusive, whole minutes; empty when `endMs <= startMs`. */
export type Window = { readonly startMs: number; readonly endMs: number }

export type Evidence = {
  readonly atMs: number
  /** Every weight that was in force, oldest first. */
  readonly shifts: readonly Shift[]
  readonly alarms: readonly AlarmReading[] | { readonly unread: string }
  /** Alarms that fired already at the start: they cannot speak about this candidate. */
  readonly excludedAlarms: readonly string[]
  readonly targets: readonly JudgedTarget[]
  /** By the key of the question; from the first shift on, or from where the carried state ends. */
  readonly readings: ReadonlyMap<string, Reading>
}

const words = z.string().max(600)

export const SignalVerdict = z.strictObject({
  signal: z.string().max(300),
  kind: z.enum(['pass', 'fail', 'unknown', 'excluded']),
  because: words,
  advisory: z.literal(true).optional(),
  /** Counts, rates, the ratio with its interval, ln E and what it would take to roll back. Finite. */
  numbers: z.record(z.string().max(60), z.number()).optional(),
})
export type SignalVerdict = z.output<typeof SignalVerdict>

/** What one look read: the points that the log did not have yet, by question, as minutes after `fromMs` and values. */
export const Readings = z.strictObject({
  fromMs: z.int().min(0),
  toMs: z.int().min(0),
  /** False when anything could not be read: the next look asks for this time again. */
  complete: z.boolean(),
  points: z.record(z.string().max(120), z.array(z.tuple([z.int(), z.number()])).max(50_000)),
  /** Of the first look: what was asked for under each key. The later ones ask the same. */
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
  /** ln of the weighted evidence against the candidate; it is rolled back at ln(1 / alpha). */
  logE: z.number().optional(),
  /** The candidate is proven not to be bad (policy.early). */
  early: z.literal(true).optional(),
  readings: Readings.optional(),
})
export type Verdict = z.output<typeof Verdict>
