// How boldly a release goes on from an open gate: the plan at its beginning, the weight of each step after that.
import { describe, expect, it } from 'vitest'
import type { GateBudget } from '../../../core/gate/facts.ts'
import { pacingAt } from '../../../core/gate/pacing.ts'
import { beginPoint } from '../../../core/release/gating.ts'
import type { Release } from '../../../core/release/release.ts'
import { minuteMs } from '../../../core/time.ts'
import { prepared, t0 } from '../sample.ts'

const pace = { bold: 'Canary30Percent5Minutes', careful: 'Canary1Percent30Minutes', urgent: 'AllAtOnce' }
const slos = [{ name: 'available', objective: 99.9 }]
const paced = (changes: Partial<Release> = {}, more: Record<string, unknown> = {}): Release => ({
  ...prepared({ pace, slos, ...more }),
  ...changes,
})
const left = (leftShare: number | undefined, more: Partial<GateBudget> = {}): GateBudget => ({
  slo: 'available',
  burning: 'no',
  ...(leftShare === undefined ? {} : { leftShare }),
  ...more,
})

describe('the plan', () => {
  it.each<[string, Partial<Release>, readonly GateBudget[], number | undefined, string | undefined]>([
    // the weight of its first step: absent when it stays the service's own
    ['nothing is counted', {}, [], undefined, undefined],
    ['most is left', {}, [left(0.9)], 3000, 'the pace is bold'],
    ['half is left', {}, [left(0.49)], undefined, 'the pace is normal'],
    ['little is left', {}, [left(0.2)], 100, 'the pace is careful'],
    ['nothing is left', {}, [left(-3)], 100, 'the pace is frozen'],
    ['the more spent of two counts', {}, [left(0.9), left(0.2)], 100, 'the pace is careful'],
    ['nobody knows one of two', {}, [left(0.9), left(undefined)], 100, 'the pace is careful'],
    ['it came with a plan of its own', { hasOwnPlan: true }, [left(0.9)], undefined, 'the pace is bold'],
  ])('when %s', (_, changes, budgets, weightBp, words) => {
    const found = pacingAt(paced(changes), beginPoint, budgets)
    expect([found.plan?.steps[0]?.weightBp, found.words]).toEqual([weightBp, words])
  })

  it('of an urgent release is the urgent one, with a budget or without', () => {
    for (const budgets of [[], [left(0)]])
      expect(pacingAt(paced({ urgent: true }), beginPoint, budgets)).toEqual({
        plan: { steps: [] },
        early: true,
        words: 'on the fast lane',
      })
  })

  it('of a careful release ends no bake early', () => {
    expect(pacingAt(paced(), beginPoint, [left(0.2)]).early).toBe(false)
    expect(pacingAt(paced(), beginPoint, [left(0.9)])).not.toHaveProperty('early')
  })
})

describe('a step', () => {
  const busy = left(0.9, { badLeft: 500_000, perMinute: 10_000 })
  const weight = (release: Release, budgets: readonly GateBudget[], step = 0): number | undefined =>
    pacingAt(release, step, budgets).plan?.steps[step]?.weightBp

  it('is smaller than planned when a bad candidate could burn too much, and says so', () => {
    const { plan, words } = pacingAt(paced(), 0, [busy])
    const given = plan?.steps[0]?.weightBp ?? 0
    expect(given).toBeGreaterThan(0)
    expect(given).toBeLessThan(1000)
    expect(plan?.steps[1]?.weightBp).toBe(1000)
    expect(words).toBe(
      `${given / 100} % before 10 %, because a bad candidate could burn too much of the budget before it is found`,
    )
  })

  it('is as planned when there is enough left, when it is urgent, when it was made smaller before, and past the last', () => {
    expect(pacingAt(paced(), 0, [left(0.9, { badLeft: 1e9, perMinute: 100 })])).toEqual({})
    expect(pacingAt(paced({ urgent: true }), 0, [busy])).toEqual({})
    expect(pacingAt(paced({ cleared: { point: 0, atMs: t0, because: 'the gates are open' } }), 0, [busy])).toEqual({})
    expect(pacingAt(paced(), 2, [busy])).toEqual({})
    expect(pacingAt(paced(), 0, [])).toEqual({})
  })

  it('goes by the least that is left and the most that comes; a budget of slices has no say', () => {
    const poor = left(0.9, { badLeft: 200_000, perMinute: 10 })
    const both = weight(paced(), [busy, poor])
    expect(both).toBe(weight(paced(), [left(0.9, { badLeft: 200_000, perMinute: 10_000 })]))
    expect(both).toBeLessThan(weight(paced(), [busy]) ?? 0)
    expect(weight(paced(), [busy, left(0.9)])).toBe(weight(paced(), [busy]))
    // Without any, nobody knows: 1 % at most.
    expect(weight(paced(), [left(0.9)])).toBe(100)
  })

  it('may be larger the longer the candidate has done well, unless errors are not what the budget counts', () => {
    const minutes = Array.from({ length: 10 }, (_, minute): [number, number] => [minute, 5000])
    const readings = [
      {
        fromMs: t0,
        toMs: t0 + 10 * minuteMs,
        complete: true,
        points: {
          // No count of requests or errors.
          '0.c.durations': minutes,
          '0.c.invocations': minutes,
          '0.c.errors': [[0, 0] as [number, number]],
          '0.s.invocations': minutes,
        },
      },
    ]
    const plan = {
      steps: [
        { weight: 1, bake: '30m' },
        { weight: 50, bake: '30m' },
      ],
    }
    const after = (more: Record<string, unknown> = {}, seen = readings) =>
      weight(paced({ readings: seen }, { plan, ...more }), [busy], 1)
    const unseen = after({}, []) ?? 0
    expect(unseen).toBeGreaterThan(0)
    expect(after()).toBeGreaterThan(unseen)
    const blind = { signals: { errors: 'off' } }
    expect(after(blind)).toBe(after(blind, []))
    const slow = { slos: [{ name: 'fast', objective: 99.9, sli: { fasterThanMs: 300 } }] }
    expect(after(slow)).toBe(after(slow, []))
  })
})
