// Every way to write a plan, and the steps that it means.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { duration, formatDuration } from '../../../core/duration.ts'
import { isBolder, PlanDefinition, planWords } from '../../../core/service/plan.ts'

const steps = (definition: unknown): [number, number][] =>
  PlanDefinition.parse(definition).steps.map((step) => [step.weightBp / 100, step.bakeSeconds])

describe('a plan', () => {
  it.each([
    ['AllAtOnce', []],
    ['Canary10Percent5Minutes', [[10, 300]]],
    ['Canary10Percent30Minutes', [[10, 1800]]],
    ['Linear10PercentEvery1Minute', [10, 20, 30, 40, 50, 60, 70, 80, 90].map((weight) => [weight, 60])],
    ['Linear10PercentEvery3Minutes', [10, 20, 30, 40, 50, 60, 70, 80, 90].map((weight) => [weight, 180])],
    [
      'Linear33PercentEvery7Minutes',
      [
        [33, 420],
        [66, 420],
        [99, 420],
      ],
    ],
  ])('means by %s the same as CodeDeploy and CodePipeline', (name, expected) => {
    expect(steps(name)).toEqual(expected)
  })

  it("accepts Flagger's words for a linear plan", () => {
    expect(steps({ linear: { stepWeight: 20, maxWeight: 50, interval: '1m' } })).toEqual([
      [20, 60],
      [40, 60],
      [50, 60],
    ])
  })

  it('grows exponentially as AppConfig does', () => {
    expect(steps({ exponential: { growthFactor: 2, interval: '10m' } })).toEqual(
      [2, 4, 8, 16, 32, 64].map((weight) => [weight, 600]),
    )
  })

  it('accepts any rising weights', () => {
    const listed = (last: number) => ({
      steps: [
        { weight: 5, bake: '30m' },
        { weight: 25.5, bake: '90s' },
        { weight: last, bake: '1h' },
      ],
    })
    expect(steps(listed(95))).toEqual([
      [5, 1800],
      [25.5, 90],
      [95, 3600],
    ])
    expect(steps({ canary: { stepWeight: 10, interval: '5m' } })).toEqual([[10, 300]])
  })

  it.each([
    [{ steps: [10, 100] }, [10, 90]],
    [{ steps: [10, 100], holdBack: 0 }, [10, 100]],
    [{ steps: [10, 100], holdBack: 20 }, [10, 80]],
    [{ steps: [100] }, [90]],
    // At least as much as before goes on to the candidate.
    [{ steps: [85, 100] }, [85, 92.5]],
    [{ steps: [95, 100], holdBack: 20 }, [95, 97.5]],
    [{ steps: [99.99, 100] }, [99.99, 100]],
    // Who writes less has chosen.
    [{ steps: [10, 95] }, [10, 95]],
    [{ steps: [10, 99], holdBack: 50 }, [10, 99]],
  ])('holds traffic back to compare with, in a last step of 100 %%: %j', (written, expected) => {
    const listed = { ...written, steps: written.steps.map((weight) => ({ weight, bake: '5m' })) }
    expect(steps(listed).map(([weight]) => weight)).toEqual(expected)
  })

  it('gives all traffic at once where that is asked for, unless it says otherwise', () => {
    expect(steps({ allAtOnce: { bake: '10m' } })).toEqual([[100, 600]])
    expect(steps({ allAtOnce: { bake: '10m', holdBack: 10 } })).toEqual([[90, 600]])
    expect(steps({ allAtOnce: {} })).toEqual([])
  })

  it('says what it does', () => {
    const words = (definition: unknown): string => planWords(PlanDefinition.parse(definition))
    const listed = [
      { weight: 10, bake: '5m' },
      { weight: 100, bake: '10m' },
    ]
    expect(words({ steps: listed })).toBe(
      '10 % for 5m, 90 % for 10m while 10 % stay on stable to compare with, then all traffic',
    )
    expect(words({ steps: listed, holdBack: 0 })).toBe(
      '10 % for 5m, 100 % for 10m with nothing to compare with, then all traffic',
    )
    expect(words('AllAtOnce')).toBe('all traffic at once')
  })

  it.each([
    'Canary0Percent5Minutes',
    'Canary10PercentEvery5Minutes',
    'Linear10Percent5Minutes',
    'canary10Percent5Minutes',
    '',
    'Canary100Percent5Minutes',
    { steps: [] },
    {
      steps: [
        { weight: 50, bake: '5m' },
        { weight: 50, bake: '5m' },
      ],
    },
    { steps: [{ weight: 101, bake: '5m' }] },
    { steps: [{ weight: 0, bake: '5m' }] },
    {
      steps: [
        { weight: 95, bake: '5m' },
        { weight: 90, bake: '5m' },
      ],
    },
    { steps: [{ weight: 100, bake: '5m' }], holdBack: -1 },
    { steps: [{ weight: 100, bake: '5m' }], holdBack: 51 },
    { steps: [{ weight: 100, bake: '5m' }], holdBack: '10' },
    { allAtOnce: { bake: '5m', holdBack: 60 } },
    { canary: { stepWeight: 10, interval: '5m' }, holdBack: 10 },
    { steps: [{ weight: 10, bake: '59s' }] },
    { steps: [{ weight: 10, bake: 300 }] },
    { steps: [{ weight: 10, bake: '5m', pause: true }] },
    { steps: [{ weight: Number.NaN, bake: '5m' }] },
    { linear: { stepWeight: 0.001, interval: '1m' } },
    { linear: { stepWeight: 0.01, interval: '1m' } },
    { canary: { stepWeight: 10, interval: '5m' }, steps: [] },
    7,
    null,
    undefined,
    [],
    { exponential: { growthFactor: -1, interval: '5m' } },
  ])('refuses %j', (definition) => {
    expect(PlanDefinition.safeParse(definition).success).toBe(false)
  })

  it('always rises, and never exceeds 100 steps or 100 %', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 10_000 }), (stepBp, maxBp) => {
        const parsed = PlanDefinition.safeParse({
          linear: { stepWeight: stepBp / 100, maxWeight: maxBp / 100, interval: '1m' },
        })
        if (!parsed.success) return
        const weights = parsed.data.steps.map((step) => step.weightBp)
        expect(weights.length).toBeLessThanOrEqual(100)
        expect(weights).toEqual([...new Set(weights)].sort((a, b) => a - b))
        expect(Math.max(0, ...weights)).toBeLessThanOrEqual(10_000)
      }),
    )
  })
})

