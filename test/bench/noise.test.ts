// The simulated noise of healthy services is what it says: rates, sizes, lengths, and the hours and releases before.
import { describe, expect, it } from 'vitest'
import { chance } from '../../cloud/local/time/chance.ts'
import type { WeightedMinute } from '../../bench/rivals/recorded.ts'
import { drawFrom } from '../../bench/trials/draw.ts'
import { earlierReleases, minutesOf, type Noise, pastOf, type Situation } from '../../bench/trials/noise.ts'
import { newNoisesFlat, noisesFlat, noisesInSteps, outagesByStep } from '../../bench/trials/noises.ts'
import { stormy } from '../../bench/trials/storms.ts'
import { flat, to90, toAll } from '../../bench/trials/weights.ts'

const seeds = Array.from({ length: 60 }, (_, seed) => seed)
const base = { perMinute: 1000, rate: 0.01, minutes: 60, weightBp: flat }
const under = (noise: Noise, more: Partial<Situation> = {}): Situation => ({ ...base, name: 'tried', noise, ...more })

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
const mean = (values: readonly number[]): number => sum(values) / values.length
const covariance = (a: readonly number[], b: readonly number[]): number => {
  const [ofA, ofB] = [mean(a), mean(b)]
  return mean(a.map((value, index) => (value - ofA) * ((b[index] ?? 0) - ofB)))
}
const correlation = (a: readonly number[], b: readonly number[]): number =>
  covariance(a, b) / Math.sqrt(covariance(a, a) * covariance(b, b))
const deviation = (values: readonly number[]): number => Math.sqrt(covariance(values, values))

type Arm = 'stable' | 'candidate'
/** The share of a version's requests that fails, over the given minutes of all seeds. */
function rateOf(situation: Situation, arm: Arm, from: number, to: number): number {
  const seen = seeds.flatMap((seed) => minutesOf(situation, seed).slice(from, to))
  return sum(seen.map((one) => one[`${arm}Bad`])) / sum(seen.map((one) => one[`${arm}Invocations`]))
}
const logRate = (minute: WeightedMinute | undefined, arm: Arm): number =>
  Math.log(((minute?.[`${arm}Bad`] ?? 0) + 0.5) / (minute?.[`${arm}Invocations`] ?? 1))
const logRates = (minutes: readonly (WeightedMinute | undefined)[], arm: Arm): number[] =>
  minutes.map((one) => logRate(one, arm))
/** So much traffic that the counts show the rate. */
const clear = { perMinute: 1_000_000, rate: 0.01, weightBp: () => 5000 }

