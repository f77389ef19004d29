// Early promotion: how large the bursts are that were seen, and that a bad candidate is seldom proven good under them. By
// enumeration of a small design, and by simulation with the seeds that the names have.
import { describe, expect, it } from 'vitest'
import { drawFrom } from '../../../bench/trials/draw.ts'
import { earlyBad, earlyHealthy, runEarly } from '../../../bench/trials/early.ts'
import { chance } from '../../../cloud/local/time/chance.ts'
import { learn } from '../../../core/verdict/counts/learn.ts'
import { Baseline } from '../../../core/verdict/evidence/evidence.ts'
import {
  burstBegin,
  type Bursts,
  burstsOf,
  burstSizeAt,
  type BurstState,
  burstStep,
} from '../../../core/verdict/processes/bursts.ts'
import { earlyRule } from '../../../core/verdict/processes/early-promotion.ts'
import { every, lookAt } from './look.ts'
import { judge } from '../../../core/verdict/judge/judge.ts'
import { service } from '../sample.ts'

const off = { errors: 'off', latency: 'off', throttles: 'off', cost: 'off' }
const alpha = 0.05
const bad = { ratio: 2, rate: 0.01 }
const after = (counts: readonly number[], invocations = 1000): BurstState =>
  counts.reduce((state, count) => burstStep(state, invocations, count), burstBegin())
const sizeOf = (state: BurstState): number => burstSizeAt(state, 0)
const draw = drawFrom(chance(31, 'bursts'))
const minutesOf = (count: number, of: (minute: number) => number): readonly number[] =>
  Array.from({ length: count }, (_, minute) => of(minute))

describe('the size of bursts, seed 31', () => {
  it('is about 1 for single events, and about that of the bursts', () => {
    expect(sizeOf(after(minutesOf(240, () => draw.poisson(9))))).toBeLessThan(2.5)
    const tens = sizeOf(after(minutesOf(240, () => 10 * draw.poisson(0.9))))
    expect(tens).toBeGreaterThan(7)
    expect(tens).toBeLessThan(25)
  })

  it('counts a burst over several minutes as one', () => {
    const coming: number[] = []
    const spread = minutesOf(240, (minute) => {
      for (let storm = draw.poisson(0.2); storm > 0; storm--)
        for (let ahead = 0; ahead < 5; ahead++) coming[minute + ahead] = (coming[minute + ahead] ?? 0) + 10
      return coming[minute] ?? 0
    })
    // Minutes alone show bursts of ten.
    expect(sizeOf(after(spread))).toBeGreaterThan(30)
  })

  it('is seen as soon as it happens', () => {
    expect(sizeOf(after([0, 0, 0, 0, 50]))).toBeGreaterThan(10)
    expect(sizeOf(after([0, 0, 0, 0, 50, 0]))).toBeGreaterThan(20)
    // The block is not yet full.
    expect(sizeOf(after(minutesOf(24, (minute) => (minute < 20 ? 10 : 30))))).toBeGreaterThan(2)
    // What came first may be the usual rate.
    expect(sizeOf(after([50]))).toBe(1)
    expect(sizeOf(after([50, 0, 0]))).toBeGreaterThan(5)
  })

  it('does not grow with a rate that rises or falls all the time', () => {
    expect(sizeOf(after(minutesOf(240, (minute) => minute)))).toBeLessThan(1.1)
    expect(sizeOf(after(minutesOf(240, (minute) => 240 - minute)))).toBeLessThan(1.1)
    // An hour in which the rate is another one is seen.
    expect(sizeOf(after(minutesOf(240, (minute) => (minute >= 60 && minute < 120 ? 20 : 10))))).toBeGreaterThan(50)
  })

  it('is larger where a bad candidate would have more events', () => {
    const rare = after(minutesOf(240, () => 4 * draw.poisson(0.25)))
    const size = sizeOf(rare)
    expect(burstSizeAt(rare, 0.5)).toBe(size)
    const inMinute = rare.bad / rare.minutes
    expect(burstSizeAt(rare, 10 * inMinute)).toBeCloseTo(1 + 10 * (size - 1), 8)
  })

  it('is known from earlier stretches, each for itself, and survives JSON', () => {
    const counts = minutesOf(240, () => 10 * draw.poisson(0.9))
    const stretch = counts.map((count) => ({ invocations: 1000, bad: count }))
    const past = burstsOf([stretch])
    expect(sizeOf(burstBegin(past))).toBeCloseTo(sizeOf(after(counts)), 0)
    const doubled = burstsOf([stretch, stretch])
    expect(doubled.minutes).toBe(480)
    expect(doubled.squares[0]).toBe(2 * (past.squares[0] ?? NaN))
    expect(JSON.parse(JSON.stringify(past))).toEqual(past)
    expect(burstStep(after(counts), 0, 0)).toEqual(after(counts))
  })
})

