// The process of the latency signal: what stays of it when nothing is wrong, what it finds, and what it says.
import { describe, expect, it } from 'vitest'
import { areAll, repeats } from '../../repeats.ts'
import cdf from '@stdlib/stats-base-dists-normal-cdf'
import quantileOf from '@stdlib/stats-base-dists-normal-quantile'
import { drawFrom, wandering } from '../../../bench/trials/draw.ts'
import { chance } from '../../../cloud/local/time/chance.ts'
import type { Baseline } from '../../../core/verdict/evidence/evidence.ts'
import { judge } from '../../../core/verdict/judge/judge.ts'
import { latencyFacts } from '../../../core/verdict/latency/facts.ts'
import { latencyRule } from '../../../core/verdict/latency/latency-process.ts'
import type { CountMinute } from '../../../core/verdict/processes/split-process.ts'
import { service } from '../sample.ts'
import { lookAt } from './look.ts'

const minutes = 40
const [medianMs, spread] = [120, 0.4]
const msOf = (share: number): number => medianMs * Math.exp(spread * quantileOf(share, 0, 1))
const thresholdsMs = [msOf(0.5), msOf(0.9), msOf(0.999), 3 * msOf(0.99)]
const slower = (ms: number, factor: number): number => 1 - cdf(Math.log(ms / (medianMs * factor)) / spread, 0, 1)

type Kind = {
  /** Standard deviation of each version's log duration, and its correlation from minute to minute. */
  readonly sd?: number
  readonly lag?: number
  readonly together?: boolean
  /** How many times as long the candidate takes, in each minute. */
  readonly factor?: (minute: number) => number
  /** How many times as long both take. */
  readonly both?: (minute: number) => number
}

/** Stable's past, and the counts of a release at each cut. */
function releaseOf({ sd = 0, lag = 0.8, together = false, factor = () => 1, both = () => 1 }: Kind, seed: number) {
  const draw = drawFrom(chance(seed, 'durations'))
  const [stable, own] = [wandering(draw, lag), wandering(draw, lag)]
  const count = (n: number, times: number): number[] => {
    let [left, above] = [n, 1]
    return thresholdsMs.map((ms) => {
      const share = slower(ms, times)
      left = draw.binomial(left, above <= 0 ? 0 : share / above)
      above = share
      return left
    })
  }
  const past = Array.from({ length: 180 }, () => ({ n: 1000, slow: count(1000, Math.exp(sd * stable())) }))
  const shareAt = (index: number): number =>
    (past.reduce((sum, { slow }) => sum + (slow[index] ?? 0), 0) + 0.5) / 180_001
  const logOdds = (ms: number): number => Math.log(slower(ms, 1) / (1 - slower(ms, 1)))
  const durations: NonNullable<Baseline['durations']> = {
    invocations: past.map(({ n }) => n),
    cuts: thresholdsMs.map((ms, index) => ({
      quantile: ['p50', 'p90', 'p99.9', '3 x p99'][index] ?? '',
      share: shareAt(index),
      slope: index === 3 ? 0 : Math.min(8, (logOdds(ms / 1.1) - logOdds(ms * 1.1)) / (2 * Math.log(1.1))),
      past: past.map(({ slow }) => slow[index] ?? 0),
    })),
  }
  const course = Array.from({ length: minutes }, (_, minute) => {
    const [s, c] = [Math.exp(sd * stable()), Math.exp(sd * own())]
    const shared = both(minute)
    return { stable: count(900, shared * s), candidate: count(100, shared * (together ? s : c) * factor(minute)) }
  })
  return { durations, course }
}

const counted = ({ stable, candidate }: { stable: number[]; candidate: number[] }): CountMinute[] =>
  stable.map((bad, index) => ({
    stableInvocations: 900,
    stableBad: bad,
    candidateInvocations: 100,
    candidateBad: candidate[index] ?? 0,
  }))

/** The first minute at which the mean of the e-values is 20, or that of one cut; Infinity if none is. */
function foundAt(kind: Kind, seed: number, withPast = true, cut?: number): number {
  const { durations, course } = releaseOf(kind, seed)
  const facts = latencyFacts({ thresholdsMs, durations: withPast ? durations : undefined })
  const rule = latencyRule(facts, { tolerance: 1.2, horizonMinutes: minutes })
  let states = rule.begin()
  const at = course.findIndex((minute) => {
    states = rule.step(states, counted(minute))
    const values = cut === undefined ? rule.logE(states) : rule.logE(states).slice(cut, cut + 1)
    return values.reduce((sum, logE) => sum + Math.exp(logE), 0) / values.length >= 20
  })
  return at < 0 ? Infinity : at + 1
}

const seeds = Array.from({ length: repeats(24, 8) }, (_, index) => 500 + index)
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

/** What both versions call is slow for five minutes. */
const slowFor = (minute: number): number => (minute >= 8 && minute < 13 ? 3 : 1)

