// What was left of an error budget in the course of its window, and which releases fell into it.
import { budgetAt, burnRate, burnRules, type Slot } from '../budget/budget.ts'
import { spendingOf } from '../budget/spending.ts'
import type { Head } from '../release/head.ts'
import { atLeast } from '../release/charge.ts'
import { type CountedSlo, sloWords } from '../service/slo.ts'
import { hourMs } from '../time.ts'
import type { BudgetView } from './service-view.ts'

const partsMost = 140

/**
 * Bad requests against those that the whole window allows, as gates see it, summed from the start of the window.
 * @param slots must cover the window that ends, or is under way, at `knownToMs`
 */
export function burnDown(
  slo: CountedSlo,
  slots: readonly Slot[],
  heads: readonly Head[],
  knownToMs: number,
): BudgetView {
  const budget = budgetAt(slo, slots, knownToMs)
  const { window, good, bad, whole } = budget
  const { startMs, endMs } = window
  const inside = (atMs: number | undefined): boolean => atMs !== undefined && atMs >= startMs && atMs < endMs
  return {
    slo: slo.name,
    words: sloWords(slo),
    startMs,
    endMs,
    knownToMs,
    line: slo.slices === undefined ? lineOf(slots, { startMs, knownToMs, whole }) : [],
    marks: heads
      .filter(({ settledAtMs, outcome }) => outcome !== undefined && inside(settledAtMs))
      .map(({ releaseId, settledAtMs, charges = [], outcome }) => ({
        releaseId,
        atMs: settledAtMs ?? 0,
        isBad:
          outcome === 'rolledBack' ||
          charges.some((one) => one.kind === 'counted' && one.slo === slo.name && atLeast(one) > 0),
      })),
    good,
    bad,
    whole,
    rates: burnRules.map(({ hours }) => {
      const rate = burnRate(slo, slots, { startMs: knownToMs - hours * hourMs, endMs: knownToMs })
      return { hours, ...(rate === undefined ? {} : { rate }) }
    }),
    spending: spendingOf(heads, slo.name, budget),
  }
}

/** What was left after each part of the window in which something was counted. */
function lineOf(
  slots: readonly Slot[],
  { startMs, knownToMs, whole }: { readonly startMs: number; readonly knownToMs: number; readonly whole: number },
): BudgetView['line'] {
  const inside = slots.filter(({ atMs, good, bad }) => atMs >= startMs && atMs < knownToMs && good + bad > 0)
  const [first] = inside
  if (first === undefined || whole <= 0) return []
  const partMs = (knownToMs - startMs) / partsMost
  const parts = Map.groupBy(inside, ({ atMs }) => Math.floor((atMs - startMs) / partMs))
  let spent = 0
  const line = [...parts].map(([part, some]) => {
    spent += some.reduce((sum, { bad }) => sum + bad, 0)
    return { atMs: Math.round(startMs + (part + 1) * partMs), leftShare: 1 - spent / whole }
  })
  return [{ atMs: first.atMs, leftShare: 1 }, ...line]
}
