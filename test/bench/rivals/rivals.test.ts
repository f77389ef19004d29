// The other controllers' rules, against values computed by others, and against small cases from their documentation.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { logFixed, logMixture } from '../../../core/verdict/processes/split-check.ts'
import type { CountMinute } from '../../../core/verdict/processes/split-process.ts'
import { mannWhitneyInterval } from '../../../bench/rivals/kayenta.ts'
import type { RivalSettings, Said } from '../../../bench/rivals/rival.ts'
import { rivalNames } from '../../../bench/rivals/names.ts'
import { rivals } from '../../../bench/rivals/rivals.ts'
import { after, growthBookInterval, safeBlock } from '../../../bench/rivals/tests.ts'

type Reference = {
  readonly kayenta: readonly {
    name: string
    experiment: number[]
    control: number[]
    confidence: number
    expect: { ciLow: number; ciHigh: number; estimate: number }
    tol: number | { ci: number; estimate: number }
  }[]
  readonly safestats: readonly {
    name: string
    ya: number[]
    yb: number[]
    na: number
    nb: number
    prior: { aSucc: number; aFail: number; bSucc: number; bFail: number }
    full: number
  }[]
  readonly multinomial: readonly {
    src: string
    data?: number[][]
    counts?: number[]
    theta0: number[]
    alpha: number[]
    logM1?: number[]
    logM0?: number[]
    bayesFactor?: number
    pMin?: number
    posterior?: number
    pFull?: number
  }[]
  readonly growthbook: readonly {
    name: string
    a: { sum?: number; sumSq?: number; x?: number; n: number }
    b: { sum?: number; sumSq?: number; x?: number; n: number }
    expect: { est: number; ci: number[]; se: number }
  }[]
}
const reference = JSON.parse(readFileSync(new URL('reference-values.json', import.meta.url), 'utf8')) as Reference

describe('values that others computed', () => {
  it.each(reference.kayenta)('Mann-Whitney, $name', ({ experiment, control, confidence, expect: wanted, tol }) => {
    const found = mannWhitneyInterval(experiment, control, confidence)
    const { ci, estimate } = typeof tol === 'number' ? { ci: tol, estimate: tol } : tol
    expect(Math.abs(found.low - wanted.ciLow)).toBeLessThan(ci)
    expect(Math.abs(found.high - wanted.ciHigh)).toBeLessThan(ci)
    expect(Math.abs(found.estimate - wanted.estimate)).toBeLessThan(estimate)
  })

  it.each(reference.safestats)('safe test, $name', ({ ya, yb, na, nb, prior, full }) => {
    let a = { success: prior.aSucc, failure: prior.aFail }
    let b = { success: prior.bSucc, failure: prior.bFail }
    let logE = 0
    ya.forEach((x, block) => {
      const y = yb[block] ?? 0
      logE += safeBlock({ beta: a, n: na, x }, { beta: b, n: nb, x: y })
      a = after(a, na, x)
      b = after(b, nb, y)
    })
    expect(Math.exp(logE) / full).toBeCloseTo(1, 9)
  })

  it.each(reference.multinomial.filter((one) => one.logM1 !== undefined))(
    'multinomial likelihoods, $src',
    ({ data = [], theta0, alpha, logM1 = [], logM0 = [] }) => {
      let counts = theta0.map(() => 0)
      // Their values include the multinomial coefficients of the blocks, which cancel in the ratio; this adds them back.
      let coefficients = 0
      data.forEach((row, index) => {
        counts = counts.map((count, cell) => count + (row[cell] ?? 0))
        coefficients += logMultinomial(row)
        expect(logMixture(counts, alpha) + coefficients).toBeCloseTo(logM1[index] ?? NaN, 9)
        expect(logFixed(counts, theta0) + coefficients).toBeCloseTo(logM0[index] ?? NaN, 9)
      })
      expect(data.length).toBe(logM1.length)
    },
  )

  it('multinomial Bayes factor, smallest p and posterior of ssrm', () => {
    const [one] = reference.multinomial.filter(({ bayesFactor }) => bayesFactor !== undefined)
    const { data = [], theta0 = [], alpha = [] } = one ?? {}
    let counts = theta0.map(() => 0)
    let least = 1
    let factor = 1
    for (const row of data) {
      counts = counts.map((count, cell) => count + (row[cell] ?? 0))
      factor = Math.exp(logMixture(counts, alpha) - logFixed(counts, theta0))
      least = Math.min(least, 1 / factor)
    }
    expect(factor).toBeCloseTo(one?.bayesFactor ?? NaN, 9)
    expect(least).toBeCloseTo(one?.pMin ?? NaN, 9)
    expect(factor / (1 + factor)).toBeCloseTo(one?.posterior ?? NaN, 9)
  })

  it('p of savvi', () => {
    const [one] = reference.multinomial.filter(({ pFull }) => pFull !== undefined)
    const { counts = [], theta0 = [], alpha = [] } = one ?? {}
    expect(Math.exp(logFixed(counts, theta0) - logMixture(counts, alpha))).toBeCloseTo(one?.pFull ?? NaN, 9)
  })

  it.each(reference.growthbook)('interval of GrowthBook, $name', ({ name, a, b, expect: wanted }) => {
    const sample = ({ sum, sumSq, x, n }: typeof a) => {
      if (x !== undefined) return { n, mean: x / n, variance: (x / n) * (1 - x / n) }
      const mean = (sum ?? 0) / n
      return { n, mean, variance: ((sumSq ?? 0) - n * mean * mean) / (n - 1) }
    }
    const found = growthBookInterval(sample(a), sample(b), 0.05, name.includes('1000') ? 1000 : 5000)
    expect(found.estimate).toBeCloseTo(wanted.est, 5)
    expect(found.se).toBeCloseTo(wanted.se, 5)
    expect(found.low).toBeCloseTo(wanted.ci[0] ?? NaN, 5)
    expect(found.high).toBeCloseTo(wanted.ci[1] ?? NaN, 5)
  })
})

