// What Application Signals reports about an SLO's budget. An incomplete report counts as unknown: never as left, never as gone.
import * as z from 'zod'

const amount = z.number().min(-1e15).max(1e15)

/** Stored next to the mark of its SLO. */
export const BudgetReport = z.discriminatedUnion('status', [
  z.strictObject({
    status: z.enum(['ok', 'warning', 'breached']),
    /** When we asked for the report. */
    atMs: z.int().min(0),
    unit: z.enum(['seconds', 'requests']),
    /** The whole budget, and how much is left; `left` is negative when the budget is overspent. */
    total: amount.gt(0),
    left: amount,
    attainmentPercent: z.number().min(0).max(100).optional(),
    goalPercent: z.number().min(0).max(100).optional(),
  }),
  z.strictObject({ status: z.literal('unknown'), atMs: z.int().min(0), because: z.string().max(500) }),
])
export type BudgetReport = z.output<typeof BudgetReport>

export const unknownReport = (atMs: number, because: string): BudgetReport => ({
  status: 'unknown',
  atMs,
  because: because.slice(0, 500),
})
