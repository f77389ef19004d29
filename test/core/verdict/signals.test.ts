// The signals of a service: what each detects, and that every field of its definition has an effect.
import { describe, expect, it } from 'vitest'
import type { Service } from '../../../core/service/service.ts'
import type { Baseline, SignalVerdict, Verdict } from '../../../core/verdict/evidence/evidence.ts'
import { judge } from '../../../core/verdict/judge/judge.ts'
import { questionsFor } from '../../../core/verdict/evidence/questions.ts'
import { service, t0 } from '../sample.ts'
import { type Course, every, type Look, lookAt, minute } from './look.ts'

const off = { errors: 'off', latency: 'off', throttles: 'off', cost: 'off' }
const only = (signals: Record<string, unknown>, policy: Record<string, unknown> = {}): Service =>
  service({ signals: { ...off, ...signals }, policy })
const look = (watched: Service, stable: Course, candidate: Course, more: Partial<Look> = {}): Verdict =>
  judge(watched, lookAt({ service: watched, stable, candidate, minutes: 20, ...more })).verdict
const signal = (verdict: Verdict, name: string): SignalVerdict | undefined =>
  verdict.signals.find((one) => one.signal === name)
const logE = (verdict: Verdict, name = 'errors'): number => signal(verdict, name)?.numbers?.['logE'] ?? NaN

describe('errors', () => {
  const stable = every(900, 9)
  const twice = every(100, 3)

  it('have a tolerance: what it allows is not evidence', () => {
    expect(look(only({ errors: {} }), stable, twice).kind).toBe('fail')
    const lenient = look(only({ errors: { tolerance: 3 } }), stable, twice)
    expect(lenient.kind).toBe('pass')
    expect(logE(lenient)).toBeLessThan(0.5)
  })

  it('that are advisory are reported and decide nothing', () => {
    const verdict = look(only({ errors: { role: 'advisory' }, throttles: {} }), stable, every(100, 100))
    expect(signal(verdict, 'errors')).toMatchObject({ kind: 'fail', advisory: true })
    expect(verdict.kind).toBe('pass')
    expect(look(only({ errors: { role: 'advisory' } }), stable, twice)).toMatchObject({
      kind: 'unknown',
      because: expect.stringContaining('no signal can speak') as string,
    })
  })

  it('that are advisory hide no critical signal, however bad they are', () => {
    const own = { namespace: 'Shop', metric: 'Lost', dimensions: { version: '{version}' }, kind: 'count' }
    const watched = (role: string) => only({ errors: { role }, custom: [{ ...own, name: 'lost' }] })
    const lost =
      (invocations: number, count: number, errors: number): Course =>
      () => ({ invocations, errors, 'custom-lost': count })
    for (const errors of [20, 100]) {
      const verdict = look(watched('advisory'), lost(900, 9, 9), lost(100, 6, errors))
      expect(verdict.kind).toBe('fail')
      expect(verdict.because).toMatch(/^lost: /)
      expect(look(watched('advisory'), lost(900, 9, 9), lost(100, 1, errors)).kind).toBe('pass')
    }
  })

  it('need their minimum of samples to pass', () => {
    const at = (minimumSamples: number) => look(only({ errors: { minimumSamples } }), stable, every(100, 1)).kind
    expect(at(2000)).toBe('pass')
    expect(at(2001)).toBe('unknown')
  })

  it('are weighted as configured: the weights of the critical signals share the evidence', () => {
    const limit = (weight: number) =>
      signal(look(only({ errors: { weight }, throttles: { weight: 1 } }), stable, twice), 'errors')?.numbers?.[
        'rollBackAtLogE'
      ]
    expect(limit(1)).toBeCloseTo(Math.log(40), 12)
    expect(limit(3)).toBeCloseTo(Math.log(20 / 0.75), 12)
  })

  it('roll back at 1/alpha, and not before', () => {
    for (const alpha of [0.2, 0.05, 0.001]) {
      for (let minutes = 2; minutes <= 20; minutes++) {
        const verdict = look(only({ errors: {} }, { alpha }), stable, twice, { minutes })
        expect(verdict.kind === 'fail').toBe(logE(verdict) >= Math.log(1 / alpha))
      }
    }
    const firstAt = (alpha: number): number =>
      Array.from({ length: 20 }, (_, at) => at + 1).findIndex(
        (minutes) => look(only({ errors: {} }, { alpha }), stable, twice, { minutes }).kind === 'fail',
      )
    expect(firstAt(0.2)).toBeLessThan(firstAt(0.05))
    expect(firstAt(0.05)).toBeLessThan(firstAt(0.001))
  })
})

