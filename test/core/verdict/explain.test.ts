// A verdict in words and numbers: an interval that is valid at every minute, and sentences without repetition.
import { describe, expect, it } from 'vitest'
import { rateRatio, together } from '../../../core/verdict/judge/explain.ts'
import { minutesOf } from '../../../bench/trials/noise.ts'
import { total } from '../../../bench/rivals/rival.ts'

describe('the interval of a ratio', () => {
  it('covers the true ratio at all minutes of nearly all releases (seed 21)', () => {
    const releases = 200
    const situation = {
      name: 'interval',
      perMinute: 1000,
      rate: 0.01,
      noise: { kind: 'independent' },
      minutes: 60,
      weightBp: () => 1000,
      fault: { added: 0.02, fromMinute: 0 },
    } as const
    let missed = 0
    for (let release = 0; release < releases; release++) {
      const minutes = minutesOf(situation, 21 + release)
      const holds = minutes.every((_, at) => {
        const seen = total(minutes.slice(0, at + 1))
        const { low, high } = rateRatio(seen, 1, at + 1, { alpha: 0.05, horizonMinutes: 60 })
        return low <= 3 && high >= 3
      })
      if (!holds) missed++
    }
    expect(missed / releases).toBeLessThanOrEqual(0.05)
  })

  it('becomes narrower with minutes, wider with bursts, and is finite without a single event', () => {
    const counts = (times: number) => ({
      stableInvocations: 900 * times,
      stableBad: 9 * times,
      candidateInvocations: 100 * times,
      candidateBad: 3 * times,
    })
    const width = (times: number, dispersion: number): number => {
      const { low, high } = rateRatio(counts(times), dispersion, times, { alpha: 0.05, horizonMinutes: 60 })
      return high / low
    }
    expect(width(30, 1)).toBeLessThan(width(10, 1))
    expect(width(30, 5)).toBeGreaterThan(width(30, 1))
    const none = { stableInvocations: 9, stableBad: 0, candidateInvocations: 1, candidateBad: 0 }
    const { low, high } = rateRatio(none, 1, 1, { alpha: 0.05, horizonMinutes: 60 })
    expect(low).toBeGreaterThan(0)
    expect(high).toBeLessThan(Infinity)
  })

  it('is about the rates that stand beside it: equal ones are one time each other, and inside the interval', () => {
    const of = (stableBad: number, candidateBad: number, stableInvocations = 900, candidateInvocations = 100) => {
      const counts = { stableInvocations, stableBad, candidateInvocations, candidateBad }
      return rateRatio(counts, 1, 60, { alpha: 0.05, horizonMinutes: 60 })
    }
    expect(of(9, 1).ratio).toBeCloseTo(1, 12)
    expect(of(18, 6).ratio).toBeCloseTo(3, 12)
    // Without an event on one side there is none to show, so half of one is added to both.
    expect(of(9, 0).ratio).toBeCloseTo(0.5 / 101 / (9.5 / 901), 12)
    expect(of(0, 9).ratio).toBeCloseTo(9.5 / 101 / (0.5 / 901), 12)
    for (const stableBad of [0, 1, 2, 10, 900])
      for (const candidateBad of [0, 1, 3, 50, 100]) {
        const { ratio, low, high } = of(stableBad, candidateBad)
        expect(low).toBeLessThanOrEqual(ratio)
        expect(high).toBeGreaterThanOrEqual(ratio)
      }
  })
})

describe('several reasons', () => {
  it('are one sentence, without repetition', () => {
    const late = (signal: string) => ({ signal, because: `${signal}: no whole minute yet` })
    const alarm = { signal: 'alarm:a', because: 'alarm a is OK' }
    expect(together([alarm, late('errors'), late('latency')])).toBe(
      'alarm a is OK; errors, latency: no whole minute yet',
    )
    expect(together([late('errors')])).toBe('errors: no whole minute yet')
    expect(together([])).toBe('')
  })
})
