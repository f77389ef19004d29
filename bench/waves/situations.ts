// What the benchmark of waves looks at: six regions that are healthy, each with noise of another kind, and twenty functions of
// which one has a fault.
import { chance } from '../../cloud/local/time/chance.ts'
import type { Place } from './rollout.ts'

/** One wave for the pilot, one for two regions, one for the rest. */
export const regionWaves = [1, 2, 3] as const
export const regions: readonly Place[] = [
  { name: 'pilot', perMinute: 300, rate: 0.005, noise: { kind: 'independent' } },
  { name: 'ireland', perMinute: 1000, rate: 0.01, noise: { kind: 'bursts', size: 5 } },
  { name: 'frankfurt', perMinute: 600, rate: 0.01, noise: { kind: 'outage' } },
  { name: 'ohio', perMinute: 1500, rate: 0.005, noise: { kind: 'shared' } },
  { name: 'oregon', perMinute: 800, rate: 0.02, noise: { kind: 'seasons', traffic: 0.5, rate: 0.5 } },
  { name: 'tokyo', perMinute: 500, rate: 0.01, noise: { kind: 'independent' } },
]

export const functionWaves = [2, 6, 12] as const
const functionsMost = 20

/** @param added the further share of its requests that the culprit fails */
export function withCulprit(
  seed: number,
  added: number,
): { readonly places: readonly Place[]; readonly culprit: string } {
  const random = chance(seed, 'culprit')
  const guilty = Math.floor(random() * functionsMost)
  const places = Array.from({ length: functionsMost }, (_, index): Place => ({
    name: `function-${index + 1}`,
    perMinute: 100 + Math.floor(random() * 900),
    rate: 0.001 + random() * 0.02,
    noise: index % 2 === 0 ? { kind: 'independent' } : { kind: 'bursts', size: 3 },
    ...(index === guilty ? { fault: { added, fromMinute: 0 } } : {}),
  }))
  return { places, culprit: `function-${guilty + 1}` }
}
