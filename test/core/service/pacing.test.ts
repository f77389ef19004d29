// How boldly a release may go: pace levels, plans, the cap on a step's weight, and the plan that respects it.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  excessMax,
  paceLevelOf,
  type PaceLevel,
  Pace,
  PaceDefinition,
  paced,
  planFor,
  shortestBake,
  weightCapBp,
} from '../../../core/service/pacing.ts'
import { Plan, PlanDefinition } from '../../../core/service/plan.ts'
import { Signals } from '../../../core/service/signals.ts'

type Exposure = Parameters<typeof weightCapBp>[0]
const everyLevel: Readonly<Record<PaceLevel, true>> = { bold: true, normal: true, careful: true, frozen: true }
const paceLevels = Object.keys(everyLevel) as readonly PaceLevel[]

const nothing = { stableInvocations: 0, stableBad: 0, candidateInvocations: 0, candidateBad: 0 }
const clean = (candidateInvocations: number, candidateBad = 0) => ({
  stableInvocations: 100_000,
  stableBad: 0,
  candidateInvocations,
  candidateBad,
})
/** 99.9 % over 30 days at 20,000 a minute, nothing spent yet. */
const exposure = (changes: Partial<Exposure> = {}): Exposure => ({
  level: 'bold',
  damageBp: 10,
  badLeft: 20_000 * 43_200 * 0.001,
  perMinute: 20_000,
  lookEverySeconds: 60,
  minimumSamples: 50,
  bakeSeconds: 1800,
  seen: nothing,
  ...changes,
})

describe('the definition', () => {
  it('has defaults, also in definitions stored before there was a pace', () => {
    expect(PaceDefinition.parse({})).toEqual({ damageBp: 10 })
    expect(Pace.parse({})).toEqual({ damageBp: 10 })
  })

  it('becomes a normal form that parses to itself', () => {
    const pace = PaceDefinition.parse({ bold: 'Canary10Percent5Minutes', urgent: 'AllAtOnce', damage: 0.29 })
    expect(pace).toEqual({
      bold: { steps: [{ weightBp: 1000, bakeSeconds: 300 }] },
      urgent: { steps: [] },
      damageBp: 29,
    })
    expect(Pace.parse(pace)).toEqual(pace)
  })

  it.each([{ damage: 0 }, { damage: 0.001 }, { damage: 101 }, { dammage: 1 }, { bold: 'Quickly' }])(
    'is refused if it makes no sense: %j',
    (wrong) => {
      expect(PaceDefinition.safeParse(wrong).success).toBe(false)
    },
  )
})

describe('the level', () => {
  it.each([
    [0, 'bold'],
    [0.5, 'bold'],
    [0.51, 'normal'],
    [0.75, 'normal'],
    [0.76, 'careful'],
    [0.999, 'careful'],
    [1, 'frozen'],
    [Infinity, 'frozen'],
    [undefined, 'careful'],
    [NaN, 'careful'],
  ] as const)('of a budget of which %s is spent is %s', (spent, level) => {
    expect(paceLevelOf(spent)).toBe(level)
  })
})

describe('the plan', () => {
  const plan = PlanDefinition.parse({ canary: { stepWeight: 10, interval: '30m' } })
  const named = PaceDefinition.parse({
    bold: 'Canary20Percent5Minutes',
    careful: 'Canary1Percent30Minutes',
    urgent: 'Canary30Percent1Minute',
  })
  const weightOf = (pace: Pace, level: PaceLevel, urgent = false) =>
    planFor({ plan, pace }, level, urgent).plan.steps[0]?.weightBp

  it('is the one defined for the level, or the plan of the service', () => {
    expect(paceLevels.map((level) => weightOf(named, level))).toEqual([2000, 1000, 100, 100])
    expect(paceLevels.map((level) => weightOf(Pace.parse({}), level))).toEqual([1000, 1000, 1000, 1000])
  })

  it('of an urgent fix is quick whatever is left, is not capped, and never slower than the usual one', () => {
    for (const level of paceLevels) {
      expect(weightOf(named, level, true)).toBe(3000)
      expect(planFor({ plan, pace: Pace.parse({}) }, level, true)).toMatchObject({
        capped: false,
        early: true,
        plan: { steps: [{ weightBp: 1000 }, { weightBp: 5000 }] },
      })
    }
    const quick = PlanDefinition.parse('Canary10Percent5Minutes')
    expect(planFor({ plan: quick, pace: Pace.parse({}) }, 'bold', true).plan).toBe(quick)
  })

  it('ends no bake early when careful, may when urgent, and otherwise leaves that to the service', () => {
    expect(paceLevels.map((level) => planFor({ plan, pace: named }, level, false).early)).toEqual([
      undefined,
      undefined,
      false,
      false,
    ])
    expect(planFor({ plan, pace: named }, 'careful', true).early).toBe(true)
  })
})

