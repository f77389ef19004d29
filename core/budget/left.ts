// What is left of a budget, for whoever decides by it: one answer, whoever counts.
import { budgetAt, type Slot, slotMs } from './budget.ts'
import { isCounted, type Slo } from '../service/slo.ts'
import type { BudgetMark } from './stored.ts'

type BudgetLeft =
  /** Nobody knows: not counted yet, or Application Signals has no data. It is neither left nor gone. */
  | { readonly kind: 'unknown'; readonly because: string }
  /** Known, and nothing has happened in the window: nothing good, nothing bad. */
  | { readonly kind: 'quiet'; readonly knownToMs: number }
  | {
      readonly kind: 'known'
      /** Everything until then is counted; what has happened since is not known. How old is too old is for the asker to say. */
      readonly knownToMs: number
      /**
       * Share of the budget of the whole window that is gone, 1 and more when all of it is. Of what is counted here: bad /
       * `Budget.whole`, so that the first error of a young window does not spend it all. Of a report: what it says.
       */
      readonly spentShare: number
    }

// The schedule, a run and its retry may take so long.
const lateMs = 3 * slotMs

/** So long after it was due, a count says nothing about now, and somebody has to look why. */
export const isStale = (ageMs: number, everySeconds: number): boolean => ageMs > everySeconds * 1000 + lateMs

/**
 * @param mark as stored; `undefined` when there is none
 * @param slots of the whole window that ends, or goes on, at `mark.readToMs`; none for an SLO of Application Signals
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
  // What Application Signals calls breached is spent, whatever its numbers.
  return {
    kind: 'known',
    knownToMs: report.atMs,
    spentShare: report.status === 'breached' ? Math.max(1, share) : share,
  }
}
