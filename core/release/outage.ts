// An outage of a part of AWS that the controller needs: since when, and whether a person was told.
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

/** A single failure is a hiccup. An outage that is still there at the next look, a minute later, is announced. */
const toldAfterMs = 45_000

export const isToldNow = ({ sinceMs, toldAtMs }: Pick<Outage, 'sinceMs' | 'toldAtMs'>, nowMs: number): boolean =>
  toldAtMs === undefined && nowMs - sinceMs >= toldAfterMs

/** What an execution remembers while it waits for a part of AWS to come back. */
export const Wait = z.strictObject({
  sinceMs: z.int().min(0),
  /** Length of the log when the wait began. If the log has grown since, this is a different outage. */
  seq: z.int().min(0),
  /** The traffic was put back without the log, so this still has to be written to the log. */
  turned: z.strictObject({ by: z.string().max(1000), reason: z.string().max(900) }).optional(),
  waitSeconds: z.int().min(1).max(3600),
})
export type Wait = z.output<typeof Wait>
