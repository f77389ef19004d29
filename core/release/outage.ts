// A part of AWS that the controller needs and that does not answer: since when, and whether a person knows.
import * as z from 'zod'

const parts = ['DynamoDB', 'Step Functions', 'CloudWatch', 'Lambda', 'EventBridge'] as const
export type Part = (typeof parts)[number]

export const Outage = z.strictObject({
  part: z.enum(parts),
  sinceMs: z.int().min(0),
  because: z.string().max(1000),
  toldAtMs: z.int().min(0).optional(),
})
export type Outage = z.output<typeof Outage>

/** One failure is a hiccup; what has lasted until the next look of a minute later is told. */
const toldAfterMs = 45_000

export const isToldNow = ({ sinceMs, toldAtMs }: Pick<Outage, 'sinceMs' | 'toldAtMs'>, nowMs: number): boolean =>
  toldAtMs === undefined && nowMs - sinceMs >= toldAfterMs

/** What an execution remembers while it waits for a part to come back. */
export const Wait = z.strictObject({
  sinceMs: z.int().min(0),
  /** Length of the log then: a release that has gone on meanwhile has met another trouble. */
  seq: z.int().min(0),
  /** The traffic was put back without the log, which has to hear of it. */
  turned: z.strictObject({ by: z.string().max(1000), reason: z.string().max(900) }).optional(),
  waitSeconds: z.int().min(1).max(3600),
})
export type Wait = z.output<typeof Wait>