describe('the evidence that a candidate is not bad', () => {
  const burst = 20
  const pastOf = (): Bursts => {
    const random = drawFrom(chance(32, 'past'))
    return burstsOf([minutesOf(240, () => burst * random.poisson(0.45)).map((bad) => ({ invocations: 1000, bad }))])
  }

  /** Every course of minutes in which the candidate has a burst or none, each as likely; 1 % of its requests fail. */
  function everyCourse(past: Bursts | undefined, minutes: number): { readonly ever: number; readonly mean: number } {
    const rule = earlyRule(bad, 60, past)
    let [ever, mean] = [0, 0]
    const walk = (state: typeof rule.begin, minute: number, proven: boolean): void => {
      const logE = minute === 0 ? 0 : rule.logE(state)
      const isProven = proven || logE >= Math.log(1 / alpha)
      if (minute === minutes) {
        mean += Math.exp(logE) / 2 ** minutes
        ever += isProven ? 1 / 2 ** minutes : 0
        return
      }
      for (const candidateBad of [0, burst]) {
        const data = { stableInvocations: 9000, stableBad: 0, candidateInvocations: 1000, candidateBad }
        walk(rule.step(state, data), minute + 1, isProven)
      }
    }
    walk(rule.begin, 0, false)
    return { ever, mean }
  }

  it('proves at most 5 % of bad candidates good in all courses of bursts of 20, once stable had them (seed 32)', () => {
    const { ever, mean } = everyCourse(pastOf(), 10)
    expect(ever).toBeLessThanOrEqual(alpha)
    expect(mean).toBeLessThanOrEqual(1)
  })

  it('learns the bursts from the candidate too, but not before it has had one', () => {
    // The first courses without any burst are believed: they are what nobody has seen.
    const { ever } = everyCourse(undefined, 10)
    expect(ever).toBeGreaterThan(0)
    expect(ever).toBeLessThanOrEqual(1 / 2 ** 3)
  })

  const seed = 33_001
  const runs = 12
  const situations = earlyHealthy.map((healthy, index) => ({ healthy, worse: earlyBad[index] ?? healthy }))

  it(`proves few bad candidates good, whatever the noise (seeds ${seed} to ${seed + runs - 1})`, () => {
    const outcomes = situations
      .filter(({ worse }) => worse.perMinute === 1000)
      .map(({ worse }) => ({ name: worse.name, ...runEarly(worse, runs, seed, alpha) }))
    const wrong = outcomes.reduce((sum, { promoted }) => sum + promoted, 0)
    // Without what was seen of the bursts it is a tenth of them, and half of them in some situations.
    expect(wrong / (runs * outcomes.length)).toBeLessThan(0.02)
    for (const { name, promoted } of outcomes) expect({ name, few: promoted <= 3 }).toEqual({ name, few: true })
  })

  it(`proves healthy ones good about as soon as if nothing had been seen (seeds ${seed} to ${seed + runs - 1})`, () => {
    const independent = situations.filter(({ healthy }) => healthy.noise.kind === 'independent')
    const medians = independent.map(({ healthy }) => runEarly(healthy, runs, seed, alpha).medianMinutes)
    // Of those that are just half as bad as a bad one, two thirds are promoted within the hour.
    const [half, , busy, high] = medians
    expect(half).toBeLessThanOrEqual(10)
    expect(busy).toBeLessThanOrEqual(8)
    expect(high).toBeLessThanOrEqual(13)
  })
})

describe('what a release has learned of bursts', () => {
  const random = drawFrom(chance(34, 'learned'))
  const learnedOf = (of: () => number) =>
    learn(
      { tolerance: 1, nulls: [] },
      {
        stable: minutesOf(240, of).map((stableBad) => ({
          stableInvocations: 9000,
          stableBad,
          candidateInvocations: 0,
          candidateBad: 0,
        })),
        releases: [],
      },
    )
  const watched = service({ signals: { ...off, errors: {} }, policy: { early: {} } })
  const isEarly = (learned: Baseline['learned'], stableBad: number, own: number): boolean => {
    const baseline = { thresholdsMs: [], because: 'it has no threshold', ...(learned === undefined ? {} : { learned }) }
    const found = lookAt({
      service: watched,
      stable: every(9000, stableBad),
      candidate: every(1000, own),
      minutes: 15,
      baseline,
    })
    return judge(watched, found).verdict.early === true
  }

  it('delays the promotion: seed 34', () => {
    const bursty = learnedOf(() => 100 * random.poisson(0.9))
    const single = learnedOf(() => random.poisson(90))
    expect(bursty?.bursts?.minutes).toBe(240)
    expect(isEarly(undefined, 90, 10)).toBe(true)
    expect(isEarly(single, 90, 10)).toBe(true)
    expect(isEarly(bursty, 90, 10)).toBe(false)
  })

  it('is kept in the log, where older logs have none of it', () => {
    const learned = learnedOf(() => random.poisson(90))
    expect(Baseline.parse(JSON.parse(JSON.stringify({ thresholdsMs: [], learned }))).learned).toEqual(learned)
    const { bursts: _, ...older } = learned ?? {}
    expect(Baseline.parse({ thresholdsMs: [], learned: older }).learned).toEqual(older)
    expect(() => Baseline.parse({ thresholdsMs: [], learned: { ...older, bursts: { minutes: 1 } } })).toThrow()
  })
})
