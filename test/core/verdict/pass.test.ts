// What a pass means: it says which faults would have been seen, stands beside no interval that excludes the tolerance, and is
// given only once the policy's fault is ruled out.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import { recordedCounts } from '../../../bench/rivals/recorded.ts'
import { minutesOf, type Noise } from '../../../bench/trials/noise.ts'
import { Service } from '../../../core/service/service.ts'
import type { SignalVerdict, Verdict } from '../../../core/verdict/evidence/evidence.ts'
import { judge } from '../../../core/verdict/judge/judge.ts'
import { replayVerdicts } from '../../../core/verdict/judge/replayed-verdicts.ts'
import { service, t0 } from '../sample.ts'
import { type Course, every, type Look, lookAt } from './look.ts'

const off = { errors: 'off', latency: 'off', throttles: 'off', cost: 'off' }
const plan = (...weights: number[]) => ({ steps: weights.map((weight) => ({ weight, bake: '5m' })), holdBack: 0 })
const watched = (
  changes: { signals?: Record<string, unknown>; policy?: Record<string, unknown>; plan?: unknown } = {},
): Service =>
  service({
    plan: changes.plan ?? plan(50),
    signals: { ...off, errors: { minimumSamples: 1 }, ...changes.signals },
    policy: changes.policy ?? {},
  })
const half = [{ sinceMs: t0, weightBp: 5000 }]
const look = (of: Service, stable: Course, candidate: Course, more: Partial<Look> = {}): Verdict =>
  judge(of, lookAt({ service: of, stable, candidate, minutes: 5, shifts: half, ...more })).verdict
const signal = (verdict: Verdict, name = 'errors'): SignalVerdict | undefined =>
  verdict.signals.find((one) => one.signal === name)
const numbers = (verdict: Verdict, name?: string) => signal(verdict, name)?.numbers ?? {}

const orders = (worse: 'higher' | 'lower', more: Record<string, unknown> = {}) => ({
  ...{
    name: 'orders',
    namespace: 'Shop',
    metric: 'Orders',
    dimensions: { version: '{version}' },
    kind: 'count',
    worse,
  },
  ...{ minimumSamples: 1, ...more },
})