describe('the excess that the evidence allows', () => {
  it('is the upper end of the interval that Newcombe (1998, table II, method 10) gives for 56/70 and 48/80', () => {
    const seen = { candidateInvocations: 350, candidateBad: 280, stableInvocations: 400, stableBad: 240 }
    expect(excessMax(seen)).toBeCloseTo(0.3339, 4)
  })

  it('is 1 without evidence, and shrinks about as three in n when nothing fails', () => {
    expect(excessMax(nothing)).toBe(1)
    expect(excessMax(clean(0))).toBe(1)
    // 1.96 squared in place of three, and a fifth of the requests counts.
    expect(excessMax(clean(50_000))).toBeCloseTo(1.96 ** 2 / 10_000, 5)
  })

  it('is a share, smaller with more good requests, larger with more bad ones', () => {
    const count = fc.integer({ min: 0, max: 1_000_000 })
    fc.assert(
      fc.property(count, count, count, count, (of, bad, stableOf, stableBad) => {
        const seen = {
          candidateInvocations: of,
          candidateBad: Math.min(of, bad),
          stableInvocations: stableOf,
          stableBad: Math.min(stableOf, stableBad),
        }
        const excess = excessMax(seen)
        expect(excess).toBeGreaterThanOrEqual(0)
        expect(excess).toBeLessThanOrEqual(1)
        const worse = { ...seen, candidateInvocations: of + 10, candidateBad: seen.candidateBad + 10 }
        // Without other data, one good request in ten says too little for a comparison.
        if (of > 0) expect(excessMax(worse)).toBeGreaterThanOrEqual(excess - 1e-9)
        expect(excessMax(clean(of + 100))).toBeLessThan(excessMax(clean(of)))
      }),
    )
  })
})

