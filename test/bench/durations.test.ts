// The simulated durations are what they say, and are counted at any thresholds.
import { describe, expect, it } from 'vitest'
import {
  type DurationMinute,
  quantileOf,
  recordedDurations,
  slowMinutes,
  type TimedRelease,
} from '../../bench/rivals/durations.ts'
import { durationsOf, type TimedSituation } from '../../bench/trials/durations.ts'
import { slowOnes, unchangedOnes } from '../../bench/trials/timed-situations.ts'
import { runTimedTrial } from '../../bench/trials/timed-trial.ts'

const named = (name: string): TimedSituation => {
  const found = [...slowOnes, ...unchangedOnes].find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no ${name}`)
  return found
}
const of = (name: string, seed = 1): TimedRelease => durationsOf(named(name), seed)

type Arm = keyof DurationMinute
const all = ({ minutes }: TimedRelease, arm: Arm, from = 0, to = 60): Float64Array =>
  Float64Array.from(minutes.slice(from, to).flatMap((minute) => [...minute[arm]])).sort()
const above = (durations: Float64Array, ms: number): number =>
  durations.filter((one) => one > ms).length / durations.length
const median = (durations: Float64Array): number => quantileOf(durations, 0.5)
const ratio = (name: string, from = 0, to = 60): number => {
  const release = of(name)
  return median(all(release, 'candidate', from, to)) / median(all(release, 'stable', from, to))
}

describe('durations', () => {
  it('are sorted, seeded, and a tenth of them is the candidate', () => {
    const release = of('x2')
    expect(release.minutes[59]).toEqual(of('x2').minutes[59])
    expect(release.minutes[59]).not.toEqual(of('x2', 2).minutes[59])
    expect(release.minutes).toHaveLength(60)
    expect(release.before).toHaveLength(180)
    expect(release.usual).toHaveLength(release.before.reduce((sum, { length }) => sum + length, 0))
    for (const durations of [release.usual, ...release.before.slice(0, 5)])
      expect(durations.every((ms, index) => ms >= (durations[index - 1] ?? 0))).toBe(true)
    const [stable, candidate] = [all(release, 'stable').length, all(release, 'candidate').length]
    expect(candidate / (stable + candidate)).toBeCloseTo(0.1, 2)
    expect((stable + candidate) / 60_000).toBeCloseTo(1, 1)
  })

  it('have the medians and tails of their services', () => {
    const { usual } = of('lognormal')
    expect(median(usual) / 120).toBeCloseTo(1, 1)
    expect(quantileOf(usual, 0.99) / median(usual)).toBeCloseTo(Math.exp(0.4 * 2.326), 1)
    expect(above(of('bimodal').usual, 25)).toBeCloseTo(0.2, 2)
    expect(median(of('bimodal').usual)).toBeLessThan(9)
    const tail = of('Pareto').usual
    expect(above(tail, 500) / 10 ** -1.2).toBeCloseTo(1, 1)
    expect(above(tail, 5000) / 100 ** -1.2).toBeCloseTo(1, 0)
    expect(tail.at(-1)).toBeLessThanOrEqual(900_000)
    expect(above(of('1 % ten times slower').usual, 450)).toBeCloseTo(0.01, 2)
  })

  it('of slow candidates are so much longer, and stable has none of it', () => {
    expect(ratio('x1.25')).toBeCloseTo(1.25, 1)
    expect(ratio('5 % slower')).toBeCloseTo(1.05, 1)
    expect(ratio('15 % faster')).toBeCloseTo(0.85, 1)
    const shares = (name: string, ms: number) =>
      (['stable', 'candidate'] as const).map((arm) => above(all(of(name), arm), ms))
    const [stableHangs, hangs] = shares('.5 % hang for 30 s', 29_999)
    expect(stableHangs).toBe(0)
    expect(Math.abs((hangs ?? 0) - 0.005)).toBeLessThan(0.002)
    const [stableSlow, slow] = shares('1 % ten times slower', 4500)
    expect([stableSlow, Math.round(100 * (slow ?? 0))]).toEqual([0, 1])
    expect(shares('+500 ms on 3 %', 560)[1]).toBeCloseTo(0.03, 2)
    expect(ratio('cache hits 8 -> 16 ms')).toBeCloseTo(2, 0)
    const [misses, candidateMisses] = shares('cache hits 8 -> 16 ms', 150)
    expect(Math.abs((misses ?? 0) - (candidateMisses ?? 0))).toBeLessThan(0.02)
  })

  it('grow, begin late, warm up and pause when they should', () => {
    expect(ratio('2 % slower a minute', 49, 50)).toBeCloseTo(2, 0)
    expect([ratio('x3 from 25', 0, 25), ratio('x3 from 25', 25)].map(Math.round)).toEqual([1, 3])
    expect([ratio('cold for 3 minutes', 0, 3), ratio('cold for 3 minutes', 3, 4)].map(Math.round)).toEqual([5, 1])
    expect(ratio('JIT', 0, 1)).toBeGreaterThan(2.5)
    expect(ratio('JIT', 1, 2)).toBeGreaterThan(1.6)
    expect(ratio('JIT', 6)).toBeCloseTo(1, 1)
    const both = of('both x2 from 30')
    expect(median(all(both, 'stable', 30)) / median(all(both, 'stable', 0, 30))).toBeCloseTo(2, 1)
    expect(ratio('both x2 from 30', 30)).toBeCloseTo(1, 1)
    const pausing = of('GC pauses').minutes.map(({ stable }) => above(stable, 320) > 0.02)
    expect(pausing.filter(Boolean).length).toBeGreaterThan(1)
    expect(pausing.filter(Boolean).length).toBeLessThan(15)
  })

  it('wander together or each by itself', () => {
    const logs = (name: string, arm: Arm): number[] => of(name).minutes.map((minute) => Math.log(median(minute[arm])))
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
    const correlation = (name: string): number => {
      const [a, b] = [logs(name, 'stable'), logs(name, 'candidate')]
      const [ofA, ofB] = [mean(a), mean(b)]
      const product = (x: readonly number[], ofX: number, y: readonly number[], ofY: number): number =>
        mean(x.map((value, index) => (value - ofX) * ((y[index] ?? 0) - ofY)))
      return product(a, ofA, b, ofB) / Math.sqrt(product(a, ofA, a, ofA) * product(b, ofB, b, ofB))
    }
    const deviation = (name: string): number => {
      const values = logs(name, 'stable')
      return Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)))
    }
    expect(correlation('both drift together')).toBeGreaterThan(0.8)
    expect(Math.abs(correlation('each wanders by .1, lag .8'))).toBeLessThan(0.5)
    expect(deviation('each wanders by .1, lag .8')).toBeGreaterThan(0.06)
    expect(deviation('each wanders by .1, lag .8')).toBeLessThan(0.15)
    expect(deviation('lognormal')).toBeLessThan(0.03)
  })
})

describe('counts of durations', () => {
  const release: TimedRelease = {
    weightBp: 1000,
    minutes: [
      { stable: Float64Array.of(1, 2, 3, 3, 9), candidate: Float64Array.of(3, 4) },
      { stable: Float64Array.of(), candidate: Float64Array.of(8) },
    ],
    before: [],
    usual: Float64Array.of(1, 2, 3, 4),
  }

  it('are those above each of any number of thresholds', () => {
    const counts = slowMinutes(release, [0.5, 2, 3, 8, 10])
    const bad = counts.map((minutes) => minutes.map(({ stableBad, candidateBad }) => [stableBad, candidateBad]))
    expect(bad).toEqual([
      [
        [5, 2],
        [0, 1],
      ],
      [
        [3, 2],
        [0, 1],
      ],
      [
        [1, 1],
        [0, 1],
      ],
      [
        [1, 0],
        [0, 0],
      ],
      [
        [0, 0],
        [0, 0],
      ],
    ])
    expect(counts[0]?.[0]).toMatchObject({ stableInvocations: 5, candidateInvocations: 2 })
    expect([0, 0.5, 0.6, 0.99].map((share) => quantileOf(release.usual, share))).toEqual([1, 3, 3, 4])
  })

  it('reach the judge as CloudWatch has them: those that do not exceed the threshold', () => {
    const { readings, targets, minutes, shifts } = recordedDurations(release, [2, 3, 8, 10])
    const values = (key: string) => {
      const reading = readings.get(key)
      return reading?.kind === 'points' ? reading.points.map(({ value }) => value) : undefined
    }
    expect(values('0.s.durations')).toEqual([5, 0])
    expect(values('0.c.invocations')).toEqual([2, 1])
    expect(['0.s.fast0', '0.s.fast1', '0.c.fast1', '0.s.fast3'].map(values)).toEqual([
      [2, 0],
      [4, 0],
      [1, 0],
      [5, 0],
    ])
    expect(targets[0]?.baseline.thresholdsMs).toEqual([2, 3, 8, 10])
    expect([minutes, shifts[0]?.weightBp]).toEqual([2, 1000])
  })
})

describe('a trial of durations', () => {
  it('counts from when the fault begins, and apart what was rolled back before', () => {
    const at = (minute: number) => ({
      name: `${minute}`,
      about: '',
      judge: () =>
        Array.from({ length: 60 }, (_, index) => (index + 1 === minute ? ('fail' as const) : ('pass' as const))),
    })
    const [early, late, none] = runTimedTrial([at(25), at(30), at(61)], named('x3 from 25'), 2, 1, 0.05)
    expect(early).toEqual({ runs: 2, early: 2, fired: 0, median: Infinity })
    expect(late).toEqual({ runs: 2, early: 0, fired: 2, median: 5 })
    expect(none).toEqual({ runs: 2, early: 0, fired: 0, median: Infinity })
  })
})
