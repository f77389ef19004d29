// The e-process on counts: it equals a second implementation, it has the e-value property, and it finds what is wrong.
import { describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import { badShare, dispersions, logBetaBinomial } from '../../../core/verdict/processes/beta-binomial.ts'
import { type CountDesign, errorNulls, trusts } from '../../../core/verdict/counts/count-design.ts'
import { type CountRule, countRule } from '../../../core/verdict/counts/count-process.ts'
import { logSum } from '../../../core/verdict/processes/log-space.ts'
import { laplaceBinomial, laplacePoisson } from '../../../core/verdict/counts/laplace.ts'
import { learn, type PastMinute } from '../../../core/verdict/counts/learn.ts'
import { splitEvidence } from '../../../core/verdict/counts/split-evidence.ts'
import { earlierReleases, type Noise, minutesOf, pastOf, type Situation } from '../../../bench/trials/noise.ts'
import golden from '../../fixtures/verdict/counts.json' with { type: 'json' }

const design = (changes: Partial<CountDesign> = {}): CountDesign => ({
  tolerance: 1,
  horizonMinutes: 60,
  worse: 'higher',
  nulls: errorNulls(),
  hasColdStarts: true,
  trust: trusts.careful,
  ...changes,
})

const minuteOf = ([
  stableInvocations = 0,
  stableBad = 0,
  candidateInvocations = 0,
  candidateBad = 0,
  cold = -1,
]: readonly number[]): PastMinute => ({
  stableInvocations,
  stableBad,
  candidateInvocations,
  candidateBad,
  cold: cold < 0 ? undefined : cold,
})

/** ln E after each minute. */
function evidence(rule: CountRule, minutes: readonly PastMinute[]): readonly number[] {
  let state = rule.begin
  return minutes.map((minute) => {
    state = rule.step(state, minute, minute.cold)
    return rule.logE(state)
  })
}

describe('evidence from the split', () => {
  // The fixture was made by a prototype that was written separately, as a class with mutable state.
  it.each(golden.map((one) => [one.name, one.learnedFrom, one] as const))(
    'with %s, learned from %s, equals that of a second implementation',
    (_name, learnedFrom, { minutes, past, releases, logE }) => {
      const nulls = errorNulls({ releases: releases.length })
      const learned = learn(
        { tolerance: 1, nulls },
        { stable: past.map(minuteOf), releases: releases.map((one) => one.map(minuteOf)) },
      )
      expect(learned === undefined).toBe(learnedFrom === 'nothing')
      const rule = splitEvidence(
        design({ nulls, horizonMinutes: 36, trust: trusts.sharp, ...(learned === undefined ? {} : { learned }) }),
      )
      let state = rule.begin
      // What is learned is rounded to four digits, because it is kept in the log.
      const off = minutes.map(minuteOf).map((minute, index) => {
        state = rule.step(state, minute, { tolerance: 1, cold: minute.cold, jumps: false })
        const { numerator, null: best } = rule.likelihoods(state)
        return Math.abs(numerator - best - (logE[index] ?? NaN))
      })
      expect(Math.max(...off)).toBeLessThan(learned === undefined ? 1e-6 : 1e-3)
    },
  )
})

describe('Laplace steps', () => {
  /** The same integral by the trapezoidal rule. */
  function integral(mean: number, variance: number, logLikelihood: (eta: number) => number): number {
    const [steps, width] = [20_000, 12 * Math.sqrt(variance)]
    const values = Array.from({ length: steps }, (_, index) => {
      const eta = mean - width / 2 + (width * (index + 0.5)) / steps
      return logLikelihood(eta) - (eta - mean) ** 2 / (2 * variance)
    })
    return logSum(values) + Math.log(width / steps) - 0.5 * Math.log(2 * Math.PI * variance)
  }

  it.each([
    [0, 1000, 0.25],
    [3, 100, 1],
    [40, 1000, 0.25],
    [2000, 20_000, 0.5],
  ])('integrate %d events of %d over a rate of variance %d to 2 %%', (x, exposure, variance) => {
    const mean = Math.log(0.02)
    const exact = integral(mean, variance, (eta) => x * (Math.log(exposure) + eta) - exposure * Math.exp(eta))
    expect(laplacePoisson(mean, variance, x, exposure).logEvidence).toBeCloseTo(exact, 1)
    const d = 2 * x + 10
    const split = integral(
      0,
      variance,
      (eta) => -x * Math.log1p(Math.exp(1 - eta)) - (d - x) * Math.log1p(Math.exp(eta - 1)),
    )
    expect(Math.abs(laplaceBinomial(0, variance, x, d, -1).logEvidence - split)).toBeLessThan(0.05)
  })
})

describe('evidence from counts', () => {
  it('is carried as JSON without loss', () => {
    const rule = countRule(design())
    const [first] = golden
    let [plain, stored] = [rule.begin, rule.begin]
    for (const minute of (first?.minutes ?? []).map(minuteOf)) {
      plain = rule.step(plain, minute, minute.cold)
      stored = rule.step(JSON.parse(JSON.stringify(stored)) as typeof stored, minute, minute.cold)
      expect(rule.logE(stored)).toBe(rule.logE(plain))
    }
    expect(JSON.stringify(plain)).not.toContain('null,')
    expect(JSON.stringify(plain).length).toBeLessThan(20_000)
  })

  it('stays a number for counts of any size, and for minutes with nothing in them', () => {
    for (const worse of ['higher', 'lower'] as const) {
      const rule = countRule(design({ worse }))
      const minutes = [
        [0, 0, 0, 0],
        [1e7, 1e7, 1e6, 1e6],
        [1e7, 0, 1, 1],
        [1, 1, 1e6, 0],
        [0, 0, 50, 50],
        [50, 50, 0, 0],
        [3, 0, 2, 0],
      ].map(minuteOf)
      const found = evidence(rule, [...minutes, ...minutes, ...minutes])
      expect(found.every((value) => Number.isFinite(value))).toBe(true)
    }
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

  /** The mean of E when stopping as soon as `limit` is reached, over every course of the given minutes. */
  function meanAtStop(member: number, events: readonly number[], limit: number, tolerance: number): number {
    const rule = splitEvidence(design({ tolerance, horizonMinutes: 20, hasColdStarts: false }))
    const mean = badShare(candidateInvocations / (candidateInvocations + stableInvocations), tolerance)
    const walk = (state: typeof rule.begin, at: number): number => {
      const { numerator, null: best } = rule.likelihoods(state)
      const e = at === 0 ? 1 : Math.exp(numerator - best)
      const d = events[at]
      if (d === undefined || (at > 0 && e >= limit)) return e
      return chances(d, mean, dispersions(d)[member] ?? 0).reduce((sum, chance, x) => {
        const data = { stableInvocations, stableBad: d - x, candidateInvocations, candidateBad: x }
        return sum + chance * walk(rule.step(state, data, { tolerance, cold: undefined, jumps: false }), at + 1)
      }, 0)
    }
    return walk(rule.begin, 0)
  }

  const cases = [0, 1, 2, 3, 4, 5, 6].flatMap((member) =>
    [1, 1.5].flatMap((tolerance) => [3, Infinity].map((limit) => [member, tolerance, limit] as const)),
  )
  it.each(cases)('holds for dispersion %i of the null, tolerance %d, stopping at %d', (member, tolerance, limit) => {
    for (const events of [[6], [4, 5], [2, 1, 3]])
      expect(meanAtStop(member, events, limit, tolerance)).toBeLessThanOrEqual(1 + 1e-9)
  })
})

const situation = (noise: Noise, changes: Partial<Situation> = {}): Situation => ({
  name: 'counts',
  perMinute: 1000,
  rate: 0.01,
  noise,
  minutes: 60,
  weightBp: (minute) => [1000, 5000, 9000][Math.floor(minute / 20)] ?? 9000,
  ...changes,
})

/** With the cold starts that follow from the weights. */
function courseOf(one: Situation, seed: number): readonly PastMinute[] {
  let since = 0
  return minutesOf(one, seed).map((minute, at) => {
    if (at > 0 && one.weightBp(at) > one.weightBp(at - 1)) since = at
    return { ...minute, cold: at - since < 3 ? at - since : undefined }
  })
}

describe('the e-value property, simulated', () => {
  it.each([
    ['independent errors', { kind: 'independent' }],
    ['bursts of 3', { kind: 'bursts', size: 3 }],
    ['a shared wander', { kind: 'shared' }],
    ['cold starts', { kind: 'cold', added: [0.05, 0.03, 0.01] }],
    ['outages', { kind: 'outage', skew: 1.35 }],
  ] as const)('holds when stopping at evidence of 20 or after an hour, with %s (seed 11)', (_, noise) => {
    const rule = countRule(design())
    const releases = repeats(60, 20)
    let sum = 0
    for (let release = 0; release < releases; release++) {
      const values = evidence(rule, courseOf(situation(noise), 11 + release))
      const stopped = values.find((value) => value >= Math.log(20)) ?? values.at(-1) ?? 0
      sum += Math.exp(stopped)
    }
    expect(sum / releases).toBeLessThanOrEqual(1)
  })
})

describe('faults', () => {
  const foundAt = (one: Situation, seed = 3): number =>
    evidence(countRule(design()), courseOf(one, seed)).findIndex((value) => value >= Math.log(20)) + 1
  const ratioOf = (ratio: number, perMinute: number) =>
    situation({ kind: 'independent' }, { perMinute, fault: { added: (ratio - 1) * 0.01, fromMinute: 0 } })

  it('that are larger are not found later, whatever lies between the ratios that are looked for', () => {
    for (const perMinute of [20_000, 200_000]) {
      let soonest = Infinity
      for (const ratio of [1.5, 2, 2.5, 3, 4, 5, 7, 10, 14, 30]) {
        const minutes = [3, 4, 5].map((seed) => foundAt(ratioOf(ratio, perMinute), seed))
        expect(Math.min(...minutes)).toBeGreaterThan(0)
        const sum = minutes.reduce((a, b) => a + b, 0)
        expect(sum).toBeLessThanOrEqual(soonest + 1)
        soonest = Math.min(soonest, sum)
      }
    }
  })

  it('that grow are found while they are small', () => {
    const growing = { added: 0.02, fromMinute: 0, growsPerMinute: 0.02 / 40 }
    const one = situation({ kind: 'independent' }, { perMinute: 20_000, rate: 0.001, fault: growing })
    const minutes = [3, 4, 5, 6, 7].map((seed) => foundAt(one, seed))
    expect(Math.min(...minutes)).toBeGreaterThan(0)
    expect(minutes.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(38)
  })

  it('in good events, of which there are fewer, are found too', () => {
    const rule = countRule(design({ worse: 'lower', hasColdStarts: false }))
    const orders = Array.from({ length: 30 }, () => minuteOf([900, 360, 100, 20]))
    expect(Math.max(...evidence(rule, orders))).toBeGreaterThan(Math.log(20))
    const same = Array.from({ length: 30 }, () => minuteOf([900, 360, 100, 40]))
    expect(Math.max(...evidence(rule, same))).toBeLessThan(Math.log(20))
  })
})

describe('what is no fault', () => {
  const most = (minutes: readonly PastMinute[], changes: Partial<CountDesign> = {}): number =>
    Math.max(...evidence(countRule(design(changes)), minutes))
  const steady = Array.from({ length: 20 }, () => minuteOf([18_000, 18, 2000, 2]))
  const cold = (bad: readonly number[]): PastMinute[] =>
    bad.map((candidateBad, index) => minuteOf([18_000, 18, 2000, candidateBad, index]))

  it('errors of a cold start say nothing against the candidate, and those of any other minute do', () => {
    const start = [102, 62, 22]
    expect(most([...cold(start), ...steady])).toBeLessThan(0)
    expect(most([...cold(start), ...steady], { hasColdStarts: false })).toBeGreaterThan(2)
    expect(most([...steady, ...start.map((bad) => minuteOf([18_000, 18, 2000, bad]))])).toBeGreaterThan(2)
  })

  it.each([
    ['dispersions', { kind: 'bursts', size: 10 }, 1],
    ['drift', { kind: 'drift', deviation: 0.5, lag: 0.8 }, 2],
    ['slowDrift', { kind: 'drift', deviation: 0.3, lag: 0.98 }, 3],
    ['coldStarts', { kind: 'cold', added: [0.05, 0.03, 0.01] }, 1],
  ] as const)('noise that the past does not have is still believed in, up to a floor: %s', (floor, noise, seed) => {
    const changes: Partial<Situation> = { name: 'x', perMinute: 20_000, minutes: 40, weightBp: () => 1000 }
    const one = situation(noise, { ...changes, noiseBefore: { kind: 'independent' } })
    const stable = pastOf(one, seed).map((minute): PastMinute => ({ ...minute, cold: undefined }))
    const releases = earlierReleases(one, 3, seed).map((release) =>
      release.map((minute, at) => ({ ...minute, cold: at < 3 ? at : undefined })),
    )
    const nulls = errorNulls({ releases: releases.length })
    const learned = learn({ tolerance: 1, nulls }, { stable, releases })
    const after = (trust: CountDesign['trust']): number =>
      most(courseOf(one, seed), { nulls, trust, ...(learned === undefined ? {} : { learned }) })
    expect(after({ ...trusts.careful, [floor]: -60 })).toBeGreaterThan(after(trusts.careful) + 1)
  })

  it('a start that stays bad is found as soon as it should be over', () => {
    const bad = minuteOf([18_000, 18, 2000, 100])
    const found = evidence(countRule(design()), [...cold([100, 100, 100]), ...Array.from({ length: 5 }, () => bad)])
    expect(found.findIndex((value) => value >= Math.log(20)) + 1).toBeLessThanOrEqual(5)
  })

  it('an outage that hits the candidate somewhat harder is forgiven, but not one that never ends', () => {
    const outage = (count: number): PastMinute[] =>
      Array.from({ length: count }, () => minuteOf([9000, 1800, 1000, 270]))
    const before = Array.from({ length: 10 }, () => minuteOf([9000, 90, 1000, 10]))
    expect(most([...before, ...outage(5), ...before])).toBeLessThan(Math.log(20))
    expect(most([...before, ...outage(50)])).toBeGreaterThan(Math.log(20))
    // One that begins with the release is told from a bad version by stable's hours before it.
    expect(most([...outage(5), ...before])).toBeGreaterThan(Math.log(20))
    const hours = Array.from({ length: 240 }, () => minuteOf([10_000, 100, 0, 0]))
    const learned = learn({ tolerance: 1, nulls: errorNulls() }, { stable: hours, releases: [] })
    const known = learned === undefined ? {} : { learned }
    expect(most([...outage(5), ...before], known)).toBeLessThan(Math.log(20))
    expect(most([...outage(50)], known)).toBeGreaterThan(Math.log(20))
  })
})