function logMultinomial(row: readonly number[]): number {
  const logFactorial = (n: number): number =>
    Array.from({ length: n }, (_, k) => Math.log(k + 1)).reduce((a, b) => a + b, 0)
  return logFactorial(row.reduce((a, b) => a + b, 0)) - row.reduce((sum, n) => sum + logFactorial(n), 0)
}

const settings: RivalSettings = { alpha: 0.05, stableRate: 0.01 }
const minute = (stableBad: number, candidateBad: number, candidateInvocations = 100): CountMinute => ({
  stableInvocations: 900,
  stableBad,
  candidateInvocations,
  candidateBad,
})
function saidBy(name: string, minutes: readonly CountMinute[]): readonly Said[] {
  const rival = rivals.find((one) => one.name === name)
  if (rival === undefined) throw new Error(`no rule ${name}`)
  return rival.judge(minutes, settings).map(({ said }) => said)
}
const failsAt = (name: string, minutes: readonly CountMinute[]): number => saidBy(name, minutes).indexOf('fail')

describe('what their documentation says', () => {
  const bad = Array.from({ length: 30 }, () => minute(9, 20))
  const good = Array.from({ length: 30 }, (_, index) => minute(9, index % 2))
  const [sick, well] = [minute(9, 2), minute(9, 1)]

  it.each([
    ['alarm-rate', 2],
    ['alarm-2x', 2],
    ['sam-alarm', 1],
    ['flagger', 4],
    ['argo', 19],
  ])('%s rolls back a clear failure at its %i. minute, counted from 0', (name, at) => {
    expect(failsAt(name, bad)).toBe(at)
  })

  it('an alarm on 3 of 5 minutes forgets, Flagger keeps counting', () => {
    const seldom = Array.from({ length: 30 }, (_, index) => (index % 4 === 0 ? sick : well))
    expect(failsAt('alarm-rate', seldom)).toBe(-1)
    expect(failsAt('flagger', seldom)).toBe(16)
    expect(failsAt('sam-alarm', [minute(0, 1), minute(0, 0), minute(0, 1), minute(0, 1)])).toBe(3)
  })

  it('Argo tolerates three failures', () => {
    expect(failsAt('argo', [...bad.slice(0, 15), ...good])).toBe(-1)
  })

  it('Kayenta looks every five minutes, and not at shorter data', () => {
    const noisy = (base: number) => (_: unknown, index: number) => minute(9 + (index % 3), base + (index % 3))
    expect(saidBy('kayenta', good.slice(0, 4))).toEqual(Array(4).fill('unknown'))
    expect(failsAt('kayenta', Array.from({ length: 30 }, noisy(20))) % 5).toBe(4)
    expect(failsAt('kayenta', Array.from({ length: 30 }, noisy(0)))).toBe(-1)
  })

  it.each(rivals.map(({ name }) => name))(
    '%s finds a clear failure, passes a healthy release, and is undecided about silence',
    (name) => {
      const silent = Array.from({ length: 30 }, () => minute(9, 0, 0))
      expect(failsAt(name, bad)).toBeGreaterThanOrEqual(0)
      expect(saidBy(name, good)).not.toContain('fail')
      expect(saidBy(name, good).at(-1)).toBe('pass')
      expect(saidBy(name, silent.slice(0, 3))).not.toContain('pass')
    },
  )

  it.each(rivals.map(({ name }) => name))('%s never takes a rollback back', (name) => {
    const said = saidBy(name, [...bad, ...good, ...good])
    expect(said.slice(said.indexOf('fail')).every((one) => one === 'fail')).toBe(true)
  })
})

it('can be listed by name without being loaded', () => {
  expect(rivals.map(({ name }) => name)).toEqual(rivalNames)
})
