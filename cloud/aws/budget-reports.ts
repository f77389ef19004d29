// Budget reports of Application Signals (docs/aws.md §2.6). Only a complete and plausible report counts as a remaining budget.
import {
  type ApplicationSignalsClient,
  BatchGetServiceLevelObjectiveBudgetReportCommand,
  type ServiceLevelObjectiveBudgetReport,
} from '@aws-sdk/client-application-signals'
import { BudgetReport, unknownReport } from '../../core/budget/report.ts'
import type { BudgetReports } from '../ports.ts'
import { translated } from './failure.ts'

/** The most SLOs that one call may ask for. */
const idsPerCall = 50

export function awsBudgetReports(client: ApplicationSignalsClient): BudgetReports {
  return {
    async read(ids, atMs) {
      const asked = [...new Set(ids)]
      const found = new Map<string, BudgetReport>()
      for (let first = 0; first < asked.length; first += idsPerCall) {
        const batch = asked.slice(first, first + idsPerCall)
        for (const [id, report] of await readBatch(client, batch, atMs)) found.set(id, report)
      }
      return ids.map((id) => found.get(id) ?? unknownReport(atMs, 'it was not asked'))
    },
  }
}

const action = 'application-signals:BatchGetServiceLevelObjectiveBudgetReport'

async function readBatch(
  client: ApplicationSignalsClient,
  ids: string[],
  atMs: number,
): Promise<readonly (readonly [string, BudgetReport])[]> {
  const command = new BatchGetServiceLevelObjectiveBudgetReportCommand({ SloIds: ids, Timestamp: new Date(atMs) })
  const { Reports = [], Errors = [] } = await translated(action, client.send(command))
  const isOf =
    (id: string) =>
    ({ Arn, Name }: { readonly Arn: string | undefined; readonly Name: string | undefined }): boolean =>
      id === Arn || id === Name
  return ids.map((id) => {
    const error = Errors.find(isOf(id))
    if (error !== undefined)
      return [id, unknownReport(atMs, `Application Signals says ${error.ErrorCode ?? ''}: ${error.ErrorMessage ?? ''}`)]
    const report = Reports.find(isOf(id))
    return [
      id,
      report === undefined ? unknownReport(atMs, 'Application Signals has no report of it') : read(report, atMs),
    ]
  })
}

const statuses: Readonly<Record<string, 'ok' | 'warning' | 'breached'>> = {
  OK: 'ok',
  WARNING: 'warning',
  BREACHED: 'breached',
}

function read(report: ServiceLevelObjectiveBudgetReport, atMs: number): BudgetReport {
  const { BudgetStatus = 'no status', EvaluationType, Attainment, Goal } = report
  const status = statuses[BudgetStatus]
  if (status === undefined) return unknownReport(atMs, `Application Signals says ${BudgetStatus}`)
  const byRequests = EvaluationType === 'RequestBased'
  const parsed = BudgetReport.safeParse({
    status,
    atMs,
    unit: byRequests ? 'requests' : 'seconds',
    total: byRequests ? report.TotalBudgetRequests : report.TotalBudgetSeconds,
    left: byRequests ? report.BudgetRequestsRemaining : report.BudgetSecondsRemaining,
    attainmentPercent: Attainment,
    goalPercent: Goal?.AttainmentGoal,
  })
  if (parsed.success && parsed.data.status !== 'unknown' && parsed.data.left <= parsed.data.total) return parsed.data
  return unknownReport(atMs, `the report of Application Signals is ${BudgetStatus}, and makes no sense otherwise`)
}
