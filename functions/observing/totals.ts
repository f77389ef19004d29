// What observing a service has come to in some days: read for the API, for agents and for the page of the service.
import { type Totals, totalsOf } from '../../core/observe/report.ts'
import { dayMs } from '../../core/time.ts'
import type { World } from '../steps/world.ts'

type Counted = Totals & {
  readonly days: number
  /** Rows that cannot be read: they are in none of the numbers. */
  readonly unreadable: number
}

/** @param days the last ones */
export async function observedTotals(
  { observations, clock }: Pick<World, 'clock'> & { readonly observations: Pick<World['observations'], 'shifts'> },
  service: string,
  days: number,
): Promise<Counted> {
  const toMs = clock.nowMs() + 1
  const { items, unreadable } = await observations.shifts(service, toMs - days * dayMs, toMs)
  return { days, ...totalsOf(items), unreadable: unreadable.length }
}