describe('a pass', () => {
  const count = (max: number) => fc.integer({ min: 0, max })
  const minute = fc
    .record({ stable: count(150), own: count(150), stableShare: count(100), ownShare: count(100), burst: count(9) })
    .map(({ stable, own, stableShare, ownShare, burst }) => ({
      stable: { invocations: stable, errors: Math.floor((stable * stableShare) / 100), 'custom-orders': stableShare },
      candidate: {
        invocations: own,
        errors: burst === 0 ? 0 : Math.floor((own * ownShare) / 100),
        'custom-orders': ownShare,
      },
    }))

  it('never stands beside an interval that excludes the tolerance, in either direction (fuzzed)', () => {
    fc.assert(
      fc.property(
        fc.array(minute, { minLength: 1, maxLength: 15 }),
        fc.constantFrom(0.5, 1, 1.2, 3),
        fc.constantFrom('higher' as const, 'lower' as const),
        (course, tolerance, worse) => {
          const of = watched({
            signals: { errors: { tolerance, minimumSamples: 1 }, custom: [orders(worse, { tolerance })] },
            policy: { ruleOut: 'off' },
          })
          const verdict = look(
            of,
            (at) => course[at]?.stable,
            (at) => course[at]?.candidate,
            { minutes: course.length },
          )
          for (const { signal: name, kind } of verdict.signals) {
            if (kind !== 'pass') continue
            const { ratioLow = 0, ratioHigh = Infinity } = numbers(verdict, name)
            if (name === 'errors' || worse === 'higher') expect(ratioLow).toBeLessThanOrEqual(tolerance)
            else expect(ratioHigh).toBeGreaterThanOrEqual(tolerance)
          }
        },
      ),
      { numRuns: repeats(150, 50) },
    )
  })

  it.each([
    ['40 % of 200 against none', every(100, 0), every(40, 16), 5],
    ['42 % against none of 88', every(44, 0), every(12, 5), 2],
    ['60 % against a usual 20 %', every(25, 5), every(25, 15), 4],
  ] as const)('is not given to %s', (_, stable, candidate, minutes) => {
    const verdict = look(watched({ policy: { ruleOut: 'off', alpha: 0.001 } }), stable, candidate, { minutes })
    expect(verdict.kind).not.toBe('pass')
  })

  it('needs more than an anecdote to be withheld: two bad events are none', () => {
    const two: Course = (at) => ({ invocations: 9, errors: at < 2 ? 1 : 0 })
    const three: Course = (at) => ({ invocations: 9, errors: at < 3 ? 1 : 0 })
    const of = watched({ policy: { ruleOut: 'off', alpha: 0.001 } })
    const tenth = { shifts: [{ sinceMs: t0, weightBp: 1000 }] }
    expect(look(of, every(81, 0), two, tenth).kind).toBe('pass')
    expect(look(of, every(81, 0), three, tenth).because).toContain('that excludes the tolerance of 1')
    // Nor is one long burst, in a single minute.
    const burst: Course = (at) => ({ invocations: 9, errors: at < 1 ? 4 : 0 })
    expect(look(of, every(81, 0), burst, tenth).kind).toBe('pass')
  })

  it('says which fault would have been seen, in words and numbers, and what that assumes', () => {
    const verdict = look(watched(), every(5000, 50), every(5000, 50))
    expect(verdict.because).toMatch(
      /; a fault of more than 1\.\d times, or 0\.\d+ points, would have been seen, unless failures come in bursts$/,
    )
    const { ruledOutTimes = NaN, ruledOutPoints = NaN, dispersion } = numbers(verdict)
    expect(ruledOutTimes).toBeGreaterThan(1)
    expect(ruledOutTimes).toBeLessThan(1.4)
    expect(ruledOutPoints).toBeLessThan(0.4)
    expect(dispersion).toBe(1)
    const bursty: Course = (at) => ({ invocations: 5000, errors: at % 5 === 0 ? 250 : 0 })
    const wide = look(watched(), bursty, bursty)
    expect(wide.because).toMatch(/ unless failures come in larger bursts than of \d+$/)
    expect(numbers(wide)['ruledOutPoints']).toBeGreaterThan(2 * ruledOutPoints)
    expect(look(watched(), every(90, 0), every(90, 0)).because).toMatch(/more than [\d.]+ points would have been seen/)
  })

  it('says it the other way round where fewer are worse', () => {
    const of = watched({ signals: { custom: [orders('lower')] } })
    const sold = (count: number): Course => every2(1000, count)
    const verdict = look(of, sold(300), sold(300))
    expect(signal(verdict, 'orders')?.because).toMatch(
      /; a fall to less than 0\.\d+ times, or by [\d.]+ points, would have been seen/,
    )
    expect(numbers(verdict, 'orders')['ruledOutPoints']).toBeLessThan(10)
    const none = look(watched({ signals: { custom: [orders('higher')] } }), every2(1, 5), every2(1, 5), { minutes: 1 })
    expect(signal(none, 'orders')?.because).toContain('cannot be ruled out yet')
    const off = watched({ signals: { custom: [orders('higher')] }, policy: { ruleOut: 'off' } })
    expect(look(off, every2(1, 0), every2(1, 0), { minutes: 1 }).because).toContain('no fault can be ruled out yet')
    // A third of the orders is a fall that has to be ruled out; more orders are no fault.
    expect(look(of, every2(10, 8), every2(10, 2), { minutes: 2 }).kind).not.toBe('pass')
    expect(look(of, every2(100, 20), every2(100, 60)).kind).toBe('pass')
    // Eight orders of stable and none of the candidate are too few for the limit theorem, not for the exact bound.
    const strict = watched({ signals: { custom: [orders('lower')] }, policy: { ruleOut: 'off', alpha: 0.001 } })
    expect(
      look(strict, every2(10, 2), every2(30, 0), { minutes: 4, shifts: [{ sinceMs: t0, weightBp: 7500 }] }),
    ).toMatchObject({
      kind: 'unknown',
      because: expect.stringContaining('that excludes the tolerance of 1') as string,
    })
  })
  const every2 =
    (invocations: number, count: number): Course =>
    () => ({ invocations, errors: 0, 'custom-orders': count })

  it('says nothing of it where nothing is compared, and does not ask for it', () => {
    const whole = { shifts: [{ sinceMs: t0, weightBp: 10_000 }] }
    const verdict = look(watched({ plan: plan(100) }), () => undefined, every(100, 1), whole)
    expect(verdict.kind).toBe('pass')
    expect(verdict.because).not.toMatch(/would have been seen|ruled out/)
  })
})

