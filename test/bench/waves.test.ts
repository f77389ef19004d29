// What the benchmark of waves promises (docs/waves.md), on as many of its cases as are worth while.
import { expect, it } from 'vitest'
import { runRollout, serviceOf } from '../../bench/waves/rollout.ts'
import { functionWaves, regions, regionWaves, withCulprit } from '../../bench/waves/situations.ts'
import { repeats } from '../repeats.ts'

it('healthy releases of six regions in waves are put back no more often than alpha says', () => {
  const runs = repeats(400, 8)
  const service = serviceOf(regions, regionWaves)
  const back = Array.from({ length: runs }, (_, seed) => runRollout(service, regions, seed)).filter(
    ({ end }) => end === 'verdict',
  )
  expect(back.length).toBeLessThanOrEqual(0.05 * runs)
})

it('the one of twenty functions that has a fault is named', () => {
  const cases = repeats(200, 3)
  const named = Array.from({ length: cases }, (_, seed) => {
    const { places, culprit } = withCulprit(seed, 0.1)
    const { end, blamed } = runRollout(serviceOf(places, functionWaves), places, seed)
    return end === 'verdict' && blamed.length === 1 && blamed[0] === culprit
  }).filter(Boolean)
  expect(named.length).toBeGreaterThanOrEqual(0.95 * cases)
})
