// The measures of the last 28 days, once a day, as CloudWatch metrics: of each service, and of all of them together. A service
// that cannot be read has no numbers, and neither have all together: without it they would say something else.
import { joined, type Material } from '../core/measures/facts.ts'
import { allServices, metricsOfMeasures } from '../core/measures/metrics.ts'
import { Problem } from '../core/problem.ts'
import { readMaterial } from './material.ts'
import { isTick } from './tick.ts'
import type { World } from './world.ts'

type Deps = Parameters<typeof readMaterial>[0] & Pick<World, 'clock' | 'services' | 'log' | 'measure'>
type Told = { readonly measured: readonly string[]; readonly troubles: readonly string[] }

const reachMs = 28 * 86_400_000

/** @throws Problem `event_invalid` */
export function measureHandler(deps: Deps) {
  return async (event: unknown): Promise<Told> => {
    if (!isTick('measures', event)) throw new Problem('event_invalid', 'Not a tick of the schedule of the measures.')
    const toMs = deps.clock.nowMs()
    const period = { fromMs: toMs - reachMs, toMs }
    const tell = (service: string, material: Material): void => {
      for (const metric of metricsOfMeasures(service, material)) deps.measure(metric)
    }
    const read: Material[] = []
    const measured: string[] = []
    const troubles: string[] = []
    for (const service of await deps.services.list()) {
      try {
        const material = await readMaterial(deps, [service], period)
        tell(service.name, material)
        read.push(material)
        measured.push(service.name)
      } catch (error) {
        // One service that cannot be read must not keep the others from being measured.
        if (!(error instanceof Problem)) throw error
        troubles.push(`${service.name}: ${error.message}`)
        deps.log({ ...error.line, service: service.name })
      }
    }
    if (troubles.length === 0 && read.length > 0) tell(allServices, joined(read, period))
    return { measured, troubles }
  }
}
