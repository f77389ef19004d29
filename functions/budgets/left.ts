// How much is left of a service's error budgets according to the ledger, for the gates and the pace. A count that is too old
// counts as unknown.
import { budgetAt, burning, burnReachMs, type Slot, windowAt } from '../../core/budget/budget.ts'
import { budgetLeft, isStale } from '../../core/budget/left.ts'
import { formatDuration } from '../../core/duration.ts'
import type { GateBudget } from '../../core/gate/facts.ts'
import { whole } from '../../core/listing.ts'
import type { Service } from '../../core/service/service.ts'
import { type CountedSlo, isCounted, type Slo } from '../../core/service/slo.ts'
import { sentenceOf } from '../steps/each.ts'
import type { World } from '../steps/world.ts'
import { hourMs } from '../../core/time.ts'

type Deps = Pick<World, 'clock' | 'budgets'>

export const budgetsLeft = (deps: Deps, service: Service): Promise<readonly GateBudget[]> =>
  Promise.all(service.slos.map((slo) => oneLeft(deps, service, slo)))

/** If one budget cannot be read, only that one is unknown. */
async function oneLeft(deps: Deps, service: Service, slo: Slo): Promise<GateBudget> {
  try {
    return await readLeft(deps, service, slo)
  } catch (error) {
    return { slo: slo.name, burning: 'no', because: sentenceOf(error) }
  }
}

async function readLeft(deps: Deps, { name, policy }: Service, slo: Slo): Promise<GateBudget> {
  const mark = await deps.budgets.mark(name, slo.name)
  const readToMs = mark?.readToMs ?? 0
  const slots = mark === undefined || !isCounted(slo) ? [] : await slotsOf(deps, name, slo, readToMs)
  const left = budgetLeft(slo, mark, slots)
  const unknown = (because: string): GateBudget => ({ slo: slo.name, burning: 'no', because })
  if (left.kind === 'unknown') return unknown(left.because)
  const ageMs = deps.clock.nowMs() - left.knownToMs
  if (isStale(ageMs, policy.budgetEverySeconds))
    return unknown(`it was last counted ${formatDuration(ageMs / 1000)} ago`)
  const leftShare = left.kind === 'quiet' ? 1 : 1 - left.spentShare
  return { slo: slo.name, leftShare, burning: 'no', ...(isCounted(slo) ? ratesOf(slo, slots, readToMs) : {}) }
}

/**
 * The slots of the whole window, and at least as far back as burn rates look. @throws Problem `item_unreadable`: with an hour
 * missing, too much would seem to be left
 */
export async function slotsOf(
  { budgets }: Pick<World, 'budgets'>,
  service: string,
  slo: CountedSlo,
  readToMs: number,
): Promise<readonly Slot[]> {
  const reachMs = Math.max(readToMs - windowAt(slo, readToMs).startMs, burnReachMs)
  return whole(await budgets.read(service, slo.name, readToMs - reachMs - hourMs, readToMs))
}

/** The burn severity and, where requests are counted, how many more may be bad and how many come per minute. */
function ratesOf(slo: CountedSlo, slots: readonly Slot[], readToMs: number): Omit<GateBudget, 'slo'> {
  const severities = burning(slo, slots, readToMs).map(({ rule }) => rule.severity)
  const burns = { burning: severities.includes('page') ? 'page' : (severities[0] ?? 'no') } as const
  if (slo.slices !== undefined) return burns
  const { whole, bad } = budgetAt(slo, slots, readToMs)
  const lastHour = slots.filter(({ atMs }) => atMs >= readToMs - hourMs)
  return {
    ...burns,
    badLeft: Math.max(0, whole - bad),
    perMinute: lastHour.reduce((sum, slot) => sum + slot.good + slot.bad, 0) / 60,
  }
}
