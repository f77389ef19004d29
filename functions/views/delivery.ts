// Loads the page about delivery: the measures of a period over all services. Each service is read by itself: one that cannot be
// read is named, and left out of everything.
import type { Listing } from '../../core/listing.ts'
import { joined, type MeasureInput, type Period } from '../../core/measures/facts.ts'
import type { Service } from '../../core/service/service.ts'
import { budgetRows, type BudgetRow } from '../../core/view/budget-rows.ts'
import { deliveryView, type DeliveryView } from '../../core/view/delivery-view.ts'
import { budgetsLeft } from '../budgets/left.ts'
import { readMeasureInput } from '../listeners/measure-input.ts'
import { each, sentenceOf } from '../steps/each.ts'
import type { World } from '../steps/world.ts'

type DeliveryPorts = Parameters<typeof readMeasureInput>[0] & {
  readonly services: Pick<World['services'], 'list'>
}

/** Each reads up to twenty logs at once. */
const servicesAtOnce = 4

/** @throws Problem when the services cannot be listed */
export async function loadDelivery(ports: DeliveryPorts, period: Period): Promise<DeliveryView> {
  const read = await readDelivery(ports, await ports.services.list(), period)
  const title = read.without.length === 0 ? 'All services' : 'The services that can be read'
  return deliveryView({ title, ...read })
}

type ReadDelivery = {
  readonly material: MeasureInput
  readonly names: readonly string[]
  readonly budgets: readonly BudgetRow[]
  readonly without: DeliveryView['without']
  readonly failed: readonly { readonly error: unknown }[]
}

export async function readDelivery(
  ports: DeliveryPorts,
  { items, unreadable }: Listing<Service, { readonly service: string }>,
  period: Period,
): Promise<ReadDelivery> {
  const read = async (service: Service) => ({
    name: service.name,
    material: await readMeasureInput(ports, [service], period),
    budgets: await budgetsLeft(ports, service),
  })
  const { done, failed } = await each({ trouble: () => undefined }, items, () => ({}), read, servicesAtOnce)
  return {
    material: joined(
      done.map(({ material }) => material),
      period,
    ),
    names: done.map(({ name }) => name),
    budgets: budgetRows(done),
    without: [
      ...unreadable.map(({ about, problem }) => ({ service: about.service, because: problem.message })),
      ...failed.map(({ item, error }) => ({ service: item.name, because: sentenceOf(error) })),
    ],
    failed,
  }
}