describe('latency', () => {
  const baseline: Baseline = { thresholdsMs: [100, 200, 400] }
  const fast =
    (invocations: number, shares: readonly number[]): Course =>
    () => ({ invocations, errors: 0, fast: shares.map((share) => Math.round(invocations * share)) })
  const usual = fast(900, [0.5, 0.9, 0.99])
  const watched = only({ latency: {} })

  it('passes what is as slow as stable, or a fifth slower', () => {
    expect(look(watched, usual, fast(100, [0.5, 0.9, 0.99]), { baseline }).kind).toBe('pass')
    expect(look(watched, usual, fast(100, [0.42, 0.88, 0.99]), { baseline }).kind).toBe('pass')
  })

  it('finds a candidate that is slow at any of the three thresholds', () => {
    expect(look(watched, usual, fast(100, [0.1, 0.6, 0.9]), { baseline }).kind).toBe('fail')
    expect(look(watched, usual, fast(100, [0.5, 0.9, 0.92]), { baseline }).kind).toBe('fail')
  })

  it('forgives three minutes of cold starts, or none if configured so', () => {
    const cold: Course = (at) => ({ invocations: 100, errors: 0, fast: at < 3 ? [0, 0, 10] : [50, 90, 99] })
    for (let minutes = 1; minutes <= 20; minutes++)
      expect(look(watched, usual, cold, { baseline, minutes }).kind).not.toBe('fail')
    expect(look(watched, usual, cold, { baseline }).kind).toBe('pass')
    const strict = only({ latency: { warmUpMinutes: 0 } })
    expect(look(strict, usual, cold, { baseline, minutes: 3 }).kind).toBe('fail')
    expect(look(watched, usual, cold, { baseline, minutes: 2 }).because).toContain('cold starts')
  })

  it('forgives them again when the weight more than doubles', () => {
    const to = (weightBp: number) => [
      { sinceMs: t0, weightBp },
      { sinceMs: t0 + 10 * minute, weightBp: 1000 },
    ]
    const cold: Course = (at) => ({
      invocations: 100,
      errors: 0,
      fast: at < 3 || (at >= 10 && at < 13) ? [0, 0, 10] : [50, 90, 99],
    })
    const from = (weightBp: number) =>
      [13, 20].map((minutes) => look(watched, usual, cold, { baseline, shifts: to(weightBp), minutes }))
    expect(from(400).map(({ kind }) => kind)).not.toContain('fail')
    expect(from(600)[0]?.kind).toBe('fail')
  })

  it("queries its thresholds, or the service's own, and is excluded with the reason if there is none", () => {
    const stats = (baselineOf: Baseline) =>
      questionsFor(
        watched,
        lookAt({ service: watched, stable: usual, candidate: usual, minutes: 1, baseline: baselineOf }).targets,
      )
        .map(({ stat }) => stat)
        .filter((stat) => stat.startsWith('TC'))
    expect(stats(baseline)).toEqual(['TC(:100)', 'TC(:200)', 'TC(:400)', 'TC(:100)', 'TC(:200)', 'TC(:400)'])
    expect(stats({ thresholdsMs: [250.5] })).toEqual(['TC(:250.5)', 'TC(:250.5)'])
    const none = look(only({ latency: {}, errors: {} }), every(900, 9), every(100, 1))
    expect(signal(none, 'latency')).toMatchObject({ kind: 'excluded', because: 'latency: it has no threshold' })
    expect(none.kind).toBe('pass')
  })
})

describe('cost', () => {
  const watched = only({ errors: {}, cost: { role: 'critical' } })
  const took = (invocations: number, ms: number): Course => {
    return (at) => ({ invocations, errors: 0, durationSum: invocations * (ms + (at % 3)) })
  }
  const sizes = (stable: number, candidate: number, architecture: 'x86_64' | 'arm64' = 'x86_64'): Baseline => ({
    thresholdsMs: [],
    billing: {
      stable: { memoryMb: stable, architecture: 'x86_64' },
      candidate: { memoryMb: candidate, architecture },
    },
  })

  it('is duration times memory times price: twice the memory at half the time costs the same', () => {
    expect(look(watched, took(900, 100), took(100, 100), { baseline: sizes(512, 512) }).kind).toBe('pass')
    expect(look(watched, took(900, 100), took(100, 50), { baseline: sizes(512, 1024) }).kind).toBe('pass')
    const dear = look(watched, took(900, 100), took(100, 100), { baseline: sizes(512, 1024) })
    expect(dear.kind).toBe('fail')
    expect(signal(dear, 'cost')?.numbers?.['ratio']).toBeCloseTo(2, 1)
    expect(look(watched, took(900, 100), took(100, 140), { baseline: sizes(512, 512, 'arm64') }).kind).toBe('pass')
    expect(look(watched, took(900, 100), took(100, 140), { baseline: sizes(512, 512) }).kind).toBe('fail')
  })

  it('is advisory unless it is made critical, and absent if the memory is not known', () => {
    const advisory = only({ errors: {}, cost: {} })
    expect(look(advisory, took(900, 100), took(100, 400), { baseline: sizes(512, 512) }).kind).toBe('pass')
    const unknown = look(watched, took(900, 100), took(100, 400))
    expect(signal(unknown, 'cost')).toMatchObject({ kind: 'excluded' })
  })
})