describe('after minutes in which both versions were slow', () => {
  it.each([1.25, 2])('a candidate that takes %d times as long is found as soon as without them', (times) => {
    const factor = (minute: number): number => (minute < 25 ? 1 : times)
    const without = median(seeds.map((seed) => foundAt({ factor }, seed)))
    expect(without).toBeGreaterThan(25)
    expect(median(seeds.map((seed) => foundAt({ factor, both: slowFor }, seed)))).toBeLessThanOrEqual(without + 2)
  })

  it.each([0, 1])('a candidate that takes 1.25 times as long is found so at cut %d alone, in the bulk', (cut) => {
    const factor = (minute: number): number => (minute < 25 ? 1 : 1.25)
    const at = (kind: Kind): number => median(seeds.map((seed) => foundAt({ factor, ...kind }, seed, true, cut)))
    expect(at({})).toBeGreaterThan(25)
    expect(at({ both: slowFor })).toBeLessThanOrEqual(at({}) + 2)
  })

  it('a candidate that stays slow is found', () => {
    const factor = (minute: number): number => (minute < 13 ? 1 : 3)
    expect(median(seeds.map((seed) => foundAt({ factor, both: slowFor }, seed)))).toBeLessThanOrEqual(20)
  })

  it('a candidate that becomes as fast again two minutes later is healthy', () => {
    const factor = (minute: number): number => (minute < 13 || minute > 14 ? 1 : 3)
    const found = seeds.map((seed) => foundAt({ factor, both: slowFor }, seed))
    expect(found.filter(Number.isFinite)).toHaveLength(0)
  })
})

describe('durations of a healthy candidate', () => {
  const cases: readonly (readonly [string, Kind])[] = [
    ['steady', {}],
    ['5 % longer, which is allowed', { factor: () => 1.05 }],
    ['shorter', { factor: () => 0.85 }],
    ['shorter, and later as long as those of stable', { factor: (minute) => (minute < 20 ? 0.75 : 1) }],
    ['wandering by 10 %, each version on its own', { sd: 0.1 }],
    ['three times as long for both for minutes', { both: slowFor }],
    ['wandering by 30 % together', { sd: 0.3, together: true }],
    ['warming up', { factor: (minute) => 1 + 0.7 * Math.exp(-minute / 3) }],
  ]
  it.each(cases)('are not evidence: %s', (_, kind) => {
    expect(seeds.filter((seed) => Number.isFinite(foundAt(kind, seed))).length).toBeLessThanOrEqual(areAll ? 1 : 0)
  })

  it('that wander slowly by 10 % are seldom evidence, because the past of stable shows that they do', () => {
    const slow = { sd: 0.1, lag: 0.98 }
    const found = (withPast: boolean): number =>
      seeds.filter((seed) => Number.isFinite(foundAt(slow, seed, withPast))).length
    expect(found(true)).toBeLessThanOrEqual(areAll ? 2 : 0)
    expect(found(false)).toBeGreaterThan(found(true))
  })
})

describe('durations of a slower candidate', () => {
  it.each([
    ['twice as long', { factor: () => 2 }, 3],
    ['a quarter longer', { factor: () => 1.25 }, 10],
    ['a quarter longer while both versions wander together', { factor: () => 1.25, sd: 0.1, together: true }, 15],
    ['growing by 2 % a minute', { factor: (minute: number) => 1 + 0.02 * minute }, 14],
    ['a quarter longer from minute 25 on', { factor: (minute: number) => (minute < 25 ? 1 : 1.25) }, 29],
  ])('are found: %s', (_, kind, within) => {
    expect(median(seeds.map((seed) => foundAt(kind, seed)))).toBeLessThanOrEqual(within)
  })

  it('are less evidence right after a jump of traffic, which makes the candidate cold again', () => {
    const { durations, course } = releaseOf({ factor: (at) => (at < 15 ? 1 : 1 + Math.exp((15 - at) / 3)) }, 7)
    const rule = latencyRule(latencyFacts({ thresholdsMs, durations }), { tolerance: 1.2, horizonMinutes: minutes })
    const most = (jumpAt: number): number => {
      let states = rule.begin()
      const found = course.map((minute, at) => {
        states = rule.step(at === jumpAt ? rule.chill(states) : states, counted(minute))
        return Math.max(...rule.logE(states))
      })
      return Math.max(...found)
    }
    expect(most(15)).toBeLessThan(most(-1) - 3)
  })

  it('are found later without a past of stable, as in logs of before', () => {
    const twice = seeds.slice(0, 8).map((seed) => foundAt({ factor: () => 2 }, seed, false))
    expect(median(twice)).toBeLessThanOrEqual(10)
  })

  it('are found sooner the less is allowed', () => {
    const at = (tolerance: number): number => {
      const { durations, course } = releaseOf({ factor: () => 1.15 }, 7)
      const rule = latencyRule(latencyFacts({ thresholdsMs, durations }), { tolerance, horizonMinutes: minutes })
      const states = course.reduce((before, minute) => rule.step(before, counted(minute)), rule.begin())
      return Math.max(...rule.logE(states))
    }
    expect(at(1)).toBeGreaterThan(at(1.2))
    expect(at(1.2)).toBeGreaterThan(at(2))
  })

  it('count only while it is slower: what was slow and is fast again is no evidence', () => {
    const { durations, course } = releaseOf({ factor: (minute) => (minute < 15 ? 2 : 0.7) }, 7)
    const rule = latencyRule(latencyFacts({ thresholdsMs, durations }), { tolerance: 1.2, horizonMinutes: minutes })
    const states = course.reduce((before, minute) => rule.step(before, counted(minute)), rule.begin())
    expect(Math.max(...rule.logE(states))).toBeLessThanOrEqual(0)
  })
})