describe('the cap', () => {
  const anyExposure = fc.record({
    level: fc.constantFrom(...paceLevels),
    damageBp: fc.integer({ min: 1, max: 10_000 }),
    badLeft: fc.double({ min: 0, max: 1e9, noNaN: true }),
    perMinute: fc.double({ min: 0, max: 1e7, noNaN: true }),
    lookEverySeconds: fc.integer({ min: 30, max: 3600 }),
    minimumSamples: fc.integer({ min: 1, max: 1000 }),
    bakeSeconds: fc.integer({ min: 60, max: 604_800 }),
    seen: fc
      .tuple(fc.integer({ min: 0, max: 100_000 }), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([of, share]) => clean(of, Math.floor(of * share * share * share))),
  })

  it('is what the share of the budget pays for until a total failure is found', () => {
    // 0.1 % of 43.2 minutes of total failure, over four minutes of delay.
    expect(weightCapBp(exposure())).toBe(108)
    expect(weightCapBp(exposure({ damageBp: 40 }))).toBe(432)
    expect(weightCapBp(exposure({ lookEverySeconds: 300 }))).toBe(54)
    expect(weightCapBp(exposure({ badLeft: 20_000 * 4320 * 0.001 }))).toBe(10)
  })

  it('rises with the evidence, up to five times: no evidence covers a late fault', () => {
    expect(weightCapBp(exposure({ seen: clean(100) }))).toBeGreaterThan(108)
    expect(weightCapBp(exposure({ seen: clean(1_000_000) }))).toBe(540)
    expect(weightCapBp(exposure({ seen: clean(1000, 500) }))).toBeLessThan(250)
  })

  it('starts at 1 % when careful, and when the budget or the traffic is unknown', () => {
    const { badLeft: _, ...budgetUnknown } = exposure({ damageBp: 10_000 })
    const { perMinute: __, ...trafficUnknown } = exposure({ damageBp: 10_000 })
    for (const unknown of [exposure({ level: 'careful' }), budgetUnknown, trafficUnknown])
      expect(weightCapBp(unknown)).toBe(100)
  })

  it('is what can be judged in its part of the bake, if the budget would allow less', () => {
    // 75 requests in 20 minutes of 100.
    const quiet = exposure({ perMinute: 100, badLeft: 10 })
    expect(weightCapBp(quiet)).toBe(375)
    expect(weightCapBp({ ...quiet, level: 'careful' })).toBe(375)
    expect(weightCapBp({ ...quiet, minimumSamples: 100 })).toBe(750)
    expect(weightCapBp({ ...quiet, perMinute: 1 })).toBe(10_000)
    expect(weightCapBp({ ...quiet, perMinute: 0 })).toBe(10_000)
  })

  it('keeps the expected damage within the share, if a step can be judged at all', () => {
    fc.assert(
      fc.property(anyExposure, (one) => {
        const cap = weightCapBp(one)
        expect(Number.isInteger(cap) && cap >= 1 && cap <= 10_000).toBe(true)
        const floor = (1.5 * one.minimumSamples) / Math.max(1, one.perMinute * Math.max(1, one.bakeSeconds / 90))
        if (cap === 1 || cap / 10_000 <= floor + 1e-4) return
        const p = Math.max(0.2, excessMax(one.seen))
        const damage = one.perMinute * (cap / 10_000) * p * (3 + one.lookEverySeconds / 60)
        expect(damage).toBeLessThanOrEqual((one.badLeft * one.damageBp) / 10_000 + 1e-6)
      }),
    )
  })

  it('is never smaller with more budget, more good requests or a better level', () => {
    fc.assert(
      fc.property(anyExposure, (one) => {
        const cap = weightCapBp(one)
        expect(weightCapBp({ ...one, badLeft: one.badLeft * 2 + 1 })).toBeGreaterThanOrEqual(cap)
        expect(weightCapBp({ ...one, level: 'bold' })).toBeGreaterThanOrEqual(cap)
        const more = { ...one.seen, candidateInvocations: one.seen.candidateInvocations + 1000 }
        expect(weightCapBp({ ...one, seen: more })).toBeGreaterThanOrEqual(cap)
        expect(weightCapBp({ ...one, perMinute: one.perMinute * 2 })).toBeLessThanOrEqual(cap)
      }),
    )
  })
})

