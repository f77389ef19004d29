// Outages of what both versions need: what was known before one is not lost in it, and its end is not a fault of the candidate.
import { describe, expect, it } from 'vitest'
import { minutesOf, pastOf, type Situation } from '../../../../bench/trials/noise.ts'
import { type CountDesign, errorNulls, trusts } from '../../../../core/verdict/counts/count-design.ts'
import { countRule } from '../../../../core/verdict/counts/count-process.ts'
import { driftAlternatives } from '../../../../core/verdict/counts/drift-alternatives.ts'
import { driftNulls } from '../../../../core/verdict/counts/drift-evidence.ts'
import { learn } from '../../../../core/verdict/counts/learn.ts'
import { outageBegin, outageStep } from '../../../../core/verdict/processes/outage.ts'
import type { CountMinute } from '../../../../core/verdict/processes/split-process.ts'

const seeds = [3, 4, 5]

const releaseOf = (perMinute: number, rate: number, changes: Partial<Situation> = {}): Situation => ({
  name: `${perMinute} ${rate}`,
  perMinute,
  rate,
  noise: { kind: 'independent' },
  minutes: 60,
  weightBp: () => 1000,
  ...changes,
})

/** The same minutes, in some of which either version fails a further share of its requests. */
const failing = (
  minutes: readonly CountMinute[],
  added: (minute: number) => readonly [stable: number, candidate: number],
): readonly CountMinute[] =>
  minutes.map((one, minute) => {
    const [stable, candidate] = added(minute)
    const { stableInvocations, candidateInvocations } = one
    return {
      ...one,
      stableBad: Math.min(stableInvocations, one.stableBad + Math.round(stable * stableInvocations)),
      candidateBad: Math.min(candidateInvocations, one.candidateBad + Math.round(candidate * candidateInvocations)),
    }
  })

const design: CountDesign = {
  tolerance: 1,
  horizonMinutes: 60,
  worse: 'higher',
  nulls: errorNulls(),
  hasColdStarts: true,
  trust: trusts.careful,
}

/** The minute in which the evidence puts it back, with stable's hours before known; Infinity if none does. */
function backAt(one: Situation, seed: number, minutes: readonly CountMinute[] = minutesOf(one, seed)): number {
  const stable = pastOf({ ...one, noise: { kind: 'independent' } }, seed).map((each) => ({ ...each, cold: undefined }))
  const learned = learn({ tolerance: 1, nulls: errorNulls() }, { stable, releases: [] })
  const rule = countRule({ ...design, ...(learned === undefined ? {} : { learned }) })
  let state = rule.begin
  const found = minutes.findIndex((data) => {
    state = rule.step(state, data, undefined)
    return rule.logE(state) >= Math.log(20)
  })
  return found < 0 ? Infinity : found
}

// A cluster of errors must not be taken for a jump of what both versions share: evidence would be lost in each one.
it.each([
  ['twelve where one is usual', 1, 12, 'burst'],
  ['twenty-nine where one is usual', 1, 29, 'burst'],
  ['thirty where one is usual', 1, 30, 'outage'],
  ['five times as many', 9, 45, 'burst'],
  ['six times as many', 9, 54, 'outage'],
  ['fifty more than three times as many', 50, 200, 'outage'],
  ['twice as many', 50, 100, 'usual'],
])('%s in one minute', (_, usual, stableBad, is) => {
  const begin = outageBegin({ minutes: 1, usual: { bad: usual, invocations: 1000 } })
  expect(outageStep(begin, { stableBad, stableInvocations: 1000 }).is).toBe(is)
})

const usualOnes = [
  [1000, 0.01, 0.05],
  [1000, 0.05, 0.1],
  [20_000, 0.01, 0.005],
  [200_000, 0.01, 0.005],
] as const
const outage = (minute: number, from = 8, until = 13): number => (minute >= from && minute < until ? 0.2 : 0)

describe('after an outage', () => {
  it.each(usualOnes)(
    'at %d a minute and a rate of %d, a fault is found nearly as soon as without',
    (n, rate, added) => {
      const fault = { added, fromMinute: 25 }
      for (const seed of seeds) {
        const one = releaseOf(n, rate, { fault })
        const without = backAt(one, seed)
        expect(without).toBeGreaterThanOrEqual(25)
        const after = failing(minutesOf(one, seed), (minute) => [outage(minute), outage(minute)])
        expect(backAt(one, seed, after)).toBeLessThanOrEqual(without + 2)
      }
    },
  )

  it.each(usualOnes)('at %d a minute and a rate of %d, a candidate that stays as bad is found', (n, rate) => {
    for (const seed of seeds) {
      const one = releaseOf(n, rate)
      const stays = failing(minutesOf(one, seed), (minute) => [outage(minute), minute >= 8 ? 0.2 : 0])
      expect(backAt(one, seed, stays)).toBeGreaterThanOrEqual(13)
      expect(backAt(one, seed, stays)).toBeLessThanOrEqual(17)
    }
  })

  it.each(usualOnes)('at %d a minute and a rate of %d, the candidate may recover two minutes later', (n, rate) => {
    for (const seed of seeds) {
      const one = releaseOf(n, rate)
      const later = failing(minutesOf(one, seed), (minute) => [outage(minute), outage(minute, 8, 15)])
      expect(backAt(one, seed, later)).toBe(Infinity)
    }
  })

  it('that was a single minute, the candidate has nothing to recover from', () => {
    for (const seed of seeds) {
      const one = releaseOf(20_000, 0.01)
      const minutes = failing(minutesOf(one, seed), (minute) => [outage(minute, 8, 9), outage(minute, 8, 10)])
      expect(backAt(one, seed, minutes)).toBe(9)
    }
  })
})

it('an outage that hits the candidate harder, by another factor in each minute, is forgiven up to a half more', () => {
  for (const seed of seeds) {
    const one = releaseOf(20_000, 0.01)
    const skews = [1, 1.45, 1.1, 0.7, 1.3]
    const skewed = failing(minutesOf(one, seed), (minute) => [
      outage(minute),
      outage(minute) * (skews[minute - 8] ?? 1),
    ])
    expect(backAt(one, seed, skewed)).toBe(Infinity)
  }
})

it('an outage of both alike says little about whether they wander, by far not what was known before it', () => {
  const rule = countRule(design)
  const [alternatives, nulls] = [driftAlternatives(design), driftNulls(design)]
  /** Of the two rates alone, without the split. */
  const against = (minutes: readonly CountMinute[]): number => {
    const { alternatives: worse, nulls: wandering } = minutes.reduce(
      (state, data) => rule.step(state, data, undefined),
      rule.begin,
    )
    return nulls.logE(wandering, alternatives.logLikelihood(worse), -Infinity)
  }
  for (const seed of seeds) {
    const minutes = minutesOf(releaseOf(20_000, 0.01), seed).slice(0, 20)
    const away = failing(minutes, (minute) => [outage(minute), outage(minute)])
    for (const upTo of [13, 20]) {
      const [out, usual] = [against(away.slice(0, upTo)), against(minutes.slice(0, upTo))]
      expect(usual).toBeGreaterThan(10)
      expect(Math.abs(out - usual)).toBeLessThan(6)
    }
  }
})
