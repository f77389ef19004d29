// `tidegate budget`: what is left of a service's error budgets, how fast they go, who spent them, and how far that is known.
import { budgetAt, burnRate, burnReachMs, burnRules, hourMs, slotMs, windowAt } from '../core/budget.ts'
import { leftOf } from '../core/budget-news.ts'
import { formatDuration } from '../core/duration.ts'
import type { Slo } from '../core/slo.ts'
import { spendersOf } from '../core/spenders.ts'
import { exitCodes } from './screen.ts'
import { spenderLines } from './spenders.ts'
import type { Cli } from './verbs.ts'

// So much later than it is due, and somebody has to look why.
const staleMs = 3 * slotMs
// Of a window with more releases, those before are counted with what no release is charged with.
const headsMost = 500

/** @throws Problem `service_missing` */
export async function showBudgets({ desk, screen }: Cli, name: string): Promise<number> {
  const service = await desk.services.get(name)
  const heads = service.slos.length === 0 ? [] : await desk.history.list(name, headsMost)
  const found: object[] = []
  const lines: string[] = []
  for (const slo of service.slos) {
    const mark = await desk.budgets.mark(name, slo.name)
    const words = sloWords(slo)
    if (mark === undefined) {
      found.push({ slo: slo.name, known: false })
      lines.push(`${slo.name}: ${words}: not counted yet`)
      continue
    }
    const { readToMs } = mark
    const reachMs = Math.max(readToMs - windowAt(slo, readToMs).startMs, burnReachMs)
    const slots = await desk.budgets.read(name, slo.name, readToMs - reachMs - hourMs, readToMs)
    const budget = budgetAt(slo, slots, readToMs)
    const burn = burnRules.map(({ hours }) => ({
      hours,
      rate: burnRate(slo, slots, { startMs: readToMs - hours * hourMs, endMs: readToMs }),
    }))
    const left = budget.spent === undefined ? undefined : leftOf(budget).percent
    const spenders = spendersOf(heads, slo.name, budget)
    const ageMs = desk.clock.nowMs() - readToMs
    const isStale = ageMs > service.policy.budgetEverySeconds * 1000 + staleMs
    found.push({
      slo: slo.name,
      known: true,
      leftPercent: left,
      good: budget.good,
      bad: budget.bad,
      burn,
      spentBy: spenders,
      readToMs,
      isStale,
    })
    lines.push(
      `${slo.name}: ${words}: ${leftWords(budget.spent)} (${budget.good} good, ${budget.bad} bad, ${rounded(budget.allowed)} may be)`,
      `  burn rate ${burn.map(({ hours, rate }) => `${hours}h ${rate === undefined ? '-' : rounded(rate)}`).join(', ')}; counted up to ${new Date(readToMs).toISOString().slice(0, 16)}Z${isStale ? `, ${formatDuration(ageMs / 1000)} ago: what has happened since is not known` : ''}`,
      ...spenderLines(spenders, budget.allowed),
    )
  }
  screen.say(lines.length === 0 ? `${name} has no SLO.` : lines.join('\n'), { service: name, slos: found })
  return exitCodes.done
}

function leftWords(spent: number | undefined): string {
  if (spent === undefined) return 'nothing has happened yet'
  return spent > 1
    ? `the budget is spent ${rounded(spent)} times over`
    : `${leftOf({ spent }).percent} % of the budget is left`
}

const rounded = (value: number): string => String(Math.round(value * 100) / 100)

function sloWords({ objectivePpm, window, sli, slices }: Slo): string {
  const what = sli.kind === 'availability' ? 'succeed' : `take less than ${sli.fasterThanMs} ms`
  const of =
    slices === undefined ? 'requests' : `slices of ${slices.minutes} minutes in which ${slices.goodPpm / 10_000} %`
  const over = window.kind === 'rolling' ? `in ${window.days} days` : `in a ${window.unit} (${window.timeZone})`
  return `${objectivePpm / 10_000} % of ${of} ${what} ${over}`
}
