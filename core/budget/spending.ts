// Who spent a budget: the releases of its window with what they were charged, and what is left for nobody.
import type { Budget } from './budget.ts'
import { atLeast, type Charge } from '../release/charge.ts'
import type { Head } from '../release/head.ts'

type Counted = Extract<Charge, { kind: 'counted' }>
type Spent<C> = Pick<Head, 'releaseId' | 'outcome'> & C

export type Spending = {
  /** Charged, the largest first; those that saved something are below zero. */
  readonly charged: readonly Spent<Pick<Counted, 'all' | 'elsewhen' | 'bad' | 'error'> & { readonly sure: boolean }>[]
  readonly unknown: readonly Spent<{ readonly because: string }>[]
  /** Bad requests of the window that no release is charged with: what stable alone would have had. */
  readonly unassigned: number
}

/** @param heads newest first @returns those that ended in the budget's window */
export function spendingOf(heads: readonly Head[], slo: string, { window, bad }: Budget): Spending {
  const inside = heads.filter(
    ({ chargeable, settledAtMs = 0 }) =>
      chargeable === true && settledAtMs >= window.startMs && settledAtMs < window.endMs,
  )
  const found = inside.flatMap(({ releaseId, outcome, charges }) => {
    // One whose service had no such SLO at the time is not among them.
    const charge: Charge | undefined =
      charges === undefined
        ? { kind: 'unknown', slo, because: 'it is not charged yet' }
        : charges.find((one) => one.slo === slo)
    return charge === undefined ? [] : [{ spender: { releaseId, outcome }, charge }]
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
