// Which releases in the window spent the budget, and how much is not assigned to any release.
import type { Budget } from './budget.ts'
import { atLeast, type Charge } from '../release/charge.ts'
import type { Head } from '../release/head.ts'

type Counted = Extract<Charge, { kind: 'counted' }>
type Spent<C> = Pick<Head, 'releaseId' | 'outcome' | 'putBack'> & C

export type Spending = {
  /** What each release was charged, the largest first. A release that saved budget is below zero. */
  readonly charged: readonly Spent<Pick<Counted, 'all' | 'elsewhen' | 'bad' | 'error'> & { readonly sure: boolean }>[]
  readonly unknown: readonly Spent<{ readonly because: string }>[]
  /** Bad requests in the window that no release is charged with: the ones stable alone would have had. */
  readonly unassigned: number
}

/** @param heads newest first @returns the releases that ended in the budget's window */
export function spendingOf(heads: readonly Head[], slo: string, { window, bad }: Budget): Spending {
  const inside = heads.filter(
    ({ chargeable, settledAtMs = 0 }) =>
      chargeable === true && settledAtMs >= window.startMs && settledAtMs < window.endMs,
  )
  const found = inside.flatMap(({ releaseId, outcome, putBack, charges }) => {
    // Leave out a release whose service did not have this SLO at the time.
    const all: readonly Charge[] =
      charges === undefined
        ? [{ kind: 'unknown', slo, because: 'it is not charged yet' }]
        : charges.filter((one) => one.slo === slo)
    return all.map((charge) => ({ spender: { releaseId, outcome, putBack }, charge }))
  })
  const charged = found.flatMap(({ spender, charge }) => {
    if (charge.kind !== 'counted') return []
    const { all, elsewhen, bad, error } = charge
    return [{ ...spender, all, elsewhen, bad, error, sure: atLeast(charge) > 0 }]
  })
  const unknown = found.flatMap(({ spender, charge }) =>
    charge.kind === 'unknown' ? [{ ...spender, because: charge.because }] : [],
  )
  return {
    charged: charged.toSorted((a, b) => b.bad - a.bad),
    unknown,
    unassigned: bad - charged.reduce((sum, one) => sum + one.bad, 0),
  }
}
