// The counts of an SLO as they are stored: one item per hour, with up to twelve slots of good and bad.
import * as z from 'zod'
import { BudgetReport } from './report.ts'
import { severities, type Slot, slotMs } from './budget.ts'

const count = z.number().min(0).max(1e15)

/** Slots by their position in the hour; `null` where nothing is known. */
export const StoredHour = z.strictObject({ slots: z.array(z.tuple([count, count]).nullable()).max(12) })

/**
 * When items in the table expire. Hours are kept long after any window (60 days at most) and a year's look back. Queues of turns
 * and return records are kept for a week.
 */
export const expiry = {
  attribute: 'expiresAt',
  /** @returns epoch seconds. DynamoDB deletes some days later, or never (docs/aws.md §7), so nothing relies on the deletion. */
  ofHour: (hourMs: number): number => hourMs / 1000 + 400 * 86_400,
  /** A queue of turns that began at `fromMs`. */
  ofTurn: (fromMs: number): number => Math.ceil(fromMs / 1000) + 7 * 86_400,
  /** Kept well past the end of the release, so that a late caller still finds it. */
  ofReturn: (endedMs: number): number => Math.ceil(endedMs / 1000) + 7 * 86_400,
  /** That a fact was told: longer than anything would tell it again. */
  ofTold: (atMs: number): number => Math.ceil(atMs / 1000) + 30 * 86_400,
  /** That a message was sent: nobody comes on call and asks for more than the last ones. */
  ofSent: (atMs: number): number => Math.ceil(atMs / 1000) + 30 * 86_400,
  /** The answer to a request with an idempotency key. */
  ofAnswer: (endsMs: number): number => Math.ceil(endsMs / 1000) + 86_400,
} as const

/** The state of an SLO: how far its counts have been read, and which alerts have been announced. */
export const StoredMark = z.strictObject({
  /** Everything before this has been read from CloudWatch; a multiple of five minutes. */
  readToMs: z.int().min(0),
  /** Severities that were announced and still hold. */
  told: z.array(z.enum(severities)).max(severities.length).readonly(),
  /** The last announced share of the budget left, in percent, rounded down to a step. */
  leftStep: z.int().min(0).max(100).optional(),
  /** The last report from Application Signals, if it counts this SLO. */
  report: BudgetReport.optional(),
})
export type BudgetMark = z.output<typeof StoredMark>

export function hourOf(hourMs: number, slots: readonly Slot[]): z.output<typeof StoredHour> {
  const known = new Map(slots.map(({ atMs, good, bad }) => [(atMs - hourMs) / slotMs, [good, bad] as [number, number]]))
  return {
    slots: Array.from(
      { length: Math.max(0, ...known.keys()) + (known.size === 0 ? 0 : 1) },
      (_, place) => known.get(place) ?? null,
    ),
  }
}

export const slotsOf = (hourMs: number, { slots }: z.output<typeof StoredHour>): readonly Slot[] =>
  slots.flatMap((counts, place) =>
    counts === null ? [] : [{ atMs: hourMs + place * slotMs, good: counts[0], bad: counts[1] }],
  )
