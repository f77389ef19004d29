// `tidegate budget`: what is left of a service's error budgets, how fast they burn, which releases spent them, and how current
// that is.
import { type Budget, budgetAt, burnRate, burnRules } from '../../core/budget/budget.ts'
import { budgetLeft, isStale } from '../../core/budget/left.ts'
import { leftOf } from '../../core/budget/news.ts'
import { formatDuration } from '../../core/duration.ts'
import type { Head } from '../../core/release/head.ts'
import type { Service } from '../../core/service/service.ts'
import { type CountedSlo, isCounted, type ReportedSlo, type Slo, sloWords } from '../../core/service/slo.ts'
import { spendingOf } from '../../core/budget/spending.ts'
import type { BudgetMark } from '../../core/budget/stored.ts'
import { slotsOf } from '../../functions/budgets/left.ts'
import { eachShown, sentenceOf } from '../../functions/steps/each.ts'
import { latestHeads } from '../../functions/steps/heads.ts'
import type { Backend } from '../backend/backend.ts'
import { exitCodes } from '../backend/screen.ts'
import { spenderLines } from './spending.ts'
import type { Cli } from '../backend/surroundings.ts'
import { hourMs } from '../../core/time.ts'

// If a window has more releases, what the older ones burned is shown as spent by no release.
const headsMost = 500

type Shown = { readonly found: object; readonly lines: readonly string[] }
/** Until when a budget is counted, and whether that is too long ago. */
type Known = {
  readonly heads: readonly Head[]
  readonly mark: BudgetMark
  readonly ageMs: number
  readonly isStale: boolean
}

/** @throws Problem `service_missing` */
export async function showBudgets({ backend, screen }: Cli, name: string): Promise<number> {
  const service = await backend.services.get(name)
  const heads = service.slos.length === 0 ? noHeads : await latestHeads(backend, name, headsMost)
  const { done, failed } = await eachShown(service.slos, (slo) => showOne(backend, service, slo, heads.items))
  const unread = failed.map(({ item, error }) => ({ slo: item.name, because: sentenceOf(error) }))
  const shown = [
    ...done,
    ...unread.map(({ slo, because }) => ({
      found: { slo, known: false, because },
      lines: [`${slo}: cannot be read: ${because}`],
    })),
  ]
  const lines = [
    ...shown.flatMap((one) => one.lines),
    ...heads.unreadable.map(({ about }) => `the charge of release ${about.releaseId} cannot be read`),
  ]
  screen.say(lines.length === 0 ? `${name} has no SLO.` : lines, {
    service: name,
    slos: shown.map(({ found }) => found),
  })
  return unread.length + heads.unreadable.length === 0 ? exitCodes.done : exitCodes.refused
}

const noHeads = { items: [], unreadable: [] }

async function showOne(backend: Backend, { name, policy }: Service, slo: Slo, heads: readonly Head[]): Promise<Shown> {
  const mark = await backend.budgets.mark(name, slo.name)
  const words = isCounted(slo) ? sloWords(slo) : `SLO ${slo.sli.id} of Application Signals`
  if (mark === undefined)
    return { found: { slo: slo.name, known: false }, lines: [`${slo.name}: ${words}: not counted yet`] }
  const ageMs = backend.clock.nowMs() - mark.readToMs
  const known = { heads, mark, ageMs, isStale: isStale(ageMs, policy.budgetEverySeconds) }
  return isCounted(slo) ? showCounted(backend, name, slo, known) : showReported(slo, known)
}

async function showCounted(
  { budgets }: Pick<Backend, 'budgets'>,
  service: string,
  slo: CountedSlo,
  known: Known,
): Promise<Shown> {
  const { readToMs } = known.mark
  const slots = await slotsOf({ budgets }, service, slo, readToMs)
  const budget = budgetAt(slo, slots, readToMs)
  const burn = burnRules.map(({ hours }) => ({
    hours,
    rate: burnRate(slo, slots, { startMs: readToMs - hours * hourMs, endMs: readToMs }),
  }))
  const { good, bad, spent } = budget
  const spentBy = spendingOf(known.heads, slo.name, budget)
  return {
    found: {
      slo: slo.name,
      known: true,
      leftPercent: spent === undefined ? undefined : leftOf(budget).percent,
      decides: budgetLeft(slo, known.mark, slots),
      good,
      bad,
      burn,
      spentBy,
      readToMs,
      isStale: known.isStale,
    },
    lines: [
      `${slo.name}: ${sloWords(slo)}: ${leftWords(budget)} (${good} good, ${bad} bad, ${rounded(budget.allowed)} allowed)`,
      `  burn rate ${burn.map(({ hours, rate }) => `${hours}h ${rate === undefined ? '-' : rounded(rate)}`).join(', ')}; counted up to ${timeWords(readToMs, known)}`,
      ...wholeLine(budget),
      ...spenderLines(spentBy, budget.allowed),
    ],
  }
}

/** For a window that was only partly seen: the value that gates and the pace use. */
function wholeLine({ bad, allowed, whole }: Budget): readonly string[] {
  if (whole <= allowed) return []
  const { percent } = leftOf({ spent: bad / whole })
  return [`  ${percent} % is left of what the whole window allows at this pace (${rounded(whole)} bad): gates use this`]
}

function showReported(slo: ReportedSlo, known: Known): Shown {
  const { name, sli } = slo
  const { readToMs, report } = known.mark
  const words = `${name}: SLO ${sli.id} of Application Signals`
  const common = { slo: name, readToMs, isStale: known.isStale, decides: budgetLeft(slo, known.mark, []) }
  if (report === undefined || report.status === 'unknown') {
    const because = report?.because ?? 'no report of it has been read yet'
    return {
      found: { ...common, known: false, because },
      lines: [`${words}: not known: ${because}; asked at ${timeWords(readToMs, known)}`],
    }
  }
  const { status, unit, total, left, attainmentPercent, goalPercent } = report
  const budget = { spent: 1 - left / total }
  const attained = attainmentPercent === undefined ? '' : `, ${rounded(attainmentPercent)} % attained`
  const wanted = goalPercent === undefined ? '' : ` of ${rounded(goalPercent)} % wanted`
  return {
    found: { ...common, known: true, leftPercent: leftOf(budget).percent, ...report },
    lines: [
      `${words}: ${leftWords(budget)} (${status}: ${rounded(left)} of ${rounded(total)} ${unit}${attained}${wanted})`,
      `  its burn alerts are those of Application Signals; read at ${timeWords(readToMs, known)}`,
    ],
  }
}

const timeWords = (ms: number, { isStale, ageMs }: Known): string =>
  `${new Date(ms).toISOString().slice(0, 16)}Z${isStale ? `, ${formatDuration(ageMs / 1000)} ago: what has happened since is not known` : ''}`

function leftWords({ spent }: Pick<Budget, 'spent'>): string {
  if (spent === undefined) return 'nothing has happened yet'
  return spent > 1
    ? `the budget is spent ${rounded(spent)} times over`
    : `${leftOf({ spent }).percent} % of the budget is left`
}

const rounded = (value: number): string => String(Math.round(value * 100) / 100)
