// Budgets that Application Signals counts. Every five minutes, reads its reports, stores them next to the marks, and announces
// steps of the budget left, as for any other budget. Application Signals sends its own burn alerts.
import { slotMs } from '../../core/budget/budget.ts'
import type { BudgetReport } from '../../core/budget/report.ts'
import { budgetSource, changed, leftOf } from '../../core/budget/news.ts'
import { Problem } from '../../core/problem.ts'
import { serviceKey } from '../../core/service/service-key.ts'
import type { Service } from '../../core/service/service.ts'
import { isReported, type ReportedSlo } from '../../core/service/slo.ts'
import type { BudgetMark } from '../../core/budget/stored.ts'
import { each, readable } from '../steps/each.ts'
import { nameOf, troublesOf } from '../budgets/troubles.ts'
import { isScheduledCall } from './scheduled-call.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'services' | 'budgets' | 'budgetReports' | 'outbox' | 'trouble'>
type Part = { readonly service: Service; readonly slo: ReportedSlo; readonly mark: BudgetMark }
type Read = { readonly updated: readonly string[]; readonly troubles: readonly string[] }

/** @throws Problem `event_invalid` */
export function reportsHandler(deps: Deps) {
  return async (event: unknown): Promise<Read> => {
    if (!isScheduledCall('reports', event))
      throw new Problem('event_invalid', 'Not a call by the schedule of the reports.')
    const nowMs = Math.floor(deps.clock.nowMs() / slotMs) * slotMs
    const services = await deps.services.under([serviceKey.budgeted])
    const budgets = readable(deps, services).flatMap((service) =>
      service.slos.filter(isReported).map((slo) => ({ service, slo })),
    )
    const marked = await each(
      deps,
      budgets,
      (one) => ({ budget: nameOf(one) }),
      async (one): Promise<Part> => {
        const mark = (await deps.budgets.mark(one.service.name, one.slo.name)) ?? { readToMs: 0, told: [] }
        return { ...one, mark }
      },
    )
    const parts = marked.done.filter(({ mark }) => mark.readToMs < nowMs)
    const reportOf = await reportsOf(deps, parts, nowMs)
    const read = await each(
      deps,
      parts,
      (part) => ({ budget: nameOf(part) }),
      async (part) => {
        // When there is no answer, keep the last report and its time.
        const report = reportOf(part)
        await keep(deps, part, report, nowMs)
        if (report?.status === 'unknown')
          throw new Problem('aws_unavailable', `The budget of ${nameOf(part)} is not known: ${report.because}.`)
        return nameOf(part)
      },
    )
    return { updated: read.done, troubles: troublesOf(services, [...marked.failed, ...read.failed]) }
  }
}

/** @returns a lookup of each part's report. If the request failed, the lookup throws its error, so that each part reports it. */
async function reportsOf(
  { budgetReports }: Deps,
  parts: readonly Part[],
  nowMs: number,
): Promise<(part: Part) => BudgetReport | undefined> {
  if (parts.length === 0) return () => undefined
  try {
    const ids = parts.map(({ slo }) => slo.sli.id)
    const reports = await budgetReports.read(ids, nowMs)
    return (part) => reports[parts.indexOf(part)]
  } catch (error) {
    return () => {
      throw error
    }
  }
}

/** Announce first and store the mark afterwards: an announcement sent twice is better than one that is lost. */
async function keep(
  deps: Deps,
  { service, slo, mark }: Part,
  report: BudgetReport | undefined,
  nowMs: number,
): Promise<void> {
  if (report === undefined) throw new Problem('aws_unavailable', `There is no report of ${slo.sli.id}.`)
  // An unknown budget is not announced, because the event needs an amount left.
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
