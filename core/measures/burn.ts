// How fast error budgets burned: M6, from the SLO ledger.
import { burnRate } from '../budget/budget.ts'
import type { Facts } from './facts.ts'
import { ofSpread, type Result } from './result.ts'
import { hourMs } from '../time.ts'

export const shortHours = 1
export const longHours = 6
/** How far before the period slots are needed. */
export const burnReachMs = longHours * hourMs

/**
 * M6: the worst burn rate of any SLO over the last `hours`, evaluated at every full hour of the period. An hour without requests
 * has no burn rate.
 */
const burn =
  (hours: number) =>
  ({ ledgers, period }: Facts): Result => {
    const first = Math.floor(period.fromMs / hourMs) + 1
    const count = Math.max(0, Math.floor(period.toMs / hourMs) - first + 1)
    const ends = Array.from({ length: count }, (_, index) => (first + index) * hourMs)
    const rates = ledgers.flatMap(({ slo, slots }) =>
      ends.flatMap((endMs) => burnRate(slo, slots, { startMs: endMs - hours * hourMs, endMs }) ?? []),
    )
    return ofSpread(rates, 'max', ledgers.length === 0 ? 'there is no SLO' : 'nothing was counted')
  }

export const shortBurn = burn(shortHours)
export const longBurn = burn(longHours)
