// What a release is charged with: nothing for what affects both versions, nothing invented, and no noise called damage.
import fc from 'fast-check'
import { randomBinomial, randomLcg, randomPoisson } from 'd3-random'
import { describe, expect, it } from 'vitest'
import {
  atLeast,
  burnedBeyond,
  type Charge,
  chargeOf,
  chargeWords,
  type SharedMinute,
  type TargetMinutes,
} from '../../../core/release/charge.ts'

type Burned = Exclude<ReturnType<typeof burnedBeyond>, { readonly unknown: string }>

const nothing = { all: 0, bad: 0 }
const minute = (candidate: readonly [number, number], stable: readonly [number, number]): SharedMinute => ({
  candidate: { all: candidate[0], bad: candidate[1] },
  stable: { all: stable[0], bad: stable[1] },
})
const burned = (...targets: readonly TargetMinutes[]): Burned => {
  const found = burnedBeyond(targets)
  if ('unknown' in found) throw new Error(found.unknown)
  return found
}
const alone = (...minutes: readonly SharedMinute[]): TargetMinutes => ({ minutes, before: nothing })

describe('a charge', () => {
  it("is the candidate's failures beyond stable's rate in the same minutes, by hand", () => {
    // 10 - 100 * 9 / 900 = 9, and 4 - 200 * 40 / 800 = -6.
    const found = burned(alone(minute([100, 10], [900, 9]), minute([200, 4], [800, 40])))
    expect(found).toMatchObject({ all: 300, elsewhen: 0, bad: 3 })
    // p_c = 15/302, p_s = 50/1702; 300 p_c(1-p_c) + (900/81 + 800/16) p_s(1-p_s).
    const [c, s] = [15 / 302, 50 / 1702]
    expect(found.error).toBeCloseTo(Math.sqrt(300 * c * (1 - c) + (900 / 81 + 800 / 16) * s * (1 - s)), 10)
  })

  it('is zero in an outage of both, however the split changed meanwhile', () => {
    const calm = (share: number): SharedMinute => minute([1000 * share, 0], [1000 * (1 - share), 0])
    const outage = (share: number): SharedMinute =>
      minute([1000 * share, 500 * share], [1000 * (1 - share), 500 * (1 - share)])
    const { bad } = burned(alone(calm(0.1), calm(0.1), outage(0.1), calm(0.5), outage(0.5), outage(0.9), calm(0.9)))
    expect(bad).toBeCloseTo(0, 9)
  })

  it('compares minutes with too little stable traffic with the rest of the release, and says how many', () => {
    const found = burned(alone(minute([100, 1], [900, 9]), minute([1000, 30], [0, 0]), minute([995, 30], [5, 5])))
    // Stable over the release: 14 of 905.
    expect(found).toMatchObject({ all: 2095, elsewhen: 1995 })
    expect(found.bad).toBeCloseTo(61 - 1 - (1995 * 14) / 905, 9)
  })

  it('uses the hour before if the release has too little stable traffic', () => {
    const all = { minutes: [minute([1000, 30], [0, 0])], before: { all: 60_000, bad: 600 } }
    expect(burned(all)).toMatchObject({ all: 1000, elsewhen: 1000, bad: 20 })
    // With enough stable traffic in the release, the hour before does not count.
    const enough = [...all.minutes, minute([100, 3], [900, 27])]
    expect(burned({ ...all, minutes: enough }).bad).toBeCloseTo(0, 9)
  })

  it('is unknown without a request of the candidate, or without anything to compare with', () => {
    expect(burnedBeyond([])).toEqual({ unknown: 'there is no request of the candidate' })
    expect(burnedBeyond([alone()])).toHaveProperty('unknown')
    expect(burnedBeyond([alone(minute([0, 0], [900, 9]))])).toHaveProperty('unknown')
    expect(burnedBeyond([alone(minute([1000, 30], [0, 0]))])).toEqual({
      unknown: 'there is no request of stable to compare with',
    })
    // One unknown target makes the sum unknown.
    expect(burnedBeyond([alone(minute([100, 1], [900, 9])), alone(minute([5, 0], [0, 0]))])).toHaveProperty('unknown')
  })

  const counts = fc
    .tuple(fc.integer({ min: 0, max: 500 }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([all, share]) => ({ all, bad: Math.floor(all * share) }))
  const some = fc.record({
    minutes: fc.array(fc.record({ candidate: counts, stable: counts }), { maxLength: 12 }),
    before: counts,
  })

  it('does not depend on the order of minutes or targets', () => {
    fc.assert(
      fc.property(fc.array(some, { maxLength: 3 }), (targets) => {
        const found = burnedBeyond(targets)
        const other = burnedBeyond(targets.toReversed().map((one) => ({ ...one, minutes: one.minutes.toReversed() })))
        if ('unknown' in found || 'unknown' in other) {
          expect(other).toHaveProperty('unknown')
          expect(found).toHaveProperty('unknown')
          return
        }
        expect(other.bad).toBeCloseTo(found.bad, 6)
        expect(other.error).toBeCloseTo(found.error, 6)
      }),
    )
  })

  it('doubles with the traffic, if stable has enough of it', () => {
    const enough = fc.record({
      candidate: counts,
      stable: counts.map(({ all, bad }) => ({ all: all + 10, bad })),
    })
    fc.assert(
      fc.property(fc.array(enough, { minLength: 1, maxLength: 12 }), (minutes) => {
        const twice = ({ all, bad }: { all: number; bad: number }) => ({ all: 2 * all, bad: 2 * bad })
        const doubled = minutes.map(({ candidate, stable }) => ({ candidate: twice(candidate), stable: twice(stable) }))
        const [found, double] = [burnedBeyond([alone(...minutes)]), burnedBeyond([alone(...doubled)])]
        if ('unknown' in found || 'unknown' in double) {
          expect(double).toEqual(found)
          return
        }
        expect(double.bad).toBeCloseTo(2 * found.bad, 6)
        expect(double.all).toBe(2 * found.all)
      }),
    )
  })

  it('never exceeds the failures, and its error is never zero', () => {
    fc.assert(
      fc.property(some, (target) => {
        const found = burnedBeyond([target])
        if ('unknown' in found) return
        const bad = target.minutes.reduce((sum, { candidate }) => sum + candidate.bad, 0)
        expect(found.bad).toBeLessThanOrEqual(bad + 1e-9)
        expect(found.error).toBeGreaterThan(0)
      }),
    )
  })
})

/** Simulates releases whose versions fail equally often, in `steps` of share and minutes; an outage hits one minute in thirty. */
function equals(seed: number, perMinute: number, rate: number, steps: readonly (readonly [number, number])[]): Burned {
  const source = randomLcg(seed)
  const minutes = steps.flatMap(([share, length]) =>
    Array.from({ length }, () => {
      const now = source() < 1 / 30 ? 0.4 : rate
      const draw = (mean: number) => {
        const all = mean === 0 ? 0 : randomPoisson.source(source)(mean)()
        return { all, bad: all === 0 ? 0 : randomBinomial.source(source)(all, now)() }
      }
      return { candidate: draw(perMinute * share), stable: draw(perMinute * (1 - share)) }
    }),
  )
  return burned({ minutes, before: { all: perMinute * 60, bad: Math.round(perMinute * 60 * rate) } })
}
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

describe('versions that are equal', () => {
  const runs = Array.from({ length: 600 }, (_, seed) => (seed + 0.5) / 600)
  const split = [
    [0.1, 10],
    [0.5, 10],
  ] as const

  it('are charged nothing on average, and are hardly ever called damage', () => {
    for (const perMinute of [30, 300]) {
      const found = runs.map((seed) => equals(seed, perMinute, 0.01, split))
      const spread = Math.sqrt(mean(found.map(({ bad }) => bad ** 2)) / found.length)
      expect(Math.abs(mean(found.map(({ bad }) => bad)))).toBeLessThan(3 * spread)
      expect(found.filter((one) => atLeast(one) > 0).length / found.length).toBeLessThan(0.07)
    }
  })

  it('vary as the error says', () => {
    // Without outages, so that the rate behind the error is the rate of the simulation.
    const found = runs.map((seed) => {
      const source = randomLcg(seed)
      const draw = (all: number) => ({ all, bad: randomBinomial.source(source)(all, 0.05)() })
      return burned(alone(...Array.from({ length: 20 }, () => ({ candidate: draw(40), stable: draw(160) }))))
    })
    const seen = Math.sqrt(mean(found.map(({ bad }) => bad ** 2)))
    expect(seen / mean(found.map(({ error }) => error))).toBeGreaterThan(0.9)
    expect(seen / mean(found.map(({ error }) => error))).toBeLessThan(1.1)
  })

  it('are distinguished from a candidate that fails one time in ten', () => {
    const found = burned(alone(...Array.from({ length: 10 }, () => minute([60, 6], [540, 1]))))
    expect(found.bad).toBeCloseTo(60 - 600 / 540, 1)
    expect(atLeast(found)).toBeGreaterThan(40)
  })
})

describe('in words', () => {
  const one = { all: 600, elsewhen: 0, bad: 58.9, error: 7.6 }
  it.each<readonly [Charge, string]>([
    [
      chargeOf('available', one, 1900),
      'available: 58.9 bad more than stable would have had (± 7.6 of 600), 3.1 % of the budget',
    ],
    [
      chargeOf('available', { ...one, bad: 5 }, undefined),
      'available: no more than chance explains (5 bad ± 7.6 of 600)',
    ],
    [
      chargeOf('available', { ...one, bad: -20, elsewhen: 100 }, 0),
      'available: 20 bad fewer than stable would have had (± 7.6 of 600; 100 compared with other minutes of stable)',
    ],
    [{ kind: 'unknown', slo: 'fast', because: 'so' }, 'fast: not known: so'],
  ])('%j', (charge, words) => expect(chargeWords(charge)).toBe(words))
})