describe('storms', () => {
  it.each([1.1, 1.5])('have a tail of shape %s', (shape) => {
    const draw = drawFrom(chance(1, 'sizes'))
    const sizesSeen = Array.from({ length: 100_000 }, () => draw.pareto(shape))
    for (const size of [1, 2, 10, 100]) {
      const share = sizesSeen.filter((one) => one >= size).length / sizesSeen.length
      expect(share / size ** -shape).toBeGreaterThan(0.8)
      expect(share / size ** -shape).toBeLessThan(1.2)
    }
  })

  it('take as many minutes as they may, and bring the usual rate in the mean', () => {
    const errors = stormy(drawFrom(chance(2, 'storms')), { shape: 1.5, minutes: [1, 5] })
    const first = errors(1e6, 0.1)
    const rest = Array.from({ length: 6 }, () => errors(1e6, 0))
    // Those of one minute, a half of those of two, a third of those of three, ... of equal numbers.
    expect(first / 1e5).toBeCloseTo((1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5, 1)
    expect(rest[3]).toBeGreaterThan(0)
    expect(rest.slice(4)).toEqual([0, 0])
    expect((first + sum(rest)) / 1e5).toBeCloseTo(1, 1)
    const long = stormy(drawFrom(chance(2, 'storms')), { shape: 1.5, minutes: [4, 4] })
    const parts = [long(1e6, 0.1), long(1e6, 0), long(1e6, 0), long(1e6, 0)]
    for (const part of parts) expect(part / sum(parts)).toBeCloseTo(1 / 4, 1)
    const within = stormy(drawFrom(chance(2, 'storms')), { shape: 1.5, minutes: [1, 1] })
    expect([within(1e6, 0.1) > 0, within(1e6, 0)]).toEqual([true, 0])
    expect(within(3, 1)).toBeLessThanOrEqual(3)
  })

  it('of the two versions have nothing to do with each other', () => {
    const seen = minutesOf(
      under({ kind: 'storms', shape: 1.2, minutes: [1, 8] }, { weightBp: () => 5000, minutes: 2000 }),
      3,
    )
    expect(Math.abs(correlation(logRates(seen, 'stable'), logRates(seen, 'candidate')))).toBeLessThan(0.1)
  })
})

describe('groups', () => {
  const three: Noise = { kind: 'groups', size: 3 }

  it('fail the share that is said, also of few requests, and all of them where all fail', () => {
    const few = under(three, { perMinute: 3, rate: 0.3, minutes: 200 })
    expect(rateOf(few, 'stable', 0, 200)).toBeCloseTo(0.3, 1)
    expect(rateOf({ ...few, rate: 1 }, 'stable', 0, 200)).toBe(1)
  })

  it('vary by five times as much as chance, where few of many fail', () => {
    const bad = minutesOf(under(three, { minutes: 3000 }), 1).map(({ stableBad }) => stableBad)
    // The mean of the squares of sizes is five times their mean.
    expect(deviation(bad) ** 2 / mean(bad)).toBeGreaterThan(4.5)
    expect(deviation(bad) ** 2 / mean(bad)).toBeLessThan(5.5)
  })
})

describe('cold starts', () => {
  it('fail further requests of the candidate in the three minutes after each rise of the weight', () => {
    const cold = under({ kind: 'cold', added: [0.05, 0.03, 0.01] }, { weightBp: to90 })
    for (const rise of [0, 20, 40]) {
      const rates = [0, 1, 2, 3, 19].map((age) => rateOf(cold, 'candidate', rise + age, rise + age + 1))
      ;[0.06, 0.04, 0.02, 0.01, 0.01].forEach((rate, index) =>
        expect(Math.abs((rates[index] ?? 0) - rate)).toBeLessThan(0.01),
      )
      expect(rateOf(cold, 'stable', rise, rise + 3)).toBeCloseTo(0.01, 2)
    }
  })
})

describe('outages', () => {
  it('take five minutes of the given step and hit the candidate so much harder', () => {
    const outage = under({ kind: 'outage', skew: 1.35, within: [40, 60] }, { weightBp: to90 })
    for (const seed of seeds) {
      const minutes = minutesOf(outage, seed)
      const out = minutes.flatMap((one, minute) => (one.candidateBad / one.candidateInvocations > 0.15 ? [minute] : []))
      expect(out).toHaveLength(5)
      expect(out[0]).toBeGreaterThanOrEqual(40)
      expect((out[4] ?? 0) - (out[0] ?? 0)).toBe(4)
    }
    const everywhere = under({ kind: 'outage', skew: 1.35 }, { weightBp: () => 5000 })
    const rises = (['stable', 'candidate'] as const).map((arm) => rateOf(everywhere, arm, 0, 60) - 0.01)
    expect((rises[1] ?? 0) / (rises[0] ?? 1)).toBeCloseTo(1.35, 1)
    expect(rises[0]).toBeCloseTo((0.2 * 5) / 60, 2)
  })

  it('are in every step, with and without stable beside the candidate', () => {
    const steps = outagesByStep.map(({ noise, weightBp }) => [noise.kind === 'outage' && noise.within, weightBp(59)])
    const within = [
      [0, 20],
      [20, 40],
      [40, 60],
    ]
    expect(steps).toEqual([
      ...within.map((one) => [one, 10_000]),
      ...within.map((one) => [one, 9000]),
      [[40, 60], 9500],
      [[40, 60], 8000],
    ])
  })
})

describe('rates that wander', () => {
  it('drift with the given deviation and lag, each version by itself', () => {
    const minutes = minutesOf(under({ kind: 'drift', deviation: 0.3, lag: 0.98 }, { ...clear, minutes: 20_000 }), 1)
    const [stable, candidate] = [logRates(minutes, 'stable'), logRates(minutes, 'candidate')]
    for (const rates of [stable, candidate]) expect(deviation(rates)).toBeCloseTo(0.3, 1)
    expect(correlation(stable.slice(1), stable.slice(0, -1))).toBeCloseTo(0.98, 2)
    expect(Math.abs(correlation(stable, candidate))).toBeLessThan(0.25)
  })

  it('walk away from the usual one by steps of the given deviation, each version by itself', () => {
    const walk = under({ kind: 'walk', deviation: 0.1 }, clear)
    const ends = seeds.map((seed) => minutesOf(walk, seed))
    const [stable, candidate] = (['stable', 'candidate'] as const).map((arm) =>
      [0, 59].map((minute) =>
        logRates(
          ends.map((one) => one[minute]),
          arm,
        ),
      ),
    )
    expect(deviation(stable?.[0] ?? [])).toBeLessThan(0.05)
    expect(deviation(stable?.[1] ?? [])).toBeGreaterThan(0.1 * Math.sqrt(59) * 0.7)
    expect(deviation(stable?.[1] ?? [])).toBeLessThan(0.1 * Math.sqrt(59) * 1.4)
    expect(Math.abs(correlation(stable?.[1] ?? [], candidate?.[1] ?? []))).toBeLessThan(0.4)
  })

  it('follow the day, as traffic does', () => {
    const day = minutesOf(under({ kind: 'seasons', traffic: 0.8, rate: 0.5 }, { ...clear, minutes: 1440 }), 4)
    const traffic = day.map((one) => one.stableInvocations + one.candidateInvocations)
    const rates = day.map((one) => one.stableBad / one.stableInvocations)
    expect(Math.max(...traffic) / 1e6).toBeCloseTo(1.8, 1)
    expect(Math.min(...traffic) / 1e6).toBeCloseTo(0.2, 1)
    expect(Math.max(...rates) / 0.01).toBeCloseTo(1.5, 0)
    expect(correlation(logRates(day, 'stable'), logRates(day, 'candidate'))).toBeGreaterThan(0.9)
    const begins = seeds.map((seed) =>
      sum(minutesOf(under({ kind: 'seasons', traffic: 0.8, rate: 0.5 }), seed).map((one) => one.stableInvocations)),
    )
    expect(Math.max(...begins) / Math.min(...begins)).toBeGreaterThan(5)
  })
})

describe('before a release', () => {
  const drift = under({ kind: 'drift', deviation: 0.3, lag: 0.98 }, clear)

  it('stable is alone for 240 minutes, under the same noise and with draws of its own', () => {
    for (const situation of noisesFlat) {
      const past = pastOf(situation, 7)
      expect(past).toHaveLength(240)
      expect(sum(past.map((one) => one.candidateInvocations + one.candidateBad))).toBe(0)
      expect(past).toEqual(pastOf(situation, 7))
      expect(past.slice(0, 60)).not.toEqual(pastOf(situation, 8).slice(0, 60))
    }
    const storms = under({ kind: 'storms', shape: 1.2, minutes: [1, 5] })
    const dispersion = (situation: Situation): number => {
      const bad = seeds.flatMap((seed) => pastOf(situation, seed).map((one) => one.stableBad))
      return deviation(bad) ** 2 / mean(bad)
    }
    expect(dispersion(storms)).toBeGreaterThan(5)
    expect(dispersion({ ...storms, noiseBefore: { kind: 'independent' } })).toBeLessThan(1.2)
    expect(newNoisesFlat.every(({ noiseBefore }) => noiseBefore?.kind === 'independent')).toBe(true)
  })

  it.each([
    ['drifts', drift],
    ['drifts with the candidate', under({ kind: 'shared' }, clear)],
    ['walks', under({ kind: 'walk', deviation: 0.1 }, { ...clear, rate: 0.001 })],
  ])('a rate that %s goes on from where it was', (_, situation) => {
    const steps = (distance: number): number =>
      deviation(
        seeds.map(
          (seed) =>
            logRate(minutesOf(situation, seed)[0], 'stable') -
            logRate(pastOf(situation, seed).at(-1 - distance), 'stable'),
        ),
      )
    expect(steps(0)).toBeLessThan(0.6 * steps(9))
    const past = seeds.map((seed) => logRates(pastOf(situation, seed), 'stable'))
    expect(deviation(past.map((one) => one[0] ?? 0))).toBeGreaterThan(0.2)
  })

  it('earlier releases have the same plan and noise, no fault, and nothing else in common', () => {
    const faulty = { ...drift, weightBp: toAll, fault: { added: 0.5, fromMinute: 0 } }
    const earlier = earlierReleases(faulty, 10, 7)
    expect(earlier).toHaveLength(10)
    expect(earlier).toEqual(earlierReleases(faulty, 10, 7))
    for (const minutes of earlier) {
      expect(minutes.map((one) => one.weightBp)).toEqual(minutesOf(faulty, 7).map((one) => one.weightBp))
      expect(Math.max(...minutes.map((one) => one.candidateBad / one.candidateInvocations))).toBeLessThan(0.1)
    }
    const begins = [...earlier, minutesOf(faulty, 7)].map((minutes) => minutes[0]?.stableBad)
    expect(new Set(begins).size).toBe(11)
    const first = seeds.map((seed) => earlierReleases(drift, 1, seed)[0]?.[0])
    const own = seeds.map((seed) => minutesOf(drift, seed)[0])
    expect(Math.abs(correlation(logRates(first, 'stable'), logRates(own, 'stable')))).toBeLessThan(0.4)
  })
})

describe('the lists', () => {
  it('have no two situations of one name, and the same ones at a fixed weight and in steps', () => {
    const names = [...noisesFlat, ...noisesInSteps, ...newNoisesFlat, ...outagesByStep].map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(noisesInSteps.map(({ noise, perMinute, rate }) => ({ noise, perMinute, rate }))).toEqual(
      noisesFlat.map(({ noise, perMinute, rate }) => ({ noise, perMinute, rate })),
    )
    expect(new Set(noisesInSteps.map(({ weightBp }) => weightBp(59)))).toEqual(new Set([9000]))
  })
})