describe('the plan that respects the cap', () => {
  const plan = PlanDefinition.parse({
    steps: [
      { weight: 10, bake: '30m' },
      { weight: 50, bake: '30m' },
    ],
  })
  const list = ({ steps }: Plan) => steps.map(({ weightBp, bakeSeconds }) => [weightBp, bakeSeconds / 60])
  const anyPlan = fc.uniqueArray(fc.integer({ min: 1, max: 10_000 }), { maxLength: 100 }).chain((weights) =>
    fc
      .array(fc.integer({ min: 60, max: 604_800 }), { minLength: weights.length, maxLength: weights.length })
      .map((bakes): Plan => ({
        steps: weights.sort((a, b) => a - b).map((weightBp, index) => ({ weightBp, bakeSeconds: bakes[index] ?? 60 })),
      })),
  )
  const seconds = ({ steps }: Plan) => steps.reduce((sum, { bakeSeconds }) => sum + bakeSeconds, 0)

  it('inserts a smaller step before the one that is too large, and takes as long', () => {
    const first = paced(plan, 0, 108, 180)
    expect(list(first)).toEqual([
      [108, 20],
      [1000, 10],
      [5000, 30],
    ])
    // Twice the passed weight is always allowed.
    const third = paced(first, 2, 540, 180)
    expect(list(third)).toEqual([
      [108, 20],
      [1000, 10],
      [2000, 20],
      [5000, 10],
    ])
    expect(paced(third, 3, 5000, 180)).toBe(third)
    expect(paced(plan, 0, 1000, 180)).toBe(plan)
  })

  it('leaves alone what is not a step: the promotion, and all at once', () => {
    expect(paced(plan, 2, 1, 180)).toBe(plan)
    expect(paced({ steps: [] }, 0, 1, 180)).toEqual({ steps: [] })
  })

  it('takes missing time from later steps, the last one first, as long as they can still be judged', () => {
    const three = PlanDefinition.parse({ exponential: { growthFactor: 20, interval: '4m' } })
    expect(list(paced(three, 0, 100, 180))).toEqual([
      [100, 3],
      [2000, 3],
      [4000, 3],
      [8000, 3],
    ])
    const longer = PlanDefinition.parse({ exponential: { growthFactor: 20, interval: '5m' } })
    expect(list(paced(longer, 0, 100, 180))).toEqual([
      [100, 3],
      [2000, 3],
      [4000, 5],
      [8000, 4],
    ])
  })

  it('is longer only if no time can be spared', () => {
    const short = PlanDefinition.parse('Canary10Percent5Minutes')
    expect(list(paced(short, 0, 100, 180))).toEqual([
      [100, 3],
      [1000, 3],
    ])
    expect(list(paced(short, 0, 100, 120))).toEqual([
      [100, 3],
      [1000, 2],
    ])
    const shorter = PlanDefinition.parse('Canary10Percent1Minute')
    expect(list(paced(shorter, 0, 100, 180))).toEqual([
      [100, 3],
      [1000, 1],
    ])
  })

  it('is valid, ends with the same weight, leaves past steps alone, respects the cap, and is idempotent', () => {
    const cap = fc.integer({ min: 1, max: 10_000 })
    fc.assert(
      fc.property(anyPlan, fc.nat(100), cap, fc.integer({ min: 60, max: 3780 }), (one, step, capBp, shortest) => {
        const after = paced(one, step, capBp, shortest)
        expect(Plan.parse(after)).toEqual(after)
        expect(after.steps.at(-1)?.weightBp).toBe(one.steps.at(-1)?.weightBp)
        expect(after.steps.slice(0, step)).toEqual(one.steps.slice(0, step))
        expect(paced(after, step, capBp, shortest)).toEqual(after)
        expect(seconds(after)).toBeGreaterThanOrEqual(seconds(one))
        const [before, next] = [one.steps[step - 1], one.steps[step]]
        if (next === undefined || one.steps.length === 100) return
        expect(after.steps[step]?.weightBp).toBeLessThanOrEqual(Math.max(capBp, 2 * (before?.weightBp ?? 0)))
        if (next.bakeSeconds >= 3 * shortest) expect(seconds(after)).toBe(seconds(one))
        const canSpare = one.steps.slice(step + 1).some(({ bakeSeconds }) => bakeSeconds >= 3 * shortest)
        if (canSpare) expect(seconds(after)).toBe(seconds(one))
        expect(seconds(after)).toBeLessThanOrEqual(seconds(one) + 2 * shortest)
        const shorter = after.steps.filter(({ bakeSeconds }) => bakeSeconds < shortest).length
        expect(shorter).toBeLessThanOrEqual(one.steps.filter(({ bakeSeconds }) => bakeSeconds < shortest).length)
      }),
    )
  })
})

it('a step is long enough after latency has excluded its cold starts, if latency decides', () => {
  expect(shortestBake(Signals.parse({}))).toBe(360)
  expect(shortestBake(Signals.parse({ latency: { warmUpMinutes: 5 } }))).toBe(480)
  expect(shortestBake(Signals.parse({ latency: { role: 'advisory' } }))).toBe(180)
  expect(shortestBake(Signals.parse({ latency: 'off' }))).toBe(180)
})
