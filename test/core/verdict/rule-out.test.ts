// What the counts rule out: an e-value against every fault that is large enough, and a lower bound of the ratio that holds at all
// minutes. Both by enumeration of small designs and by simulation.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import { drawFrom } from '../../../bench/trials/draw.ts'
import { chance } from '../../../cloud/local/time/chance.ts'
import { dispersionBegin, dispersionStep, seenDispersion } from '../../../core/verdict/processes/dispersion.ts'
import { facing, facingTolerance } from '../../../core/verdict/processes/facing.ts'
import { lowestRatio, ratioBegin, ratioStep } from '../../../core/verdict/processes/ratio-bound.ts'
import { type Counts, type Fault, logRuledOut, smallestRuledOut } from '../../../core/verdict/processes/rule-out.ts'
import type { CountMinute } from '../../../core/verdict/processes/split-process.ts'

const counts = (total: Partial<CountMinute>, more: Partial<Counts> = {}): Counts => ({
  total: { stableInvocations: 0, stableBad: 0, candidateInvocations: 0, candidateBad: 0, ...total },
  dispersion: 1,
  bounded: true,
  ...more,
})
const tripling: Fault = { share: 0.1, ratio: 3, tolerance: 1 }
const logOf = (bad: number, all: number, rate: number): number =>
  (bad > 0 ? bad * Math.log(rate) : 0) + (all > bad ? (all - bad) * Math.log1p(-rate) : 0)

const binomial = (n: number, p: number): readonly number[] => {
  const found = [(1 - p) ** n]
  for (let x = 1; x <= n; x++) found.push(((found[x - 1] ?? 0) * (n - x + 1) * p) / (x * (1 - p)))
  return found
}
const poisson = (mean: number): readonly number[] => {
  const found = [Math.exp(-mean)]
  for (let x = 1; x < 60; x++) found.push(((found[x - 1] ?? 0) * mean) / x)
  return found
}

