// Budgets that Application Signals counts, every five minutes: its reports are read and kept beside their marks, and a step of
// what is left is told as that of any other budget. Burn alerts of these are Application Signals' own.
import { slotMs } from '../core/budget.ts'
import type { BudgetReport } from '../core/budget-report.ts'
import { budgetSource, changed, leftOf } from '../core/budget-news.ts'
import { Problem } from '../core/problem.ts'
import { serviceKey } from '../core/service-key.ts'
import type { Service } from '../core/service.ts'
import { isReported, type ReportedSlo } from '../core/slo.ts'
import type { BudgetMark } from '../core/stored-budget.ts'
import { isTick } from './tick.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'services' | 'budgets' | 'budgetReports' | 'outbox' | 'log'>
type Part = { readonly service: Service; readonly slo: ReportedSlo; readonly mark: BudgetMark }
type Read = { readonly updated: readonly string[]; readonly troubles: readonly string[] }

/** @throws Problem `event_invalid` */
export function reportsHandler(deps: Deps) {
  return async (event: unknown): Promise<Read> => {
    if (!isTick('reports', event)) throw new Problem('event_invalid', 'Not a tick of the schedule of the reports.')
    const nowMs = Math.floor(deps.clock.nowMs() / slotMs) * slotMs
    const updated: string[] = []
    const troubles: string[] = []
    const parts = await dueParts(deps, nowMs)
    const reports = await reportsOf(deps, parts, nowMs)
    for (const [index, part] of parts.entries()) {
      const name = `${part.service.name}/${part.slo.name}`
      try {
        // While nobody answers, what was known stays as it was, with its time.
        if (reports instanceof Problem) throw reports
        const report = reports[index]
        await keep(deps, part, report, nowMs)
        if (report?.status === 'unknown')
          throw new Problem('aws_unavailable', `The budget of ${name} is not known: ${report.because}.`)
        updated.push(name)
      } catch (error) {
        // One budget that is not known must not keep the others from being read.
        if (!(error instanceof Problem)) throw error
        troubles.push(`${name}: ${error.message}`)
        deps.log({ ...error.line, budget: name })
      }
    }
    return { updated, troubles }
  }
}

async function dueParts({ services, budgets }: Deps, nowMs: number): Promise<readonly Part[]> {
  const parts: Part[] = []
  for (const service of await services.under([serviceKey.budgeted])) {
    for (const slo of service.slos.filter(isReported)) {
      const mark = (await budgets.mark(service.name, slo.name)) ?? { readToMs: 0, told: [] }
      if (mark.readToMs < nowMs) parts.push({ service, slo, mark })
    }
  }
  return parts
}

async function reportsOf(
  { budgetReports }: Deps,
  parts: readonly Part[],
  nowMs: number,
): Promise<readonly BudgetReport[] | Problem> {
  if (parts.length === 0) return []
  const ids = parts.map(({ slo }) => slo.sli.id)
  return budgetReports.read(ids, nowMs).catch((error: unknown) => {
    if (error instanceof Problem) return error
    throw error
  })
}

/** Told first and marked afterwards: twice is better than never. */
async function keep(
  deps: Deps,
  { service, slo, mark }: Part,
  report: BudgetReport | undefined,
  nowMs: number,
): Promise<void> {
  if (report === undefined) throw new Problem('aws_unavailable', `There is no report of ${slo.sli.id}.`)
  // Nobody is told that a budget is not known: an event says what is left.
  const left = report.status === 'unknown' ? undefined : { spent: 1 - report.left / report.total }
  const leftStep = left === undefined ? mark.leftStep : leftOf(left).step
  if (left !== undefined && leftStep !== (mark.leftStep ?? 100)) {
    const { detailType, detail } = changed({ service, slo: slo.name, atMs: nowMs }, left)
    await deps.outbox.announce({ source: budgetSource, detailType, detail: { ...detail } })
  }
  await deps.budgets.setMark(service.name, slo.name, {
    readToMs: nowMs,
    told: [],
    ...(leftStep === undefined ? {} : { leftStep }),
    report,
  })
}
