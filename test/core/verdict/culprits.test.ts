// Whom a fail blames, and whom a hold suspects. What may go back alone is bounded; what is only most likely is said, and no more.
import { describe, expect, it } from 'vitest'
import { falseNames } from '../../../bench/waves/false-names.ts'
import type { Evidence, Reading } from '../../../core/verdict/evidence/evidence.ts'
import { mostLikely, oneAmong, standOut } from '../../../core/verdict/judge/closure.ts'
import { judge } from '../../../core/verdict/judge/judge.ts'
import { repeats } from '../../repeats.ts'
import { service as defined, t0 } from '../sample.ts'
import { every, lookAt } from './look.ts'

const twentieth = Math.log(20 / 0.05)
const alike = (values: readonly number[]) => values.map((logE) => ({ logE, weight: 1 / values.length }))
/** Of twenty; what is not said is E = 1. */
const twenty = (...some: readonly number[]) => alike([...some, ...Array.from({ length: 20 - some.length }, () => 0)])

describe('those that stand out', () => {
  it('are named the most certain first', () => {
    expect(standOut(twenty(0, twentieth))).toEqual([1])
    // Two together need half as much each.
    expect(standOut(twenty(twentieth - Math.LN2, 0, twentieth - 0.5))).toEqual([2, 0])
    expect(standOut(alike([Infinity, -Infinity]))).toEqual([0])
    expect(standOut([])).toEqual([])
  })

  it('are named wherever the mean of all is enough and one has nearly all of it', () => {
    // e-BH wants 400 of the one, whatever the others say.
    const others = (value: number) => Array.from({ length: 19 }, () => Math.log(value))
    expect(standOut(alike([Math.log(399), ...others(0.1)]))).toEqual([0])
    expect(standOut(alike([Math.log(370), ...others(0.1)]))).toEqual([])
    expect(standOut(alike([Math.log(370), ...others(2)]))).toEqual([0])
  })

  it('have evidence of their own, however much the others have', () => {
    expect(standOut(alike([50, 50, Math.log(19)]))).toEqual([0, 1])
    expect(standOut(alike([50, 50, Math.log(21)]))).toEqual([0, 1, 2])
    // More of them make it no cheaper.
    expect(standOut(alike([50, 50, 50, 50, 50, Math.log(19)]))).toEqual([0, 1, 2, 3, 4])
  })

  it('are weighted as the evidence of the release is, and what has no weight is not named', () => {
    const values = [Math.log(50), 0]
    expect(standOut(values.map((logE, index) => ({ logE, weight: [0.2, 0.8][index] ?? 0 })))).toEqual([])
    expect(standOut(values.map((logE, index) => ({ logE, weight: [0.8, 0.2][index] ?? 0 })))).toEqual([0])
    expect(standOut([{ logE: 50, weight: 0 }])).toEqual([])
  })

  it.each([0, 1, 2, 5])('are well in less than one of twenty, with %i of twenty that have a fault', (faulty) => {
    for (const how of ['alike', 'one large', 'as one'] as const) {
      const { anyWrong, wrongShare, named } = falseNames({ functions: 20, faulty, how }, repeats(10_000, 200), 1)
      expect(anyWrong).toBeLessThanOrEqual(0.05)
      expect(wrongShare).toBeLessThanOrEqual(0.05)
      if (faulty > 0) expect(named).toBeGreaterThan(0.8)
    }
  })
})

it('of two that share the evidence it is known that one of them has a fault', () => {
  const shared = twenty(Math.log(250), -1, Math.log(150))
  expect(standOut(shared)).toEqual([])
  expect(oneAmong(shared)).toEqual([0, 2])
  expect(oneAmong(twenty(Math.log(250)))).toBeUndefined()
})

describe('the most likely one', () => {
  const likely = (...values: readonly number[]) => mostLikely(alike(values))
  it('has nineteen times as much evidence as all others together, and enough by itself', () => {
    expect(likely(4, 1.1, -2)).toBeUndefined()
    expect(likely(4, 0, 0.5, 1)).toBeUndefined()
    expect(likely(-3, 4, -1)).toMatchObject({ index: 1 })
    expect(likely(-3, 2.9, -1)).toBeUndefined()
    expect(likely(-3, 4, -1)?.logOdds).toBeCloseTo(4 - Math.log(Math.exp(-3) + Math.exp(-1)))
  })

  it('is not said while another one cannot be read, nor of one', () => {
    expect(likely(9, -Infinity)).toBeUndefined()
    expect(likely(9)).toBeUndefined()
  })
})

const functions = ['a', 'b', 'c']
const shifts = [{ sinceMs: t0, weightBp: 1000 }]
const service = defined({
  targets: functions.map((name) => ({ function: name, alias: 'live' })),
  signals: { errors: { minimumSamples: 20 }, latency: 'off', throttles: 'off', cost: 'off' },
  policy: { ruleOut: 'off' },
})
/** @param bad errors of each function's candidate, of 100 a minute */
function look(bad: readonly number[], minutes: number): Evidence {
  const looks = bad.map((one) =>
    lookAt({ service, stable: every(900, 9), candidate: every(100, one), minutes, functions, shifts }),
  )
  const readings = looks.flatMap(({ readings: all }, place) =>
    [...all].filter(([key]) => key.startsWith(`${place}.`)).map((entry): [string, Reading] => entry),
  )
  const first = looks[0]
  if (first === undefined) throw new Error('no function')
  return { ...first, readings: new Map(readings) }
}

describe('a verdict', () => {
  it('blames in a fail', () => {
    const { verdict } = judge(service, look([1, 80, 1], 4))
    expect(verdict).toMatchObject({ kind: 'fail', blamed: ['b'] })
    expect(verdict.because).toMatch(/; the evidence blames b, of 3 functions$/)
  })

  it('says while it is unknown who is most likely, and blames nobody', () => {
    const found = Array.from({ length: 5 }, (_, index) => judge(service, look([1, 4, 1], index + 3)).verdict)
    const held = found.filter(({ kind, because }) => kind === 'unknown' && because.includes('most likely'))
    expect(held.length).toBeGreaterThan(0)
    for (const { because, blamed } of held) {
      expect(because).toMatch(/; if one of 3 functions has a fault, it is most likely b \(\d+(\.\d+)? to 1\)$/)
      expect(because.length).toBeLessThanOrEqual(600)
      expect(blamed).toBeUndefined()
    }
    const healthy = Array.from({ length: 5 }, (_, index) => judge(service, look([1, 1, 1], index + 1)).verdict)
    expect(healthy.filter(({ because }) => because.includes('most likely'))).toEqual([])
  })

  it('does not say who while the metrics of another function are away', () => {
    const evidence = look([1, 4, 1], 7)
    const without = new Map(
      [...evidence.readings].map(([key, one]): [string, Reading] =>
        key.startsWith('2.') ? [key, { kind: 'unread', because: 'the region is away' }] : [key, one],
      ),
    )
    const { verdict } = judge(service, { ...evidence, readings: without })
    expect(verdict.kind).toBe('unknown')
    expect(verdict.because).not.toContain('most likely')
  })
})
