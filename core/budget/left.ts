// How much of an error budget is left. Everything that decides on budgets gets the same answer, whether we count the SLO or
// Application Signals does.
import { budgetAt, type Slot, slotMs } from './budget.ts'
import { isCounted, type Slo } from '../service/slo.ts'
import type { BudgetMark } from './stored.ts'

type BudgetLeft =
  /** Not known: not counted yet, or Application Signals has no data. Never read this as "left" or as "gone". */
  | { readonly kind: 'unknown'; readonly because: string }
  /** Known, and the window had no requests at all. */
  | { readonly kind: 'quiet'; readonly knownToMs: number }
  | {
      readonly kind: 'known'
      /** Everything before this is counted; anything later is not known yet. The caller decides how old is too old. */
      readonly knownToMs: number
      /**
       * Share of the whole window's budget that is spent; 1 or more when all of it is. For SLOs that we count it is bad /
       * `Budget.whole`, so that the first error in a young window does not spend it all. For Application Signals it comes from
       * its report.
       */
      readonly spentShare: number
    }

// How late a count may be: the schedule, one run and its retry can take this long.
const lateMs = 3 * slotMs

/** True once a count is so overdue that it says nothing about now, and somebody has to find out why. */
export const isStale = (ageMs: number, everySeconds: number): boolean => ageMs > everySeconds * 1000 + lateMs

/**
 * @param mark as stored; `undefined` when there is none
 * @param slots must cover the window that contains or ends at `mark.readToMs`; empty for an SLO of Application Signals
 */
export function budgetLeft(slo: Slo, mark: BudgetMark | undefined, slots: readonly Slot[]): BudgetLeft {
  if (mark === undefined) return { kind: 'unknown', because: `the budget ${slo.name} has not been counted yet` }
  if (!isCounted(slo)) return reportLeft(slo.name, mark.report)
  const { readToMs: knownToMs } = mark
  const { spent, bad, whole } = budgetAt(slo, slots, knownToMs)
  return spent === undefined ? { kind: 'quiet', knownToMs } : { kind: 'known', knownToMs, spentShare: bad / whole }
}

function reportLeft(name: string, report: BudgetMark['report']): BudgetLeft {
  if (report === undefined) return { kind: 'unknown', because: `no report of the budget ${name} has been read yet` }
  if (report.status === 'unknown')
    return { kind: 'unknown', because: `the budget ${name} is not known: ${report.because}` }
  const share = 1 - report.left / report.total
  // If Application Signals says breached, the budget is spent, whatever its numbers say.
  return {
    kind: 'known',
    knownToMs: report.atMs,
    spentShare: report.status === 'breached' ? Math.max(1, share) : share,
  }
}
