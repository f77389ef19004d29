// One series of a healthy release comes minutes late, while all others are on time: nothing goes back for it, and what never
// comes is said.
import { describe, expect, it } from 'vitest'
import { minutesOf } from '../../../bench/trials/noise.ts'
import type { Evidence, Reading, Verdict } from '../../../core/verdict/evidence/evidence.ts'
import { openFromMs } from '../../../core/verdict/evidence/window.ts'
import { type Carry, judgeOf } from '../../../core/verdict/judge/judge.ts'
import { service, t0 } from '../sample.ts'
import { type Course, every, lookAt, minute } from './look.ts'

const orders = { name: 'orders', namespace: 'Shop', metric: 'Orders', kind: 'count', worse: 'lower' }
const profit = { name: 'profit', namespace: 'Shop', metric: 'Profit', kind: 'mean', worse: 'lower' }
const dimensions = { version: '{version}' }
const watched = service({
  signals: {
    latency: { warmUpMinutes: 0 },
    cost: {},
    custom: [
      { ...orders, dimensions },
      { ...profit, dimensions },
    ],
  },
})
const minutes = 24
/** A look from scratch costs as much as all minutes before it. */
const coldEvery = 4
const baseline = { thresholdsMs: [100] }

/** A healthy release by the seed; of each version every series has points in every minute. */
function release(seed: number): Evidence {
  const situation = { name: '', perMinute: 1000, rate: 0.01, minutes, weightBp: () => 1000 }
  const traffic = minutesOf({ ...situation, noise: { kind: 'independent' } }, seed)
  const course =
    (arm: 'stable' | 'candidate'): Course =>
    (at) => {
      const invocations = traffic[at]?.[`${arm}Invocations`] ?? 0
      const errors = traffic[at]?.[`${arm}Bad`] ?? 0
      const [half, tenth] = [Math.round(invocations / 2), Math.round(invocations / 10)]
      return {
        invocations,
        errors,
        durationSum: invocations * 40,
        fast: [invocations - tenth],
        'custom-orders': half,
        'custom-profit': half * 3,
        'customs-profit': half,
      }
    }
  return lookAt({ service: watched, stable: course('stable'), candidate: course('candidate'), minutes, baseline })
}

const within = (reading: Reading, fromMs: number, toMs: number): Reading =>
  reading.kind === 'unread'
    ? reading
    : { kind: 'points', points: reading.points.filter((one) => one.minuteMs >= fromMs && one.minuteMs < toMs) }

/** The verdicts of every minute, while one series comes so many minutes late. A warm judge agrees with a cold one. */
function asTold(all: Evidence, late: string, lateMinutes: number): readonly Verdict[] {
  const judge = judgeOf(watched, all.targets)
  let carry: Carry | undefined
  return Array.from({ length: minutes }, (_, at) => {
    const endMs = t0 + (at + 1) * minute
    const seen = (fromMs: number): Evidence['readings'] =>
      new Map(
        [...all.readings].map(([key, reading]) => [
          key,
          within(reading, fromMs, key === late ? endMs - lateMinutes * minute : endMs),
        ]),
      )
    const evidence = { ...all, atMs: endMs + minute }
    const warm = judge({ ...evidence, readings: seen(carry?.uptoMs ?? 0) }, carry)
    if (at % coldEvery === 0) expect(warm.verdict).toEqual(judge({ ...evidence, readings: seen(0) }).verdict)
    carry = warm.carry
    return warm.verdict
  })
}

describe('a series that comes late', () => {
  const series = [...release(1).readings.keys()]

  it('is any of those that a look reads', () => {
    expect(series).toEqual(
      expect.arrayContaining(['0.s.invocations', '0.c.durations', '0.c.custom-orders', '0.s.custom-profit']),
    )
  })

  it.each(series)('puts back no healthy release, and holds none for longer than it is late: %s', (late) => {
    const told = asTold(release(9), late, 9)
    expect(told.filter(({ kind }) => kind === 'fail')).toEqual([])
    expect(told.at(-1)?.kind).toBe('pass')
  })
})

describe('minutes whose points never come', () => {
  const gap = (at: number): boolean => at >= 3 && at < 6
  const withGap: Course = (at) => (gap(at) ? { invocations: 100 } : { invocations: 100, errors: 1 })
  const plain = service({ signals: { latency: 'off', throttles: 'off', cost: 'off' } })
  const told = (candidate: Course): Verdict => {
    const evidence = lookAt({ service: plain, stable: every(900, 9), candidate, minutes: 25 })
    return judgeOf(plain, evidence.targets)(evidence).verdict
  }

  it('are left out, which a pass says', () => {
    expect(told(every(100, 1)).because).not.toContain('left out')
    const verdict = told(withGap)
    expect(verdict.kind).toBe('pass')
    expect(verdict.because).toContain('3 minutes are left out, whose points have not come')
    expect(verdict.signals[0]?.numbers).toMatchObject({ candidateInvocations: 2200, stableInvocations: 22 * 900 })
  })

  it('are no silence of the candidate either: only its invocations are missing', () => {
    const uncounted: Course = (at) => (at >= 10 ? { errors: 1 } : { invocations: 100, errors: 1 })
    const verdict = told(uncounted)
    expect(verdict.kind).toBe('unknown')
    expect(verdict.because).not.toContain('silent')
    expect(told((at) => (at >= 10 ? undefined : { invocations: 100, errors: 1 })).because).toContain('fell silent')
  })
})

describe("a team's own count that ends", () => {
  const counted = service({
    signals: { errors: 'off', latency: 'off', throttles: 'off', cost: 'off', custom: [{ ...orders, dimensions }] },
  })
  const told = (candidate: Course): Verdict => {
    const stable: Course = () => ({ invocations: 900, 'custom-orders': 450 })
    const evidence = lookAt({ service: counted, stable, candidate, minutes: 30 })
    return judgeOf(counted, evidence.targets)(evidence).verdict
  }

  it('is 0 only after ten minutes, in which it may still come', () => {
    expect(openFromMs(t0 + 30 * minute)).toBe(t0 + 20 * minute)
    const endsAt =
      (end: number): Course =>
      (at) =>
        at < end ? { invocations: 100, 'custom-orders': 50 } : { invocations: 100 }
    expect(told(endsAt(30)).kind).toBe('pass')
    expect(told(endsAt(20)).kind).toBe('pass')
    expect(told(endsAt(10)).kind).toBe('fail')
    // A minute in between in which nothing was ordered is 0; the last one may still come.
    const everyOther = told((at) => (at % 2 === 0 ? { invocations: 100, 'custom-orders': 50 } : { invocations: 100 }))
    expect(everyOther.signals[0]?.numbers).toMatchObject({ candidateInvocations: 2900, candidateBad: 750 })
  })
})
