// Once a day, emits the measures of the last 28 days as CloudWatch metrics, for each service and for all together. A service that
// cannot be read gets no metrics, and then the total gets none either, because it would be wrong.
import { joined, type MeasureInput } from '../../core/measures/facts.ts'
import { allServices, metricsOfMeasures } from '../../core/measures/metrics.ts'
import { Problem } from '../../core/problem.ts'
import { each, readable, sentenceOf } from '../steps/each.ts'
import { readMeasureInput } from './measure-input.ts'
import { isScheduledCall } from './scheduled-call.ts'
import type { World } from '../steps/world.ts'

type Deps = Parameters<typeof readMeasureInput>[0] & Pick<World, 'clock' | 'services' | 'emit' | 'trouble'>
type Told = { readonly measured: readonly string[]; readonly troubles: readonly string[] }

const reachMs = 28 * 86_400_000

/** @throws Problem `event_invalid` */
export function measureHandler(deps: Deps) {
  return async (event: unknown): Promise<Told> => {
    if (!isScheduledCall('measures', event))
      throw new Problem('event_invalid', 'Not a call by the schedule of the measures.')
    const toMs = deps.clock.nowMs()
    const period = { fromMs: toMs - reachMs, toMs }
    const tell = (service: string, material: MeasureInput): void => {
      for (const metric of metricsOfMeasures(service, material)) deps.emit(metric)
    }
    const services = await deps.services.list()
    const { done, failed } = await each(
      deps,
      readable(deps, services),
      ({ name }) => ({ service: name }),
      async (service) => {
        const material = await readMeasureInput(deps, [service], period)
        tell(service.name, material)
        return { name: service.name, material }
      },
    )
    const troubles = [
      ...services.unreadable.map(({ about, problem }) => `${about.service}: ${problem.message}`),
      ...failed.map(({ item, error }) => `${item.name}: ${sentenceOf(error)}`),
    ]
    if (troubles.length === 0 && done.length > 0)
      tell(
        allServices,
        joined(
          done.map(({ material }) => material),
          period,
        ),
      )
    return { measured: done.map(({ name }) => name), troubles }
  }
}
