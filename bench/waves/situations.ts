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

/** How the requests of all are shared out. `mixed`: between 100 and 1,000 a minute each; `one large`: it has half of all. */
export type Spread = 'mixed' | 'alike' | 'one large'
const meanPerMinute = 550

function perMinuteOf(spread: Spread, index: number, random: () => number): number {
  const drawn = 100 + Math.floor(random() * 900)
  if (spread === 'mixed') return drawn
  if (spread === 'alike') return meanPerMinute
  const half = (functionsMost * meanPerMinute) / 2
  return Math.round(index === 0 ? half : half / (functionsMost - 1))
}

/** @param added the further share of its requests that the culprit fails */
export function withCulprit(
  seed: number,
  added: number,
  spread: Spread = 'mixed',
): { readonly places: readonly Place[]; readonly culprit: string } {
  const random = chance(seed, 'culprit')
  const guilty = Math.floor(random() * functionsMost)
  const places = Array.from({ length: functionsMost }, (_, index): Place => ({
    name: `function-${index + 1}`,
    perMinute: perMinuteOf(spread, index, random),
    rate: 0.001 + random() * 0.02,
    noise: index % 2 === 0 ? { kind: 'independent' } : { kind: 'bursts', size: 3 },
    ...(index === guilty ? { fault: { added, fromMinute: 0 } } : {}),
  }))
  return { places, culprit: `function-${guilty + 1}` }
}
