// The e-processes: they equal their formulas, and they have the e-value property.
import { describe, expect, it } from 'vitest'
import { badShare, dispersions, logBetaBinomial } from '../../../core/verdict/processes/beta-binomial.ts'
import { countRule, enginePrior } from '../../../core/verdict/processes/count-process.ts'
import { type CountMinute, splitRule } from '../../../core/verdict/processes/split-process.ts'
import type { Noise } from '../../../bench/trials/noise.ts'
import { minutesOf } from '../../../bench/trials/noise.ts'
import { plainEvidence } from '../../../bench/rivals/e-processes.ts'

const situation = (noise: Noise, minutes: number, perMinute = 1000) => ({
  name: 'split',
  perMinute,
  rate: 0.01,
  noise,
  minutes,
  weightBp: (minute: number) => (minute % 60 < 30 ? 1000 : 3000),
})

/** E2 implemented again from its formula (docs/verdict.md), with sums of logarithms of products. */
function formula(minutes: readonly CountMinute[], rho0: number): number[] {
  const ratios = [1.25, 1.5, 2, 3, 5, 10, 20, 50].map((k) => rho0 * k)
  const [K, J] = [8, 7]
  const starts = Array.from({ length: minutes.length }, (_, t) => t).filter((t) => t > 0 && t % 5 === 0)
  const late = starts.length === 0 ? 0 : 0.5 / starts.length
  const add = (a: number, b: number): number => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)))
  const products = (a: number, n: number): number => {
    let sum = 0
    for (let k = 0; k < n; k++) sum += Math.log(a + k)
    return sum
  }
  const lp = (x: number, d: number, m: number, icc: number): number => {
    if (icc === 0) return x * Math.log(m) + (d - x) * Math.log(1 - m)
    const [a, b] = [(m * (1 - icc)) / icc, ((1 - m) * (1 - icc)) / icc]
    return products(a, x) + products(b, d - x) - products(a + b, d)
  }
  const S = Array.from({ length: K * J }, () => Math.log(0.5 / (K * J)))
  const L0 = Array.from({ length: J }, () => 0)
  let unspent = 0.5
  return minutes.map(({ stableInvocations: ns, stableBad: xs, candidateInvocations: nc, candidateBad: xc }, t) => {
    if (starts.includes(t)) {
      for (let i = 0; i < K * J; i++) S[i] = add(S[i] ?? 0, (L0[i % J] ?? 0) + Math.log(late / (K * J)))
      unspent -= late
    }
    const d = xs + xc
    if (d > 0 && nc > 0 && ns > 0) {
      const w = nc / (nc + ns)
      const theta = (rho: number): number => (rho * w) / (rho * w + 1 - w)
      const clip = (phi: number): number => (d === 1 ? 0.9 : Math.min(0.9, Math.max(1e-6, (phi - 1) / (d - 1))))
      const family = [0, clip(3), clip(9), clip(27), 0.02, 0.1, 0.3]
      family.forEach((icc, j) => {
        ratios.forEach((rho, k) => (S[k * J + j] = (S[k * J + j] ?? 0) + lp(xc, d, theta(rho), icc)))
        L0[j] = (L0[j] ?? 0) + lp(xc, d, theta(rho0), icc)
      })
    }
    const waiting = unspent > 1e-12 ? L0.map((value) => value + Math.log(unspent / J)) : []
    return [...S, ...waiting].reduce(add) - Math.max(...L0)
  })
}

describe('E2', () => {
  it.each([
    ['independent errors', { kind: 'independent' }, 1],
    ['bursts', { kind: 'bursts', size: 10 }, 1],
    ['drift, half as many again tolerated', { kind: 'drift', deviation: 0.5, lag: 0.8 }, 1.5],
  ] as const)('equals its formula to 1e-9 over a day of %s', (_, noise, rho0) => {
    const minutes = minutesOf(situation(noise, 1440), 3)
    const wanted = formula(minutes, rho0)
    const found = plainEvidence(7, rho0, minutes)
    const off = found.map((logE, minute) => Math.abs(logE - (wanted[minute] ?? NaN)))
    expect(Math.max(...off)).toBeLessThan(1e-9)
  })

  it('of a single minute has no later starts', () => {
    const one = [{ stableInvocations: 90, stableBad: 1, candidateInvocations: 10, candidateBad: 2 }]
    expect(plainEvidence(7, 1, one)[0]).toBeCloseTo(formula(one, 1)[0] ?? NaN, 12)
  })
})

