// What is kept of a shift that others made: a log of its own kind, and for each alias what was last seen. Nothing here is a
// release: no order, queue, budget or measure reads it (docs/decisions/0080).
import * as z from 'zod'
import { RoleArn, TargetFunction } from '../location.ts'
import { Routing } from '../service/routing.ts'
import { Service, ServiceName } from '../service/service.ts'
import { AlarmReading, Baseline, Readings, Verdict } from '../verdict/evidence/evidence.ts'

const epochMs = z.int().min(0)
const weightBp = z.int().min(0).max(10_000)
const version = z.string().max(20)
const alias = z.string().max(128)
/** FUNCTION:ALIAS@MILLISECONDS: when it was first seen. */
const ObservationId = z.string().min(1).max(400)
const header = { v: z.literal(1), seq: z.int().min(1).max(99_999), atMs: epochMs }

/** How it ended: the candidate had all traffic for as long as was watched; stable had it again; or another version came. */
const End = z.enum(['through', 'putBack', 'replaced'])

export const ObservedEvent = z.discriminatedUnion('type', [
  z.strictObject({
    ...header,
    type: z.literal('began'),
    id: ObservationId,
    service: Service,
    target: z.strictObject({
      functionName: TargetFunction,
      roleArn: RoleArn.optional(),
      alias,
      stable: version,
      candidate: version,
      baseline: Baseline,
    }),
    /** Those that fired already say nothing about this candidate. */
    alarms: z.array(AlarmReading).max(50),
    weightBp,
  }),
  /** The weight was another at `fromMs`, and this one at the event's time. */
  z.strictObject({ ...header, type: z.literal('shifted'), fromMs: epochMs, weightBp }),
  /** CloudTrail says when exactly a shift was made; the first one is 0. */
  z.strictObject({ ...header, type: z.literal('timed'), shift: z.int().min(0).max(1000), sinceMs: epochMs }),
  z.strictObject({ ...header, type: z.literal('judged'), verdict: Verdict }),
  z.strictObject({ ...header, type: z.literal('ended'), how: End }),
  /** The last minutes, which CloudWatch has a little later. Nothing is judged by them. */
  z.strictObject({ ...header, type: z.literal('counted'), readings: Readings.optional() }),
  /** After it went through, all traffic was given back to what ran before. */
  z.strictObject({ ...header, type: z.literal('undone') }),
])
export type ObservedEvent = z.output<typeof ObservedEvent>
type WithoutHeader<E> = E extends unknown ? Omit<E, 'v' | 'seq'> : never
export type NewObservedEvent = WithoutHeader<ObservedEvent>

/** What was last seen of an alias. `rev` counts its changes, so that of two lookers one goes on. */
export const SeenAlias = z.strictObject({
  service: ServiceName,
  functionName: TargetFunction,
  alias,
  rev: z.int().min(1),
  routing: Routing,
  /** The observation that goes on, or the last one of this alias. */
  last: z.strictObject({ id: ObservationId, isOpen: z.boolean() }).optional(),
})
export type SeenAlias = z.output<typeof SeenAlias>

/** One row of the report: the fold of one log. Unknown numbers are absent. */
export const ObservedShift = z.strictObject({
  id: ObservationId,
  service: ServiceName,
  functionName: TargetFunction,
  alias,
  stable: version,
  candidate: version,
  beganAtMs: epochMs,
  shifts: z.array(z.strictObject({ sinceMs: epochMs, weightBp })).max(2000),
  /** Absent while it goes on. */
  end: z.strictObject({ how: End, atMs: epochMs }).optional(),
  undoneAtMs: epochMs.optional(),
  /** How often it was judged, and the verdict that counts: the last while both versions had traffic, or a later pass. */
  looks: z.int().min(0),
  last: z.strictObject({ kind: Verdict.shape.kind, because: Verdict.shape.because }).optional(),
  /** The first verdict on which a release of our own would have gone back. */
  wouldPutBack: z.strictObject({ atMs: epochMs, because: Verdict.shape.because }).optional(),
  /** Failed requests of the candidate after that, beyond stable's share, and how many of the minutes are known. */
  saved: z
    .strictObject({ requests: z.number().min(0), knownMinutes: z.int().min(0), minutes: z.int().min(0) })
    .optional(),
})
export type ObservedShift = z.output<typeof ObservedShift>
