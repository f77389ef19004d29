// Budget reports of Application Signals in memory: reads return what was set; anything else is unknown.
import { type BudgetReport, unknownReport } from '../../core/budget/report.ts'
import type { BudgetReports } from '../../cloud/ports.ts'

/** A report without its time. */
export type MemoryReport = BudgetReport extends infer R ? (R extends BudgetReport ? Omit<R, 'atMs'> : never) : never

export const memoryBudgetReports = (reports: ReadonlyMap<string, MemoryReport>): BudgetReports => ({
  read: (ids, atMs) =>
    Promise.resolve(
      ids.map((id) => {
        const report = reports.get(id)
        return report === undefined ? unknownReport(atMs, 'there is no report of it') : { ...report, atMs }
      }),
    ),
})