describe('the e-value of a cut', () => {
  const shares = [0.5, 0.1, 0.01]
  const few = 6
  const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k)
  const chanceOf = (x: number, n: number, p: number): number => choose(n, x) * p ** x * (1 - p) ** (n - x)

  /** The mean of E over every course of a candidate that is exactly as slow as stable, or exactly as slow as is allowed. */
  function meanOf(p: number, tolerance: number, deep: number): number {
    const facts = { cuts: [{ share: p, slope: 3.65, past: [] }], requests: [] }
    const rule = latencyRule(facts, { tolerance, horizonMinutes: deep })
    const odds = (p / (1 - p)) * tolerance
    const candidate = odds / (1 + odds)
    const stable = Math.round(50 * p)
    const follow = (states: ReturnType<typeof rule.begin>, left: number): number => {
      if (left === 0) return Math.exp(rule.logE(states)[0] ?? 0)
      return Array.from({ length: few + 1 }, (_, x) => x).reduce((sum, x) => {
        const data = { stableInvocations: 50, stableBad: stable, candidateInvocations: few, candidateBad: x }
        return sum + chanceOf(x, few, candidate) * follow(rule.step(states, [data]), left - 1)
      }, 0)
    }
    return follow(rule.begin(), deep)
  }

  it.each(shares)('is 1 at most on average, over every course of three minutes: share %d', (share) => {
    expect(meanOf(share, 1.2, 3)).toBeLessThanOrEqual(1)
  })
})

describe('the state of latency', () => {
  it('is small enough for a stored snapshot: about 25 KB for four cuts', () => {
    const { durations, course } = releaseOf({}, 7)
    const rule = latencyRule(latencyFacts({ thresholdsMs, durations }), { tolerance: 1.2, horizonMinutes: minutes })
    const states = course.reduce((before, minute) => rule.step(before, counted(minute)), rule.begin())
    expect(JSON.stringify(states).length).toBeLessThan(30_000)
    expect(JSON.parse(JSON.stringify(states))).toEqual(states)
  })
})

describe('the verdict on latency', () => {
  const watched = service({ signals: { errors: 'off', throttles: 'off', cost: 'off', latency: {} } })
  const invocations = Array.from({ length: 180 }, () => 900)
  const cut = (quantile: string, share: number) => ({
    quantile,
    share,
    slope: 4,
    past: invocations.map((n) => Math.round(n * share)),
  })
  const baseline: Baseline = {
    thresholdsMs: [120, 200, 812],
    durations: { invocations, cuts: [cut('p50', 0.5), cut('p90', 0.1), cut('p99.9', 0.001)] },
  }
  const course = (n: number, slow: readonly number[]) => () => ({ invocations: n, fast: slow.map((one) => n - one) })
  const said = (candidateSlow: readonly number[], changes: Partial<Baseline> = {}) =>
    judge(
      watched,
      lookAt({
        service: watched,
        stable: course(900, [450, 90, 1]),
        candidate: course(100, candidateSlow),
        minutes: 25,
        baseline: { ...baseline, ...changes },
      }),
    ).verdict

  it('says which quantile got worse, and by how much', () => {
    const { kind, because } = said([50, 10, 3])
    expect(kind).toBe('fail')
    expect(because).toMatch(
      /^latency: p99\.9: candidate 3\.00 % of 2200 take longer than 812 ms, stable 0\.11 % of 19800/,
    )
    expect(said([80, 40, 0]).because).toMatch(/^latency: p(50|90): candidate/)
    expect(said([50, 10, 0]).kind).toBe('pass')
  })

  it('says only the duration where the service has a threshold of its own, or the log is older', () => {
    const { durations: _, ...older } = baseline
    const verdict = judge(
      watched,
      lookAt({
        service: watched,
        stable: course(900, [9]),
        candidate: course(100, [30]),
        minutes: 25,
        baseline: { ...older, thresholdsMs: [812] },
      }),
    ).verdict
    expect(verdict).toMatchObject({ kind: 'fail' })
    expect(verdict.because).toMatch(/^latency: candidate 30\.00 % of 2200 take longer than 812 ms/)
    expect(verdict.signals[1]?.numbers ?? verdict.signals[0]?.numbers).toMatchObject({ thresholdMs: 812 })
  })
})
