// The fold that is carried from look to look is a cache: the verdict is exactly the same with it and without it, even if points
// arrive late.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import type { Baseline, Evidence, Point, Reading } from '../../../core/verdict/evidence/evidence.ts'
import { type Carry, judge } from '../../../core/verdict/judge/judge.ts'
import { lateFromMs } from '../../../core/verdict/evidence/window.ts'
import { chance } from '../../../cloud/local/time/chance.ts'
import { drawFrom } from '../../../bench/trials/draw.ts'
import { service as serviceOf, t0 } from '../sample.ts'
import { lookAt, minute } from './look.ts'

const watched = serviceOf({
  signals: {
    custom: [
      {
        name: 'orders',
        namespace: 'Shop',
        metric: 'Orders',
        dimensions: { version: '{version}' },
        kind: 'count',
        worse: 'lower',
      },
      { name: 'basket', namespace: 'Shop', metric: 'Basket', dimensions: { version: '{version}' }, kind: 'mean' },
    ],
  },
  policy: { early: {} },
})
const timeoutSeconds = 60
const baseline: Baseline = {
  thresholdsMs: [100, 200, 400, 800],
  durations: {
    invocations: [100, 90, 110],
    cuts: [0.5, 0.1, 0.001, 0.0001].map((share) => ({
      share,
      slope: 4,
      past: [100, 90, 110].map((n) => Math.round(n * share)),
    })),
  },
  billing: {
    stable: { memoryMb: 512, architecture: 'x86_64' },
    candidate: { memoryMb: 1024, architecture: 'arm64' },
  },
  timeoutSeconds,
}
const lateMinutes = 5 + timeoutSeconds / 60

function evidenceOf(seed: number, minutes: number): Evidence {
  const draw = drawFrom(chance(seed, 'carry'))
  const traffic = (perMinute: number, rate: number) => {
    const all = Array.from({ length: minutes }, () => {
      const invocations = draw.poisson(perMinute)
      const slow = draw.binomial(invocations, 0.5)
      return {
        invocations,
        errors: draw.binomial(invocations, rate),
        durationSum: invocations * 100 * draw.uniform(),
        fast: [invocations - slow, invocations - draw.binomial(slow, 0.2), invocations, invocations],
        'custom-orders': draw.binomial(invocations, 0.4),
        'custom-basket': invocations * 10 * draw.uniform(),
        'customs-basket': invocations,
      }
    })
    return (at: number) => (all[at]?.invocations === 0 ? undefined : all[at])
  }
  return lookAt({
    service: watched,
    stable: traffic(90, 0.02),
    candidate: traffic(10, 0.03),
    minutes,
    baseline,
    functions: ['checkout', 'cart'],
    shifts: [
      { sinceMs: t0, weightBp: 1000 },
      { sinceMs: t0 + 12.5 * minute, weightBp: 2500 },
    ],
  })
}

/** What CloudWatch shows at a look: whole minutes only, and perhaps not yet all of the latest ones. */
function seenAt(
  evidence: Evidence,
  minutes: number,
  isLate: (key: string, at: number) => boolean,
  sinceMs = 0,
): Evidence {
  const seen = (key: string, { minuteMs: atMs }: Point): boolean => {
    const at = (atMs - t0) / minute
    return atMs >= sinceMs && at < minutes && !(at >= minutes - lateMinutes && isLate(key, at))
  }
  const shown = [...evidence.readings].map(([key, reading]): [string, Reading] => [
    key,
    reading.kind === 'unread' ? reading : { kind: 'points', points: reading.points.filter((one) => seen(key, one)) },
  ])
  return {
    ...evidence,
    atMs: t0 + (minutes + 1) * minute,
    shifts: evidence.shifts.filter((shift) => shift.sinceMs < t0 + minutes * minute),
    readings: new Map(shown),
  }
}

describe('a carried fold', () => {
  it('gives the same verdict as a fold from the first minute, with late points and skipped looks', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 8 }),
        (seed, gaps) => {
          const evidence = evidenceOf(seed, 40)
          let carry: Carry | undefined
          let minutes = 0
          for (const gap of gaps) {
            minutes = Math.min(40, minutes + gap)
            const late = chance(seed, `late ${minutes}`)
            const hidden = new Map<string, boolean>()
            const isLate = (key: string, at: number): boolean => {
              const place = `${key} ${at}`
              // Invocations arrive in time here: errors without invocations are a fault, which has nothing to do with the cache.
              const value = hidden.get(place) ?? (late() < 0.2 && key.endsWith('errors'))
              hidden.set(place, value)
              return value
            }
            const scratch = judge(watched, seenAt(evidence, minutes, isLate))
            // Reads again only what may still change, and what comes after it.
            const carried = judge(watched, seenAt(evidence, minutes, isLate, carry?.uptoMs), carry)
            expect(carried.verdict).toEqual(scratch.verdict)
            expect(JSON.stringify(carried.carry)).toBe(JSON.stringify(scratch.carry))
            carry = carried.carry
          }
        },
      ),
      { numRuns: repeats(15, 5) },
    )
  })

  it('trips in the same minute when the durations of a total failure come late', () => {
    const stable = { invocations: 18_000, errors: 180, durationSum: 18_000_000 }
    const bursty = (at: number) => ({ ...stable, errors: at % 4 === 3 ? 900 : 180 })
    const failing = (at: number) => ({ invocations: 2000, errors: at === 20 ? 1500 : 20, durationSum: 2000 })
    const service = serviceOf({ signals: { latency: 'off' } })
    const evidence = lookAt({ service, stable: bursty, candidate: failing, minutes: 40, baseline })
    let carry: Carry | undefined
    const tripped: number[] = []
    for (let minutes = 15; minutes <= 40; minutes++) {
      // The sum comes three minutes after the rest.
      const isLate = (key: string, at: number): boolean => key.endsWith('durationSum') && at >= minutes - 3
      const scratch = judge(service, seenAt(evidence, minutes, isLate)).verdict
      const carried = judge(service, seenAt(evidence, minutes, isLate, carry?.uptoMs), carry)
      expect(carried.verdict).toEqual(scratch)
      carry = carried.carry
      if (scratch.because.includes('half of the requests')) tripped.push(minutes)
    }
    expect(tripped[0]).toBe(24)
  })

  it('survives serialisation', () => {
    const evidence = evidenceOf(1, 40)
    const { carry } = judge(
      watched,
      seenAt(evidence, 20, () => false),
    )
    const read = JSON.parse(JSON.stringify(carry)) as Carry
    expect(judge(watched, evidence, read).verdict).toEqual(judge(watched, evidence).verdict)
  })

  it('ends where late points may still arrive: five minutes and the timeout before the last', () => {
    const evidence = evidenceOf(1, 40)
    const { carry } = judge(watched, evidence)
    expect(carry?.uptoMs).toBe(t0 + (40 - lateMinutes) * minute)
    expect(carry?.uptoMs).toBe(lateFromMs(t0 + 40 * minute, evidence.targets))
  })

  it('is kept unchanged by a look that could not read everything', () => {
    const evidence = evidenceOf(1, 40)
    const { carry } = judge(
      watched,
      seenAt(evidence, 20, () => false),
    )
    const broken = new Map([...evidence.readings, ['1.c.errors', { kind: 'unread', because: 'throttled' }]])
    const found = judge(watched, { ...evidence, readings: broken }, carry)
    expect(found.verdict.kind).toBe('unknown')
    expect(found.carry).toBe(carry)
    expect(judge(watched, evidence, found.carry).verdict).toEqual(judge(watched, evidence).verdict)
  })
})
