// The measures as metrics: one datum of each that is known. What is unknown has none: a zero would say that it is known.
import type { Metric } from './metric.ts'
import { factsOf, type MeasureInput } from './facts.ts'
import { type Definition, definitions } from './measures.ts'

/** What the dimension `service` says of all services together. No service can be called so. */
export const allServices = '*'

/** Shares stay shares (0 to 1), as in the JSON of the report; CloudWatch has no unit for these, nor for a number a day. */
const units: Readonly<Record<Definition['unit'], Metric['unit']>> = {
  seconds: 'Seconds',
  incidents: 'Count',
  'per day': 'None',
  share: 'None',
  change: 'None',
  ratio: 'None',
}

/**
 * @param service whose material it is, or `allServices`
 * @returns metrics at the end of the period, with the values that the report of it has
 */
export function metricsOfMeasures(service: string, material: MeasureInput): readonly Metric[] {
  const facts = factsOf(material)
  return definitions.flatMap(({ metric: name, unit, of }): readonly Metric[] => {
    const { value } = of(facts)
    if (!value.known) return []
    return [{ name, unit: units[unit], value: value.number, atMs: facts.period.toMs, dimensions: { service } }]
  })
}
