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

it('a fault of 5 points in one of them is named too, or its function said to be the most likely one', () => {
  const cases = repeats(200, 3)
  const named = Array.from({ length: cases }, (_, index) => {
    const { places, culprit } = withCulprit(index + 1, 0.05)
    const { blamed, likely } = runRollout(serviceOf(places, functionWaves), places, index + 1)
    return blamed.length === 0 ? likely === culprit : blamed.length === 1 && blamed[0] === culprit
  }).filter(Boolean)
  expect(named.length).toBeGreaterThanOrEqual(0.95 * cases)
})

it('the most likely one is said where a hold has ended, and it is the right one', () => {
  // A burst explains half of what it does, so it neither fails nor passes.
  const { places, culprit } = withCulprit(169, 0.05)
  const { end, blamed, likely, because } = runRollout(serviceOf(places, functionWaves), places, 169)
  expect({ end, blamed, likely }).toEqual({ end: 'policy', blamed: [], likely: culprit })
  expect(because).toMatch(/^still unknown after 40m: /)
})
