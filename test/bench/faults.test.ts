// The simulated faults and plans are what they say: how many further requests fail in which minute, and how many get the
// candidate.
import { describe, expect, it } from 'vitest'
import { faultAt, timesAsOften } from '../../bench/trials/fault.ts'
import { constant, growing, inLastStep, intermittent, late, sizes, total } from '../../bench/trials/faults.ts'
import { minutesOf, type Situation } from '../../bench/trials/noise.ts'
import { flat, to80, to90, to95, toAll } from '../../bench/trials/weights.ts'

const runs = 60
const seeds = Array.from({ length: runs }, (_, seed) => seed)
const healthy: Situation = {
  name: 'healthy',
  perMinute: 1000,
  rate: 0.01,
  noise: { kind: 'independent' },
  minutes: 60,
  weightBp: flat,
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
type Arm = 'stable' | 'candidate'
/** The share of a version's requests that fails, over the given minutes of all seeds. */
function rateOf(situation: Situation, arm: Arm, from: number, to: number): number {
  const seen = seeds.flatMap((seed) => minutesOf(situation, seed).slice(from, to))
  return sum(seen.map((one) => one[`${arm}Bad`])) / sum(seen.map((one) => one[`${arm}Invocations`]))
}
describe('faults', () => {
  it('are constant, grow, double, come and go, and begin late', () => {
    const of = (list: readonly Situation[], name: string) => list.find((one) => one.name === name)?.fault
    const at = (list: readonly Situation[], name: string, minute: number) => faultAt(of(list, name), minute)
    expect([0, 59].map((minute) => at(constant, '1k 1 % +5', minute))).toEqual([0.05, 0.05])
    expect(at(growing, '20k .1 % +2 over 40', 0)).toBeCloseTo(0.0005, 6)
    expect([19, 39, 59].map((minute) => at(growing, '20k .1 % +2 over 40', minute))).toEqual([0.01, 0.02, 0.02])
    expect([0, 6, 12].map((minute) => at(growing, '1k 1 % doubling', minute))).toEqual([0.005, 0.01, 0.02])
    expect([0, 1, 4, 5, 10].map((minute) => at(intermittent, '1k 1 % +10 in 1 of 5', minute))).toEqual([
      0.1, 0, 0, 0.1, 0.1,
    ])
    expect([0, 11, 12].map((minute) => at(intermittent, '1k 1 % +30 in 1 of 12', minute))).toEqual([0.3, 0, 0.3])
    expect([24, 25].map((minute) => at(late, '1k 1 % +5 from 25 10/50/90', minute))).toEqual([0, 0.05])
    expect([44, 45].map((minute) => at(inLastStep, '1k .1 % +20 from 45 10/50/90', minute))).toEqual([0, 0.2])
  })

  it('of every size fail so many times as many requests as is usual', () => {
    expect(timesAsOften(1.1, 0.01)).toBeCloseTo(0.001, 6)
    for (const { rate, situations } of sizes) {
      const ratios = situations.map(({ fault }) => (rate + faultAt(fault, 0)) / rate)
      const expected = [1.1, 1.5, 2, 2.5, 3, 4, 5, 7, 10, 14, 20, 30, 50]
      ratios.forEach((ratio, index) => expect(ratio).toBeCloseTo(expected[index] ?? 0))
    }
    const [, , times] = sizes[0]?.situations ?? []
    expect(rateOf(times ?? healthy, 'candidate', 0, 60)).toBeCloseTo(0.02, 3)
  })

  it('that are total fail every request, or half of them more, whatever is usual', () => {
    expect(total.map(({ rate }) => rate)).toEqual([1, 1, 5, 5, 10, 10, 20, 20, 30, 30, 40, 40].map((one) => one / 100))
    total.forEach((situation, index) => {
      const rate = rateOf(situation, 'candidate', 0, 60)
      expect(rate).toBeCloseTo(index % 2 === 0 ? 1 : situation.rate + 0.5, 2)
      expect(rateOf(situation, 'stable', 0, 60)).toBeCloseTo(situation.rate, 2)
    })
  })
})

describe('weights', () => {
  it('are those of the plan, 20 minutes each, and so much of the traffic reaches the candidate', () => {
    const at = [0, 19, 20, 39, 40, 59]
    expect(at.map(flat)).toEqual([1000, 1000, 1000, 1000, 1000, 1000])
    expect(at.map(toAll)).toEqual([1000, 1000, 5000, 5000, 10_000, 10_000])
    expect([to95, to90, to80].map((plan) => plan(40))).toEqual([9500, 9000, 8000])
    const seen = minutesOf({ ...healthy, weightBp: to95 }, 1).slice(40)
    const all = sum(seen.map((one) => one.candidateInvocations + one.stableInvocations))
    expect(sum(seen.map((one) => one.candidateInvocations)) / all).toBeCloseTo(0.95, 2)
  })
})
