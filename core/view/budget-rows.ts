// What is left of the error budgets of several services, the least first; of which it is unknown, before all others.
import type { GateBudget } from '../gate/facts.ts'

export type BudgetRow = {
  readonly service: string
  readonly slo: string
  readonly leftShare?: number
  readonly burning: GateBudget['burning']
  /** Why it is not known. */
  readonly because?: string
}

type Budgeted = { readonly name: string; readonly budgets: readonly GateBudget[] }

export const budgetRows = (services: readonly Budgeted[]): readonly BudgetRow[] =>
  services
    .flatMap(({ name, budgets }) =>
      budgets.map(({ slo, leftShare, burning, because }): BudgetRow => ({
        service: name,
        slo,
        burning,
        ...(leftShare === undefined ? { because: because ?? 'it was not read' } : { leftShare }),
      })),
    )
    .toSorted((a, b) => (a.leftShare ?? -Infinity) - (b.leftShare ?? -Infinity))
