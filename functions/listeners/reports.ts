// Budgets that Application Signals counts, every five minutes: its reports are read and kept beside their marks, and a step of
// what is left is told as that of any other budget. Burn alerts of these are Application Signals' own.
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
      throw new Problem('event_invalid', 'Not a tick of the schedule of the reports.')
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
        // While nobody answers, what was known stays as it was, with its time.
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

/** @returns the report of each; what nobody answers is thrown at whoever asks for it */
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