describe('policy.ruleOut', () => {
  it('is on unless it says off; definitions and releases that were stored before it existed go on without it', () => {
    expect(service().policy.ruleOut).toEqual({ points: 10, ratio: 3 })
    expect(service({ policy: { ruleOut: { points: 5 } } }).policy.ruleOut).toEqual({ points: 5, ratio: 3 })
    const { ruleOut: _, ...policy } = service().policy
    expect(service({ policy: { ruleOut: 'off' } }).policy).toEqual(policy)
    expect(Service.parse({ ...service(), policy }).policy).toEqual(policy)
    for (const ruleOut of ['none', { points: 0 }, { points: 101 }, { ratio: 0.9 }, { point: 5 }, true])
      expect(() => service({ policy: { ruleOut } })).toThrow('ruleOut')
  })

  const few = every(4, 0)
  const kindAt = (policy: Record<string, unknown>, weights = plan(50)): string =>
    look(watched({ policy, plan: weights }), few, few, { minutes: 3 }).kind

  it('holds a candidate of which too little is known, and says how long', () => {
    const verdict = look(watched(), few, few, { minutes: 3 })
    expect(verdict).toMatchObject({ kind: 'unknown', quiet: false })
    expect(verdict.because).toMatch(
      /errors: a fault of 10 points cannot be ruled out yet, as it has to be before 100 %: about \d+ more minutes at this pace/,
    )
    const more = Number(/about (\d+) more/.exec(verdict.because)?.[1])
    expect(look(watched(), few, few, { minutes: 3 + more }).kind).toBe('pass')
    expect(look(watched(), few, few, { minutes: 2 + more }).kind).toBe('unknown')
    const fine = watched({ policy: { ruleOut: { points: 0.1, ratio: 1 } } })
    expect(look(fine, every(4, 1), every(4, 1)).because).toContain('more than a week at this pace')
  })

  it('divides its points by the next weight: before 10 % nothing has to be ruled out', () => {
    expect(kindAt({}, plan(50))).toBe('unknown')
    expect(kindAt({}, plan(50, 60))).toBe('unknown')
    const first = { minutes: 3, shifts: [{ sinceMs: t0, weightBp: 500 }] }
    expect(look(watched({ plan: plan(5, 10) }), every(76, 0), few, first).kind).toBe('pass')
    expect(look(watched({ plan: plan(5, 50) }), every(76, 0), few, first).kind).toBe('unknown')
    const before = (next: number) =>
      look(watched({ plan: plan(50, next) }), few, few, { minutes: 3 }).because.match(/fault of ([\d.]+) points/)?.[1]
    expect([before(80), before(100)]).toEqual(['13', '10'])
  })

  it('is ruled out by what was seen at the present weight alone; a minute with two weights is at neither', () => {
    const of = watched({ plan: plan(10, 50) })
    const stable = every(90, 0)
    const at = (sinceMs: number, crowded: number) =>
      look(
        of,
        (minute) => (minute < 5 ? { invocations: 900, errors: 0 } : few(minute)),
        (minute) => ({ invocations: minute < 5 ? 100 : minute === crowded ? 90 : 4, errors: 0 }),
        {
          minutes: 8,
          shifts: [
            { sinceMs: t0, weightBp: 1000 },
            { sinceMs, weightBp: 5000 },
          ],
        },
      ).because
    expect(look(of, stable, every(10, 0), { shifts: [{ sinceMs: t0, weightBp: 1000 }] }).kind).toBe('pass')
    expect(at(t0 + 5 * 60_000, Infinity)).toContain('cannot be ruled out yet')
    expect(at(t0 + 5 * 60_000, 5)).not.toContain('cannot be ruled out yet')
    expect(at(t0 + 5.5 * 60_000, 5)).toContain('cannot be ruled out yet')
  })

  it('can be another fault, or none', () => {
    expect(kindAt({ ruleOut: 'off' })).toBe('pass')
    expect(kindAt({ ruleOut: { points: 50 } })).toBe('pass')
    expect(kindAt({ ruleOut: { points: 99 } })).toBe('pass')
    expect(kindAt({ ruleOut: { points: 100 } })).toBe('pass')
    const usual = every(100, 30)
    const ratio = (value: number) => look(watched({ policy: { ruleOut: { ratio: value } } }), usual, usual).kind
    expect(ratio(3)).toBe('pass')
    expect(ratio(1)).toBe('unknown')
  })

  it('begins where the tolerance ends', () => {
    const at = (tolerance: number) =>
      look(watched({ signals: { errors: { tolerance, minimumSamples: 1 } } }), every(400, 20), every(400, 60)).kind
    expect(at(1)).not.toBe('pass')
    expect(at(3)).toBe('pass')
  })

  it('is not asked of latency, whose slow requests have not failed', () => {
    const of = watched({ signals: { errors: 'off', latency: { minimumSamples: 1, warmUpMinutes: 0 } } })
    const traffic: Course = () => ({ invocations: 4, durationSum: 400, fast: [2] })
    const verdict = look(of, traffic, traffic, { minutes: 3, baseline: { thresholdsMs: [100] } })
    expect(verdict.kind).toBe('pass')
    expect(verdict.because).toContain('would have been seen, unless slow requests come in bursts')
  })

  it('is a fall of so many points where fewer are worse, from where the tolerance ends', () => {
    const at = (points: number) =>
      look(
        watched({
          signals: { custom: [orders('lower', { tolerance: 0.5 })] },
          policy: { ruleOut: { points, ratio: 1 } },
        }),
        () => ({ invocations: 400, errors: 0, 'custom-orders': 200 }),
        () => ({ invocations: 400, errors: 0, 'custom-orders': 100 }),
        { minutes: 1 },
      ).kind
    // Half of stable's is tolerated, and the candidate has it.
    expect([at(20), at(10)]).toEqual(['pass', 'unknown'])
  })

  it('holds in a quiet hour as before: no traffic is no lack of evidence', () => {
    const until: Course = (at) => (at < 3 ? { invocations: 4, errors: 0 } : undefined)
    expect(look(watched(), until, until, { minutes: 20 })).toMatchObject({ kind: 'unknown', quiet: true })
  })
})