describe('the evidence against a fault', () => {
  const pairs = [
    [0, 0.1],
    [0.01, 0.11],
    [0.05, 0.15],
    [0.1, 0.3],
    [0.2, 0.7],
    [0.02, 0.5],
  ] as const

  it.each([
    [12, 12],
    [30, 10],
    [7, 40],
  ])('has a mean of at most 1 under each such fault: %i requests of stable, %i of the candidate', (n, own) => {
    for (const bounded of [true, false])
      for (const [usual, bad] of pairs) {
        const [stable, candidate] = bounded
          ? [binomial(n, usual), binomial(own, bad)]
          : [poisson(n * usual), poisson(own * bad)]
        let mean = 0
        stable.forEach((share, stableBad) =>
          candidate.forEach((ownShare, candidateBad) => {
            const total = { stableInvocations: n, stableBad, candidateInvocations: own, candidateBad }
            mean += share * ownShare * Math.exp(logRuledOut(counts(total, { bounded }), tripling))
          }),
        )
        expect(mean).toBeLessThanOrEqual(1)
      }
  })

  it('compares with the most likely of all bad pairs: no pair on a fine grid is likelier', () => {
    const size = fc.integer({ min: 1, max: 300 })
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    const fault = fc.record({
      share: fc.double({ min: 0, max: 0.9, noNaN: true }),
      ratio: fc.double({ min: 1, max: 20, noNaN: true }),
      tolerance: fc.double({ min: 0.3, max: 3, noNaN: true }),
    })
    fc.assert(
      fc.property(size, share, size, share, fault, (stableInvocations, a, candidateInvocations, b, one) => {
        const stableBad = Math.floor(a * a * stableInvocations)
        const candidateBad = Math.floor(b * b * candidateInvocations)
        const seen = counts({ stableInvocations, stableBad, candidateInvocations, candidateBad })
        const at = (usual: number, own: number): number =>
          logOf(stableBad, stableInvocations, usual) + logOf(candidateBad, candidateInvocations, own)
        // Of no fault at all, what was seen is the most likely pair.
        const best = at(stableBad / stableInvocations, candidateBad / candidateInvocations)
        const healthy = logRuledOut(seen, { share: 0, ratio: 1, tolerance: 1e-9 }) + best
        let likeliest = -Infinity
        for (let step = 0; step <= 2000; step++) {
          const usual = (step / 2000) ** 2
          const edge = Math.max(one.tolerance * usual + one.share, one.ratio * one.tolerance * usual)
          if (edge <= 1) likeliest = Math.max(likeliest, at(usual, Math.max(edge, candidateBad / candidateInvocations)))
        }
        const found = healthy - logRuledOut(seen, one)
        expect(found).toBeGreaterThanOrEqual(likeliest - 1e-6 * Math.abs(likeliest) - 1e-9)
        if (likeliest > -100) expect(found).toBeLessThan(likeliest + 0.05 * Math.abs(likeliest) + 0.2)
      }),
      { numRuns: repeats(300, 100) },
    )
  })

  it('seldom ever rules out a fault that is there, however often it is looked at (seed 31)', () => {
    const releases = 300
    for (const [usual, bad, perMinute] of [
      [0.001, 0.101, 30],
      [0.05, 0.15, 100],
      [0.01, 0.111, 1000],
    ] as const) {
      let wrong = 0
      for (let release = 0; release < releases; release++) {
        const draw = drawFrom(chance(31 + release, `rule out ${perMinute}`))
        let total = counts({}).total
        const isWrong = Array.from({ length: 60 }).some(() => {
          const own = draw.poisson(perMinute / 2)
          const stable = draw.poisson(perMinute / 2)
          total = {
            stableInvocations: total.stableInvocations + stable,
            stableBad: total.stableBad + draw.binomial(stable, usual),
            candidateInvocations: total.candidateInvocations + own,
            candidateBad: total.candidateBad + draw.binomial(own, bad),
          }
          return logRuledOut(counts(total), tripling) >= Math.log(10)
        })
        if (isWrong) wrong++
      }
      expect(wrong / releases).toBeLessThanOrEqual(0.1)
    }
  })

  it('is none before both versions have had requests, and all of a fault that cannot be', () => {
    expect(logRuledOut(counts({ stableInvocations: 90 }), tripling)).toBe(-Infinity)
    expect(logRuledOut(counts({ candidateInvocations: 90 }), tripling)).toBe(-Infinity)
    expect(smallestRuledOut(counts({ stableInvocations: 90 }))).toEqual({ share: Infinity, times: Infinity })
  })

  it('grows with the requests, and with the fault; bursts weaken it', () => {
    const seen = (times: number, dispersion = 1) =>
      counts(
        {
          stableInvocations: 500 * times,
          stableBad: 5 * times,
          candidateInvocations: 500 * times,
          candidateBad: 5 * times,
        },
        { dispersion },
      )
    const [few, many, bursty] = [smallestRuledOut(seen(1)), smallestRuledOut(seen(20)), smallestRuledOut(seen(20, 5))]
    expect(many.share).toBeLessThan(few.share / 3)
    expect(many.times).toBeLessThan(few.times / 2)
    expect(bursty.share).toBeGreaterThan(many.share)
    expect(bursty.times).toBeGreaterThan(many.times)
    expect(logRuledOut(seen(20, 5), tripling)).toBeCloseTo(logRuledOut(seen(4), tripling), 9)
    expect(logRuledOut(seen(1), { ...tripling, share: 0.2 })).toBeGreaterThan(logRuledOut(seen(1), tripling))
    expect(logRuledOut(seen(1), { ...tripling, ratio: 30 })).toBeGreaterThan(logRuledOut(seen(1), tripling))
    // What is ruled out, is: the number errs on the safe side, and hardly.
    const { share, times } = many
    expect(logRuledOut(seen(20), { share, ratio: 1, tolerance: 1 })).toBeGreaterThanOrEqual(Math.log(10))
    expect(logRuledOut(seen(20), { share: share * 0.97, ratio: 1, tolerance: 1 })).toBeLessThan(Math.log(10))
    expect(logRuledOut(seen(20), { share: 0, ratio: times, tolerance: 1 })).toBeGreaterThanOrEqual(Math.log(10))
    expect(logRuledOut(seen(20), { share: 0, ratio: times * 0.97, tolerance: 1 })).toBeLessThan(Math.log(10))
  })
})

