// What a look at the telemetry may find, and what a verdict looks like. A reading that is not complete is not evidence.
import * as z from 'zod'

/** An alarm as CloudWatch describes it; `missing` when it does not exist, `unclear` when its evaluation had trouble. */
export const AlarmReading = z.strictObject({
  name: z.string().max(255),
  state: z.enum(['ok', 'alarm', 'insufficientData', 'unclear', 'missing']),
  reason: z.string().max(1024).optional(),
})
export type AlarmReading = z.output<typeof AlarmReading>

/** One minute of one version behind an alias. `minuteMs` is its start. A minute without a point is absent, not zero. */
export type MinuteCount = {
  readonly minuteMs: number
  readonly invocations: number
  readonly errors: number
}

/** The counts of one version behind one alias, or why there are none. */
export type VersionCounts =
  | { readonly kind: 'counts'; readonly minutes: readonly MinuteCount[] }
  | { readonly kind: 'unread'; readonly because: string }

export type TargetEvidence = {
  readonly functionName: string
  readonly stable: VersionCounts
  readonly candidate: VersionCounts
}

export type Evidence = {
  readonly atMs: number
  /** Since when the present weight has been in force. */
  readonly shiftedAtMs: number
  /** Since when the candidate has had traffic at all. */
  readonly firstShiftedAtMs: number
  readonly weightBp: number
  readonly alarms: readonly AlarmReading[] | { readonly unread: string }
  /** Alarms that fired already at the start: they cannot speak about this candidate. */
  readonly excludedAlarms: readonly string[]
  readonly targets: readonly TargetEvidence[]
}

const words = z.string().max(600)

export const SignalVerdict = z.strictObject({
  signal: z.string().max(300),
  kind: z.enum(['pass', 'fail', 'unknown', 'excluded']),
  because: words,
  numbers: z.record(z.string().max(60), z.number()).optional(),
})
export type SignalVerdict = z.output<typeof SignalVerdict>

/** Pass, fail or unknown, always with its reasons and the window it is about. `quiet`: neither version had traffic. */
export const Verdict = z.strictObject({
  kind: z.enum(['pass', 'fail', 'unknown']),
  quiet: z.boolean(),
  because: words,
  window: z.strictObject({ startMs: z.int(), endMs: z.int() }),
  signals: z.array(SignalVerdict).max(120),
})
export type Verdict = z.output<typeof Verdict>