describe('custom signals', () => {
  const orders = {
    name: 'orders',
    namespace: 'Shop',
    metric: 'Orders',
    dimensions: { service: '{function}', alias: '{alias}', version: '{version}' },
    kind: 'count',
    worse: 'lower',
  }
  const ordered = (invocations: number, count: number): Course => {
    return () => ({ invocations, errors: 0, 'custom-orders': count })
  }

  it('that count good events detect a candidate with fewer, and accept more', () => {
    const watched = only({ custom: [orders] })
    expect(look(watched, ordered(900, 90), ordered(100, 10)).kind).toBe('pass')
    expect(look(watched, ordered(900, 90), ordered(100, 2), { minutes: 30 }).kind).toBe('fail')
    expect(look(watched, ordered(900, 90), ordered(100, 30)).kind).toBe('pass')
    const bad = only({ custom: [{ ...orders, worse: 'higher' }] })
    expect(look(bad, ordered(900, 90), ordered(100, 30)).kind).toBe('fail')
    // There may be more orders than requests.
    expect(look(watched, ordered(900, 1800), ordered(100, 200)).kind).toBe('pass')
  })

  it('that are means are compared as means, in their direction', () => {
    const basket = { ...orders, name: 'basket', metric: 'Basket', kind: 'mean' }
    const worth = (invocations: number, value: number): Course => {
      return (at) => ({
        invocations,
        errors: 0,
        'custom-basket': invocations * (value + ((at * 7) % 5) / 10),
        'customs-basket': invocations,
      })
    }
    const lower = only({ custom: [basket] })
    expect(look(lower, worth(900, 50), worth(100, 50)).kind).toBe('pass')
    expect(look(lower, worth(900, 50), worth(100, 40)).kind).toBe('fail')
    expect(look(lower, worth(900, 50), worth(100, 70)).kind).toBe('pass')
    const higher = only({ custom: [{ ...basket, worse: 'higher' }] })
    expect(look(higher, worth(900, 50), worth(100, 70)).kind).toBe('fail')
    expect(look(lower, worth(900, 50), worth(100, 40), { minutes: 5 }).kind).not.toBe('fail')
  })

  it('are queried with the version of each side in their dimensions', () => {
    const watched = only({ custom: [orders] })
    const { targets } = lookAt({ service: watched, stable: every(1, 0), candidate: every(1, 0), minutes: 1 })
    expect(questionsFor(watched, targets).filter((one) => one.namespace === 'Shop')).toEqual([
      {
        key: '0.s.custom-orders',
        namespace: 'Shop',
        metric: 'Orders',
        dimensions: { service: 'checkout', alias: 'live', version: '1' },
        stat: 'Sum',
      },
      expect.objectContaining({ dimensions: { service: 'checkout', alias: 'live', version: '2' } }),
    ])
  })

  it('from Lambda Insights are queried when they are on', () => {
    const watched = only({ memory: {}, coldStarts: {} })
    const { targets } = lookAt({ service: watched, stable: every(1, 0), candidate: every(1, 0), minutes: 1 })
    const metrics = questionsFor(watched, targets).filter((one) => one.namespace === 'LambdaInsights')
    expect(new Set(metrics.map(({ metric }) => metric))).toEqual(new Set(['memory_utilization', 'init_duration']))
    expect(questionsFor(only({ errors: {} }), targets).some((one) => one.namespace === 'LambdaInsights')).toBe(false)
  })
})

describe('several targets', () => {
  const watched = only({ errors: {} })
  const evidence = lookAt({
    service: watched,
    stable: every(900, 9),
    candidate: every(100, 1),
    minutes: 20,
    functions: ['cart', 'checkout'],
  })

  it('have signals of their own, under the name of the function', () => {
    const { verdict } = judge(watched, evidence)
    expect(verdict.kind).toBe('pass')
    expect(verdict.signals.map((one) => one.signal)).toEqual(['errors:cart', 'errors:checkout'])
  })

  it('are put back together when one of them fails', () => {
    const points = Array.from({ length: 20 }, (_, at) => ({ minuteMs: t0 + at * minute, value: 9 }))
    const readings = new Map([...evidence.readings, ['1.c.errors', { kind: 'points', points }] as const])
    const { verdict } = judge(watched, { ...evidence, readings })
    expect(verdict.kind).toBe('fail')
    expect(verdict.because).toContain('errors:checkout')
    expect(verdict.because).not.toContain('errors:cart')
  })
})

describe('early promotion', () => {
  const early = only({ errors: {} }, { early: {} })

  it('is offered when the candidate is proven not to be bad, and only then', () => {
    expect(look(early, every(9000, 90), every(1000, 10), { minutes: 30 }).early).toBe(true)
    expect(look(early, every(900, 0), every(100, 0), { minutes: 40 }).early).toBe(true)
    expect(look(early, every(90, 1), every(10, 0), { minutes: 10 }).early).toBeUndefined()
    expect(look(only({ errors: {} }), every(9000, 90), every(1000, 10), { minutes: 30 }).early).toBeUndefined()
  })

  it('defines bad as the policy does', () => {
    const strict = only({ errors: {} }, { early: { ratio: 1.2, rate: 0.0005 } })
    expect(look(strict, every(9000, 90), every(1000, 10), { minutes: 30 }).early).toBeUndefined()
  })
})
