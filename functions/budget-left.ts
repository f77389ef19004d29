// What is left of a service's error budgets, as the ledger has it now. A count that is too old is no count.
import { budgetAt, burning, burnReachMs, hourMs, slotMs, windowAt } from '../core/budget.ts'
import { formatDuration } from '../core/duration.ts'
import type { BudgetLeft } from '../core/gate-facts.ts'
import type { Service } from '../core/service.ts'
import type { Slo } from '../core/slo.ts'
import type { World } from './world.ts'

type Deps = Pick<World, 'clock' | 'budgets'>

// So much later than it is due, a count says nothing about now.
const staleMs = 3 * slotMs

/** @throws Problem `item_unreadable` */
export const budgetsLeft = (deps: Deps, service: Service): Promise<readonly BudgetLeft[]> =>
  Promise.all(service.slos.map((slo) => budgetLeft(deps, service, slo)))

async function budgetLeft(deps: Deps, { name, policy }: Service, slo: Slo): Promise<BudgetLeft> {
  const mark = await deps.budgets.mark(name, slo.name)
  if (mark === undefined) return { slo: slo.name, burning: 'no', because: 'it has not been counted yet' }
  const { readToMs } = mark
  const ageMs = deps.clock.nowMs() - readToMs
  if (ageMs > policy.budgetEverySeconds * 1000 + staleMs) {
    const because = `it was last counted ${formatDuration(ageMs / 1000)} ago`
    return { slo: slo.name, burning: 'no', because }
  }
  const reachMs = Math.max(readToMs - windowAt(slo, readToMs).startMs, burnReachMs)
  const slots = await deps.budgets.read(name, slo.name, readToMs - reachMs - hourMs, readToMs)
  const budget = budgetAt(slo, slots, readToMs)
  const burns = burning(slo, slots, readToMs).map(({ rule }) => rule.severity)
  const lastHour = slots.filter(({ atMs }) => atMs >= readToMs - hourMs)
  return {
    slo: slo.name,
    leftShare: 1 - (budget.spent ?? 0),
    burning: burns.includes('page') ? 'page' : (burns[0] ?? 'no'),
    ...(slo.slices === undefined
      ? {
          badLeft: Math.max(0, budget.allowed - budget.bad),
          perMinute: lastHour.reduce((sum, { good, bad }) => sum + good + bad, 0) / 60,
        }
      : {}),
  }
}
