// The promise of the load: equal versions are not reported, whatever happens around them meanwhile, and a version that is slow
// under load is found. And which load is made at all.
import { describe, expect, it } from 'vitest'
import { chance } from '../../../cloud/local/time/chance.ts'
import { parseConfigs } from '../../../core/shadow/config.ts'
import { type Block, blockOf, loadVerdictOf, planOf } from '../../../core/shadow/load.ts'
import { repeats } from '../../repeats.ts'

const versions = { functionName: 'checkout', stable: '7', candidate: '8' }
const loadOf = (load: object = {}) => parseConfigs({ checkout: { shadow: 'checkout-shadow', load } })['checkout']!.load!
const plan = { perSecond: 4, callsOfBlock: 20, pairs: 30 }

type Pair = Parameters<typeof loadVerdictOf>[1]['pairs'][number]
type World = { readonly slow?: number; readonly failing?: number; readonly from?: number }
/**
 * Two versions in turns, while the weather changes: it gets slower from minute to minute, a neighbour comes for half a minute at
 * a time, environments are new in the first blocks, and what is behind fails at times.
 */
function pairsOf(seed: number, { slow = 1, failing = 0, from = 0 }: World = {}): readonly Pair[] {
  const random = chance(seed, 'load')
  let [block, neighbour, outage] = [0, 0, 0]
  const next = (factor: number, fails: number): Block => {
    block++
    neighbour = neighbour > 0 ? neighbour - 1 : random() < 0.1 ? Math.floor(random() * 12) : 0
    outage = outage > 0 ? outage - 1 : random() < 0.03 ? Math.floor(random() * 6) : 0
    const times = Array.from({ length: plan.callsOfBlock }, () => {
      const cold = random() < (block < 4 ? 0.3 : 0.01) ? 900 : 0
      return factor * (40 + block) * Math.exp(random() - 0.5) * (neighbour > 0 ? 4 : 1) + cold
    })
    const errors = times.filter(() => random() < fails + (outage > 0 ? 0.5 : 0.01)).length
    return blockOf(times, errors, 0)
  }
  return Array.from({ length: plan.pairs }, (_, nth) => {
    const [factor, fails] = nth < from ? [1, 0] : [slow, failing]
    if (random() < 0.5) {
      const candidate = next(factor, fails)
      return { candidate, stable: next(1, 0) }
    }
    const stable = next(1, 0)
    return { candidate: next(factor, fails), stable }
  })
}
const judge = (pairs: readonly Pair[], unanswered = 0) => loadVerdictOf(versions, { plan, pairs, unanswered }, loadOf())

describe('the verdict', () => {
  it('never reports equal versions, in 1,000 runs with weather', () => {
    const results = Array.from({ length: repeats(1000, 50) }, (_, seed) => judge(pairsOf(seed)))
    expect(results.filter(({ result }) => result !== 'pass')).toEqual([])
  })

  it('finds a version that is slow, also from some minute on, or that fails', () => {
    for (let seed = 0; seed < repeats(100, 5); seed++) {
      expect(judge(pairsOf(seed, { slow: 6 }))).toMatchObject({ result: 'fail' })
      expect(judge(pairsOf(seed, { slow: 20, from: 4 }))).toMatchObject({ result: 'fail' })
      expect(judge(pairsOf(seed, { failing: 0.5 })).message).toMatch(/it fails \d+ of 600 calls against \d+/)
    }
  })

  it('says what it saw, and how much of it there had to be', () => {
    expect(judge(pairsOf(1)).message).toMatch(
      /^checkout: version 8 carries twice the traffic \(4 calls a second\) as version 7 does: its p95 is \d+ ms against \d+ ms; what is slower in \d+ % of the blocks would have been seen$/,
    )
    expect(judge(pairsOf(1, { slow: 6 })).message).toMatch(
      /^checkout: version 8 does not carry twice the traffic \(4 calls a second\) as version 7 does: its p50 is \d+ ms against \d+ ms; its p95/,
    )
  })

  const even = (block: Partial<Block>, count = 30): readonly Pair[] => {
    const one = { ...blockOf([40, 50], 0, 0), calls: 20, ...block }
    return Array.from({ length: count }, () => ({ candidate: one, stable: one }))
  }
  it.each<[string, readonly Pair[], number, RegExp]>([
    ['few pairs', even({}, 18), 0, /after 3 times its minutes the load came to 18 of 30 pairs of blocks$/],
    ['none at all', [], 0, /came to 0 of 30 pairs/],
    ['calls that came late', even({ late: 2 }), 0, /60 of 600 calls to version 7 could not be sent in time/],
    ['stable that fails', even({ errors: 11 }), 0, /version 7 itself fails at twice the traffic/],
    ['calls without an answer', even({}), 61, /nobody knows what came of 61 calls/],
  ])('does not know with %s', (_, pairs, unanswered, words) => {
    expect(judge(pairs, unanswered)).toMatchObject({
      result: 'unknown',
      message: expect.stringMatching(words) as string,
    })
  })

  it('needs 19 pairs to pass, and 17 in which one percentile alone is worse to fail', () => {
    expect(judge(even({}, 19))).toMatchObject({ result: 'pass' })
    const slow = even({}, 17).map(({ stable }) => ({ stable, candidate: { ...stable, p50: 900 } }))
    expect([judge(slow).result, judge(slow.slice(1)).result]).toEqual(['fail', 'unknown'])
  })
})

describe('a load', () => {
  it('is a multiple of the busiest minute, in blocks of five seconds', () => {
    expect(planOf(loadOf(), 120, 20)).toEqual({ perSecond: 4, callsOfBlock: 20, pairs: 30 })
    expect(planOf(loadOf({ times: 0.5, minutes: 10 }), 240, 20)).toEqual({ perSecond: 2, callsOfBlock: 10, pairs: 60 })
  })

  it.each<[string, object, number | undefined, number | undefined, RegExp]>([
    ['reserves nothing', {}, 120, undefined, /its shadow reserves no environments/],
    ['reserves less than is said', {}, 120, 19, /reserves 19 environments, and `load.concurrency` is 20/],
    ['is switched off', {}, 120, 0, /reserves 0 environments/],
    ['has no traffic to multiply', {}, undefined, 20, /no invocations of the last 24 hours/],
    ['is hardly one', {}, 20, 20, /twice the traffic is 0.667 calls a second, which is no load: raise `load.times`/],
    ['has too many calls', { calls: 1000 }, 120, 20, /1240 calls, and `load.calls` allows 1000/],
    ['is more than Lambda takes', { calls: 200_000 }, 6000, 20, /200 calls a second, and 20 environments take 180/],
  ])('that %s is not begun', (_, load, perMinute, reserved, words) => {
    expect(planOf(loadOf(load), perMinute, reserved)).toMatch(words)
  })
})