describe('the lower bound of the ratio', () => {
  it.each([
    [1, 1, 'higher'],
    [3.1, 1, 'higher'],
    [2.6, 1.5, 'higher'],
    [0.4, 1, 'lower'],
    [1, 1, 'lower'],
  ] as const)(
    'is right at all minutes of nearly all releases: ratio %d, tolerance %d, %s is worse',
    (ratio, tolerance, worse) => {
      const releases = 200
      let wrong = 0
      let sum = 0
      for (let release = 0; release < releases; release++) {
        const draw = drawFrom(chance(51 + release, `ratio ${ratio} ${worse}`))
        let state = ratioBegin
        let ever = 0
        for (let minute = 0; minute < 60; minute++) {
          // The weight changes, and so does what both versions share.
          const usual = minute < 30 ? 0.02 : 0.1
          const own = draw.poisson(minute < 20 ? 10 : 50)
          const stable = draw.poisson(minute < 20 ? 90 : 50)
          const data = {
            stableInvocations: stable,
            stableBad: draw.binomial(stable, usual),
            candidateInvocations: own,
            candidateBad: draw.binomial(own, usual * ratio),
          }
          state = ratioStep(state, facing(data, worse), facingTolerance(tolerance, worse))
          ever = Math.max(ever, lowestRatio(state, facingTolerance(tolerance, worse), 1))
        }
        if (ever > (worse === 'higher' ? ratio : 1 / ratio)) wrong++
        sum += lowestRatio(state, facingTolerance(tolerance, worse), 1)
      }
      expect(wrong / releases).toBeLessThanOrEqual(0.05)
      // It is not trivially right: after an hour it is near the ratio.
      expect(sum / releases).toBeGreaterThan(0.55 * (worse === 'higher' ? ratio : 1 / ratio))
    },
  )

  it('is lower under bursts, as if there had been as many fewer events', () => {
    const seen = (times: number) => ({
      stableInvocations: 900 * times,
      stableBad: 9 * times,
      candidateInvocations: 900 * times,
      candidateBad: 36 * times,
    })
    const low = (times: number, dispersion: number) => lowestRatio(ratioStep(ratioBegin, seen(times), 1), 1, dispersion)
    expect(low(4, 4)).toBeCloseTo(low(1, 1), 9)
    expect(low(4, 4)).toBeLessThan(low(4, 1))
  })

  it('stays below the ratio when there are so many requests that the grid is coarse', () => {
    const data = { stableInvocations: 5e6, stableBad: 5e4, candidateInvocations: 5e6, candidateBad: 5.6e4 }
    const low = lowestRatio(ratioStep(ratioBegin, data, 1), 1, 1)
    expect(low).toBeGreaterThan(0.9)
    expect(low).toBeLessThanOrEqual(1.12)
  })
})

describe('the dispersion', () => {
  const after = (size: number, bounded = true): number => {
    const draw = drawFrom(chance(7, `dispersion ${size}`))
    let state = dispersionBegin
    for (let minute = 0; minute < 200; minute++)
      state = dispersionStep(
        state,
        {
          stableInvocations: 1000,
          stableBad: size * draw.poisson(20 / size),
          candidateInvocations: 500,
          candidateBad: size * draw.poisson(10 / size),
        },
        bounded,
      )
    return seenDispersion(state)
  }

  it('is 1 for single events and about the size of bursts of one size', () => {
    expect(after(1)).toBeLessThan(1.1)
    expect(after(4)).toBeGreaterThan(3)
    expect(after(4)).toBeLessThan(5)
    // Events that are not bounded by the requests vary more to begin with.
    expect(after(4, false)).toBeLessThan(after(4))
    expect(seenDispersion(dispersionBegin)).toBe(1)
  })
})
