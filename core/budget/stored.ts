// The counts of an SLO as they are stored: one hour, up to twelve slots of good and bad.
import * as z from 'zod'
import { BudgetReport } from './report.ts'
import { severities, type Slot, slotMs } from './budget.ts'

const count = z.number().min(0).max(1e15)

/** Slots by their place in the hour; `null` where nothing is known. */
export const StoredHour = z.strictObject({ slots: z.array(z.tuple([count, count]).nullable()).max(12) })

/**
 * What goes away in the table: hours, long after every window (60 days at most) and a year's look back; and what a
 * release was put back by.
 */
export const expiry = {
  attribute: 'expiresAt',
  /** @returns epoch seconds. DynamoDB deletes some days later, or not at all (docs/aws.md §7): nothing relies on it. */
  ofHour: (hourMs: number): number => hourMs / 1000 + 400 * 86_400,
  /** A queue of turns that began at `fromMs`. */
  ofTurn: (fromMs: number): number => Math.ceil(fromMs / 1000) + 7 * 86_400,
  /** Long after whoever comes late has been there. */
  ofReturn: (endedMs: number): number => Math.ceil(endedMs / 1000) + 7 * 86_400,
} as const

/** What is known of an SLO: how far its counts have been read, and who has been told of what. */
export const StoredMark = z.strictObject({
  /** Everything before this has been read from the telemetry; a multiple of five minutes. */
  readToMs: z.int().min(0),
  /** Severities that were told and still hold. */
  told: z.array(z.enum(severities)).max(severities.length).readonly(),
  /** The last share of the budget that was announced as left, in percent of it, rounded down to a step. */
  leftStep: z.int().min(0).max(100).optional(),
  /** The last answer of Application Signals, if the SLO is counted there. */
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