describe('at low traffic', () => {
  const releases = repeats(60, 20)
  /** How many of them go on within 20 minutes after their bake of five. */
  function goesOn(perMinute: number, rate: number, bad: number, noise: Noise = { kind: 'independent' }): number {
    const of = { ...watched({ signals: { errors: {} } }), targets: [{ functionName: 'replayed', alias: 'live' }] }
    let passed = 0
    for (let release = 0; release < releases; release++) {
      const situation = { name: `low ${perMinute}`, perMinute, rate, noise, minutes: 25, weightBp: () => 5000 }
      const fault = bad > rate ? { fault: { added: bad - rate, fromMinute: 0 } } : {}
      const said = replayVerdicts(of, recordedCounts(minutesOf({ ...situation, ...fault }, 71 + release)))
      const end = said.findIndex(({ kind }, at) => kind === 'fail' || (at >= 4 && kind === 'pass'))
      if (said[end]?.kind === 'pass') passed++
    }
    return passed
  }

  it.each([
    [100, 0, 0.4],
    [100, 0, 0.2],
    [100, 0.2, 0.6],
    [30, 0, 0.1],
    [10, 0, 0.1],
  ])(
    'of 60 releases that are clearly bad at most one goes on, of fewer none: %i a minute, from %f to %f',
    (perMinute, rate, bad) => {
      expect(goesOn(perMinute, rate, bad)).toBeLessThanOrEqual(Math.floor(releases / 60))
    },
  )

  it('every healthy release goes on', () => {
    expect(goesOn(100, 0.01, 0)).toBe(releases)
    expect(goesOn(30, 0.001, 0)).toBe(releases)
  })
})

