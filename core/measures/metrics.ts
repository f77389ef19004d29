// The measures as CloudWatch metrics: one datum for each measure that is known. An unknown measure emits nothing, because a zero
// would look like a known value.
import type { Metric } from './metric.ts'
import { factsOf, type MeasureInput } from './facts.ts'
import { type Definition, definitions } from './measures.ts'

/** The value of the dimension `service` for all services together. It is not a valid service name. */
export const allServices = '*'

/** Shares stay shares (0 to 1), as in the report's JSON. CloudWatch has no unit for shares or for a number per day. */
const units: Readonly<Record<Definition['unit'], Metric['unit']>> = {
  seconds: 'Seconds',
  incidents: 'Count',
  'per day': 'None',
  share: 'None',
  change: 'None',
  ratio: 'None',
}

/**
 * @param service the service that the input belongs to, or `allServices`
 * @returns metrics stamped with the end of the period, with the same values as its report
 */
export function metricsOfMeasures(service: string, material: MeasureInput): readonly Metric[] {
  const facts = factsOf(material)
  return definitions.flatMap(({ metric: name, unit, of }): readonly Metric[] => {
    const { value } = of(facts)
    if (!value.known) return []
    return [{ name, unit: units[unit], value: value.number, atMs: facts.period.toMs, dimensions: { service } }]
  })
}