describe('a duration', () => {
  const anyDuration = duration({ minSeconds: 0, maxSeconds: 10_000_000 })
  it.each([
    ['90s', 90],
    ['5m', 300],
    ['1h', 3600],
    ['2d', 172_800],
    ['0s', 0],
  ])('%s is %d seconds', (text, seconds) => {
    expect(anyDuration.parse(text)).toBe(seconds)
  })
  it.each(['', '5', 'm', '5 m', '-5m', '+5m', '1.5h', '05m', '5M', '1h30m', '5m ', '٥m', '99999999s', 5])(
    '%j is not a duration',
    (text) => {
      expect(anyDuration.safeParse(text).success).toBe(false)
    },
  )
  it('printed in one unit parses to itself', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 59 }), fc.constantFrom('s', 'm'), (count, unit) => {
        expect(formatDuration(anyDuration.parse(`${count}${unit}`))).toBe(`${count}${unit}`)
      }),
    )
  })
})

describe('a plan is bolder than 10, 50, 90 % for five minutes each', () => {
  const stepped = (...steps: readonly (readonly [weight: number, bake: string])[]) => ({
    steps: steps.map(([weight, bake]) => ({ weight, bake })),
  })
  const usual = PlanDefinition.parse(stepped([10, '5m'], [50, '5m'], [100, '5m']))

  it.each<[string, unknown, boolean]>([
    ['the same', stepped([10, '5m'], [50, '5m'], [100, '5m']), false],
    ['longer', stepped([10, '1h'], [50, '1h'], [100, '1h']), false],
    ['with more steps', stepped([5, '5m'], [10, '5m'], [50, '5m'], [90, '5m']), false],
    ['all at once', 'AllAtOnce', true],
    ['all at once with a bake', { allAtOnce: { bake: '1h' } }, true],
    ['without the share that stays', { ...stepped([10, '5m'], [50, '5m'], [100, '5m']), holdBack: 0 }, true],
    ['that keeps back more', { ...stepped([10, '5m'], [50, '5m'], [100, '5m']), holdBack: 50 }, false],
    ['that promotes a minute sooner', stepped([10, '5m'], [50, '5m'], [90, '4m']), true],
    ['that begins higher and takes longer', stepped([11, '1h'], [50, '1h'], [90, '1h']), true],
    ['that leaves out the last step', stepped([10, '5m'], [50, '10m']), true],
    ['that leaves out every step, for as long as can be', stepped([0.01, '7d']), true],
    ['that only seems to have steps', stepped([0.01, '5m'], [0.02, '5m'], [0.03, '5m'], [0.04, '7d']), true],
    ['by name', 'Canary1Percent9999Minutes', true],
  ])('%s', (_, definition, bolder) => {
    expect(isBolder(PlanDefinition.parse(definition), usual)).toBe(bolder)
  })

  it('and none is bolder than all at once, or than itself', () => {
    for (const name of ['AllAtOnce', 'Canary10Percent5Minutes', 'Linear10PercentEvery1Minute']) {
      const plan = PlanDefinition.parse(name)
      expect([isBolder(plan, plan), isBolder(plan, PlanDefinition.parse('AllAtOnce'))]).toEqual([false, false])
    }
  })
})
