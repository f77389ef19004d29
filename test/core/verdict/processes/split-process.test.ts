// The plain formula E2: the code equals it.
import { describe, expect, it } from 'vitest'
import type { CountMinute } from '../../../../core/verdict/processes/split-process.ts'
import type { Noise } from '../../../../bench/trials/noise.ts'
import { minutesOf } from '../../../../bench/trials/noise.ts'
import { plainEvidence } from '../../../../bench/rivals/e-processes.ts'

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