/** P(x of d) under a member of the null. */
function chances(d: number, mean: number, icc: number): readonly number[] {
  const choose = (x: number): number => {
    let value = 1
    for (let k = 1; k <= x; k++) value = (value * (d - x + k)) / k
    return value
  }
  return Array.from({ length: d + 1 }, (_, x) => choose(x) * Math.exp(logBetaBinomial(x, d, mean, icc)))
}

describe('the e-value property, enumerated', () => {
  const [stableInvocations, candidateInvocations] = [3, 1]
  const design = { prior: enginePrior('higher'), tolerance: 1, horizonMinutes: 20 }
  const engine = countRule(design, 0.5)
  const split = splitRule(design)

  /** The mean of E when stopping as soon as `limit` is reached, over every course of three minutes. */
  function meanAtStop(member: number, events: readonly number[], limit: number, tolerance: number): number {
    const rule = tolerance === 1 ? engine : countRule({ ...design, tolerance }, 0.5)
    const mean = badShare(candidateInvocations / (candidateInvocations + stableInvocations), tolerance)
    const walk = (state: typeof rule.begin, at: number): number => {
      const e = at === 0 ? 1 : Math.exp(rule.logE(state))
      const d = events[at]
      if (d === undefined || (at > 0 && e >= limit)) return e
      const icc = dispersions(d)[member] ?? 0
      return chances(d, mean, icc).reduce((sum, chance, x) => {
        const data = { stableInvocations, stableBad: d - x, candidateInvocations, candidateBad: x }
        return sum + chance * walk(rule.step(state, data), at + 1)
      }, 0)
    }
    return walk(rule.begin, 0)
  }

  const cases = [0, 1, 2, 3, 4, 5, 6].flatMap((member) =>
    [1, 1.5].flatMap((tolerance) => [1.2, 3, Infinity].map((limit) => [member, tolerance, limit] as const)),
  )
  it.each(cases)('holds for member %i of the null, tolerance %d, stopping at %d', (member, tolerance, limit) => {
    for (const events of [[6], [5, 6], [4, 3, 5], [1, 1, 6]]) {
      expect(meanAtStop(member, events, limit, tolerance)).toBeLessThanOrEqual(1 + 1e-9)
    }
  })

  it('fails if the null does: the same enumeration detects a candidate that fails three times as often', () => {
    const mean = badShare(0.25, 3)
    const found = chances(12, mean, 0).reduce((sum, chance, x) => {
      const data = { stableInvocations, stableBad: 12 - x, candidateInvocations, candidateBad: x }
      const { numerator, null: best } = split.likelihoods(split.step(split.begin, data))
      return sum + chance * Math.exp(numerator - best)
    }, 0)
    expect(found).toBeGreaterThan(1.1)
  })
})

describe('the e-value property, simulated', () => {
  const releases = 300
  it.each([
    ['independent errors', { kind: 'independent' }],
    ['bursts of 3', { kind: 'bursts', size: 3 }],
    ['a shared wander', { kind: 'shared' }],
  ] as const)('holds when stopping at evidence of 20 or after an hour, with %s (seed 11)', (_, noise) => {
    const rule = countRule({ prior: enginePrior('higher'), tolerance: 1, horizonMinutes: 60 }, 0.5)
    let sum = 0
    for (let release = 0; release < releases; release++) {
      let state = rule.begin
      let logE = 0
      for (const data of minutesOf(situation(noise, 60), 11 + release)) {
        state = rule.step(state, data)
        logE = rule.logE(state)
        if (logE >= Math.log(20)) break
      }
      sum += Math.exp(logE)
    }
    expect(sum / releases).toBeLessThanOrEqual(1)
  })
})