describe('the first looks', () => {
  const thin = (perMinute: number, more: Partial<Look> = {}, policy: Record<string, unknown> = {}): Verdict => {
    const of = watched({ plan: plan(50, 100), policy, signals: { errors: { minimumSamples: 20 } } })
    return look(of, every(perMinute / 2, 0), every(perMinute / 2, 0), { minutes: 1, ...more })
  }

  it('say when the traffic is too little for the bakes, and how long they would have to be', () => {
    const verdict = thin(6)
    expect(verdict.because).toMatch(
      /little traffic: at 6 requests a minute a candidate without a fault needs about \d+m at 50 %, whose bake is 5m/,
    )
    const needed = Number(/about (\d+)m/.exec(verdict.because)?.[1])
    expect(thin(6, { minutes: needed }).kind).toBe('pass')
    expect(thin(6, { minutes: needed - 1 }).kind).toBe('unknown')
    expect(thin(1000).because).not.toContain('little traffic')
    expect(thin(6, {}, { hold: { unknown: '1m' } }).because).toContain('held for 1m only (policy.hold.unknown)')
    expect(thin(6).because).not.toContain('only (policy.hold.unknown)')
  })

  it('know the minutes of cold starts, and leave out signals that decide nothing or cannot speak at 100 %', () => {
    const traffic: Course = () => ({ invocations: 20, errors: 0, durationSum: 2000, fast: [20] })
    const seen = (signals: Record<string, unknown>, weights = plan(50)) =>
      look(watched({ signals, plan: weights, policy: { ruleOut: 'off' } }), traffic, traffic, {
        minutes: 1,
        baseline: { thresholdsMs: [100] },
      }).because
    expect(seen({ latency: { minimumSamples: 60, warmUpMinutes: 0 } })).not.toContain('little traffic')
    expect(seen({ latency: { minimumSamples: 60, warmUpMinutes: 3 } })).toContain('about 6m at 50 %')
    expect(seen({ latency: { minimumSamples: 60, warmUpMinutes: 3 } }, plan(50, 60))).toMatch(
      /6m at 50 %, whose bake is 5m$/,
    )
    expect(seen({ latency: { minimumSamples: 60, warmUpMinutes: 3, role: 'advisory' } })).not.toContain(
      'little traffic',
    )
    expect(seen({ latency: { minimumSamples: 900, warmUpMinutes: 0 } }, plan(50, 100))).not.toContain('at 100 %')
    expect(seen({ errors: { minimumSamples: 900 } }, plan(50, 100))).toContain('at 100 %')
  })

  it('name the first three steps, and how many more there are', () => {
    const of = watched({ plan: plan(50, 60, 70, 80, 90), signals: { errors: { minimumSamples: 100 } } })
    expect(look(of, every(3, 0), every(3, 0), { minutes: 1 }).because).toContain('(and in 2 more steps)')
  })

  it('say it once, not at every look', () => {
    expect(thin(6, { minutes: 2 }).because).toContain('little traffic')
    expect(thin(6, { minutes: 3 }).because).not.toContain('little traffic')
    expect(thin(6, { minutes: 6 }, { lookEvery: '5m' }).because).toContain('little traffic')
    const later = [
      { sinceMs: t0 - 600_000, weightBp: 1000 },
      { sinceMs: t0, weightBp: 5000 },
    ]
    expect(thin(6, { shifts: later }).because).not.toContain('little traffic')
  })
})
