// The verdict of one look: what alarms, traffic and signals mean together. Silence never means health.
import { errorNulls } from '../../../core/verdict/counts/count-design.ts'
import { learn } from '../../../core/verdict/counts/learn.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import type { AlarmReading, Evidence, Reading, Verdict } from '../../../core/verdict/evidence/evidence.ts'
import { judge } from '../../../core/verdict/judge/judge.ts'
import { askedWindow } from '../../../core/verdict/evidence/window.ts'
import { service, t0 } from '../sample.ts'
import { type Course, every, type Look, lookAt, minute, none } from './look.ts'

const guarded = service()
const plain = service({ signals: {} })
const ok: AlarmReading = { name: 'checkout-errors', state: 'ok' }

const look = (stable: Course, candidate: Course, more: Partial<Look> = {}): Verdict =>
  judge(more.service ?? plain, lookAt({ service: plain, stable, candidate, minutes: 6, ...more })).verdict

/** Four hours of stable alone, one request in a hundred failing, without bursts. */
const quietHours = Array.from({ length: 240 }, (_, at) => ({
  stableInvocations: 900,
  stableBad: 8 + (at % 3),
  candidateInvocations: 0,
  candidateBad: 0,
}))

describe('the verdict', () => {
  it('passes a candidate that fails no more than stable, and gives the numbers', () => {
    const verdict = look(every(900, 9), every(100, 1))
    expect(verdict.kind).toBe('pass')
    expect(verdict.because).toMatch(
      /^errors: candidate 1\.00 % of 600, stable 1\.00 % of 5400, 1\.00 times \([\d.]+ to [\d.]+\); a fault of more than [\d.]+ times, or [\d.]+ points, would have been seen, unless failures come in bursts; throttles: candidate 0\.00 % of 600/,
    )
    const numbers = verdict.signals.find((one) => one.signal === 'errors')?.numbers
    expect(numbers).toMatchObject({
      candidateInvocations: 600,
      candidateBad: 6,
      stableInvocations: 5400,
      stableBad: 54,
    })
    expect(numbers?.['logE']).toBeLessThan(0)
    // Errors carry 6 of the 7 parts of the evidence, throttles the seventh: latency has no threshold here.
    expect(numbers?.['rollBackAtLogE']).toBeCloseTo(Math.log(20 * (7 / 6)), 12)
  })

  it.each([
    ['a clearly higher error rate', every(900, 9), every(100, 10), 'fail'],
    ['an outage of both', every(900, 450), every(100, 50), 'pass'],
    [
      'two errors, whatever their share',
      every(81, 0),
      (at: number) => ({ invocations: 9, errors: at < 2 ? 1 : 0 }),
      'pass',
    ],
    ['too few invocations', every(90, 0), every(5, 0), 'unknown'],
    ['a silent stable', none, every(100, 0), 'unknown'],
  ] as const)('gives the right verdict on %s', (_, stable, candidate, kind) => {
    expect(look(stable, candidate, { minutes: 6 }).kind).toBe(kind)
  })

  it('neither rolls back nor advances while the evidence leans against the candidate', () => {
    const kinds = Array.from({ length: 12 }, (_, at) => look(every(900, 9), every(100, 3), { minutes: at + 1 }).kind)
    expect(kinds.slice(1)).toEqual([...kinds.slice(1)].sort((a, b) => order.indexOf(a) - order.indexOf(b)))
    expect(new Set(kinds.slice(1))).toEqual(new Set(order))
    const last = look(every(900, 9), every(100, 3), { minutes: kinds.lastIndexOf('unknown') + 1 }).because
    // A fail may hold (`onFail`), so the words do not promise that it rolls back.
    expect(last).toMatch(/evidence against it \d[\d.]+ to 1, it fails at 23\.3 to 1; that excludes the tolerance of 1/)
  })
  const order = ['pass', 'unknown', 'fail']

  it('says how long it needs when there is little traffic', () => {
    const verdict = look(
      (at) => ({ invocations: 2, errors: at % 9 === 0 ? 1 : 0 }),
      (at) => (at % 5 === 0 ? { invocations: 1, errors: 0 } : undefined),
      { minutes: 60 },
    )
    expect(verdict).toMatchObject({ kind: 'unknown', quiet: false })
    expect(verdict.because).toContain(
      'errors: 12 of 50 samples of the candidate at this weight, about 190 more minutes at this pace',
    )
  })

  it('holds in a quiet hour, even one that begins in the middle of a bake; silence of only the candidate counts against it', () => {
    expect(look(none, none)).toMatchObject({ kind: 'unknown', quiet: true })
    const until3 =
      (invocations: number): Course =>
      (at) =>
        at < 3 ? { invocations, errors: 0 } : undefined
    expect(look(until3(81), until3(9), { minutes: 8 })).toMatchObject({ kind: 'unknown', quiet: false })
    expect(look(until3(81), until3(9), { minutes: 13 })).toMatchObject({ kind: 'unknown', quiet: true })
    expect(
      look(none, none, { service: guarded, changes: { alarms: [{ ...ok, state: 'insufficientData' }] } }).quiet,
    ).toBe(false)
    const silent = look(every(900, 0), none)
    expect(silent).toMatchObject({ kind: 'fail', quiet: false })
    expect(silent.because).toContain(
      'the candidate is silent: no invocation in 6 minutes in which about 600 were meant for it',
    )
    expect(look(every(900, 0), none, { minutes: 4 }).kind).toBe('unknown')
    // Four silent minutes are not five, whatever came before them.
    expect(
      look(every(900, 0), (at) => (at < 6 ? { invocations: 100, errors: 0 } : undefined), { minutes: 10 }).kind,
    ).not.toBe('fail')
    const fellSilent = look(every(900, 0), (at) => (at < 6 ? { invocations: 100, errors: 0 } : undefined), {
      minutes: 12,
    })
    expect(fellSilent).toMatchObject({ kind: 'fail' })
    expect(fellSilent.because).toContain('fell silent')
    // Two requests a minute: a candidate without requests for a while is chance.
    expect(look(every(2, 0), none, { minutes: 30 })).toMatchObject({ kind: 'unknown' })
  })

  it('does not trust a split that differs from the one that was set', () => {
    const off = look(every(990, 9), every(10, 0), { minutes: 10 })
    expect(off.kind).toBe('unknown')
    expect(off.because).toContain('1.00 % of the requests reach the candidate, 10.00 % were set')
    expect(look(every(890, 9), every(110, 1)).kind).toBe('pass')
  })

  it('trips in the second minute of total failure, and in the first where stable is known to have no bursts', () => {
    const failing = every(100, 60)
    expect(look(every(900, 9), failing, { minutes: 1 }).kind).not.toBe('fail')
    const tripped = look(every(900, 9), failing, { minutes: 2 })
    expect(tripped).toMatchObject({ kind: 'fail' })
    expect(tripped.because).toContain('at least half of the requests of a whole minute failed')
    const learned = learn({ tolerance: 1, nulls: errorNulls() }, { stable: quietHours, releases: [] })
    const known = learned === undefined ? {} : { baseline: { thresholdsMs: [], because: 'it is off', learned } }
    const trips = (stable: Course, candidate: Course, minutes = 1): boolean =>
      look(stable, candidate, { minutes, ...known }).because.includes('half of the requests')
    expect(trips(every(900, 9), failing)).toBe(true)
    expect(trips(every(900, 9), every(100, 49))).toBe(false)
    expect(trips(every(90, 0), every(19, 19))).toBe(false)
    // At any usual rate, as long as stable does not fail like that too.
    expect(trips(every(900, 360), every(100, 97))).toBe(true)
    expect(trips(every(900, 360), every(100, 60))).toBe(false)
    expect(trips(none, every(100, 100))).toBe(false)
    // Many points more are as clear, while stable is steady and there are enough requests.
    expect(trips(every(900, 180), every(100, 70))).toBe(true)
    expect(trips(every(900, 180), every(100, 58))).toBe(false)
    expect(trips(every(900, 180), every(49, 34))).toBe(false)
    const from8: Course = (at) => ({ invocations: 100, errors: at < 8 ? 20 : 70 })
    expect(trips(every(900, 180), from8, 9)).toBe(true)
    expect(trips((at) => ({ invocations: 900, errors: at % 2 === 0 ? 150 : 210 }), from8, 9)).toBe(false)
    expect(look(every(900, 180), every(100, 70), { minutes: 1 }).because).not.toContain('half of the requests')
    const bursty: Course = (at) => ({ invocations: 900, errors: at % 4 === 3 ? 44 : 0 })
    const burst: Course = (at) => ({ invocations: 100, errors: at === 20 ? 50 : 0 })
    expect(look(bursty, burst, { minutes: 21 }).because).not.toContain('half of the requests')
    expect(look(every(900, 9), burst, { minutes: 21 }).because).toContain('half of the requests')
  })

  it('trusts what was learned as far as policy.learning says', () => {
    const release = quietHours.slice(0, 60).map((minute) => ({ ...minute, candidateInvocations: 100, candidateBad: 1 }))
    const nulls = errorNulls({ releases: 1 })
    const learned = learn({ tolerance: 1, nulls }, { stable: quietHours, releases: [release] })
    const baseline = { thresholdsMs: [], because: 'it is off', ...(learned === undefined ? {} : { learned }) }
    const [careful, sharp, off] = (['careful', 'sharp', 'off'] as const).map((learning) => {
      const of = service({ signals: {}, policy: { learning } })
      return look(every(900, 9), every(100, 4), { service: of, minutes: 6, baseline }).logE ?? NaN
    })
    expect(new Set([careful, sharp, off]).size).toBe(3)
    expect([careful, sharp, off].every(Number.isFinite)).toBe(true)
  })

  it('trips in the first minute of total failure too where twenty execution environments or more are busy', () => {
    const billing = { memoryMb: 512, architecture: 'x86_64' } as const
    const baseline = { thresholdsMs: [], because: 'it is off', billing: { stable: billing, candidate: billing } }
    const timed =
      (invocations: number, errors: number, durationSum: number): Course =>
      () => ({ invocations, errors, durationSum })
    const failing = timed(1200, 720, 1)
    const trips = (stable: Course, candidate = failing, more: Partial<Look> = {}): boolean =>
      look(stable, candidate, { minutes: 1, baseline, ...more }).because.includes('half of the requests')
    // A request takes a second, so 1200 of them a minute keep twenty busy. A candidate that fails at once keeps none busy itself.
    const stable = timed(10_800, 108, 10_800_000)
    expect(trips(stable)).toBe(true)
    expect(trips(stable, timed(1200, 599, 1))).toBe(false)
    expect(trips(stable, timed(1199, 720, 1))).toBe(false)
    // What is not known, or cannot be, changes nothing.
    const unknown: readonly (readonly [number, Partial<Look>])[] = [
      [10_800_000, { unpublished: ['durationSum'] }],
      [10_800_000, { unpublished: ['durations'] }],
      [10_800_000, { service: service({ signals: { cost: 'off' } }) }],
      [10_800_000, { baseline: { thresholdsMs: [], because: baseline.because } }],
      [-10_800_000, {}],
      [NaN, {}],
      [Infinity, {}],
    ]
    for (const [sum, more] of unknown) expect(trips(timed(10_800, 108, sum), failing, more)).toBe(false)
    expect(trips(none, timed(12_000, 12_000, 12_000_000))).toBe(false)
  })

  it('says the same of errors with durations and without them, unless half of a minute fails', () => {
    const billing = { memoryMb: 512, architecture: 'x86_64' } as const
    const baseline = { thresholdsMs: [], because: 'it is off', billing: { stable: billing, candidate: billing } }
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 4999 }), fc.integer({ min: 0, max: 40_000 })), { minLength: 12 }),
        fc.boolean(),
        (minutes, isSlow) => {
          const stable: Course = (at) => ({
            invocations: 90_000,
            errors: minutes[at]?.[1] ?? 0,
            durationSum: isSlow ? 90_000_000 : 900,
          })
          const candidate: Course = (at) => ({
            invocations: 10_000,
            errors: minutes[at]?.[0] ?? 0,
            durationSum: 10_000,
          })
          const errorsOf = (unpublished: readonly string[]) =>
            look(stable, candidate, { minutes: 12, baseline, unpublished }).signals.filter(
              ({ signal }) => signal === 'errors',
            )
          expect(errorsOf([])).toEqual(errorsOf(['durationSum']))
        },
      ),
      { numRuns: 20 },
    )
  })

  it('passes at a weight only on samples at that weight', () => {
    const shifts = [
      { sinceMs: t0, weightBp: 1000 },
      { sinceMs: t0 + 5 * minute, weightBp: 2000 },
    ]
    const at = (minutes: number) => look(every(900, 9), every(100, 1), { shifts, minutes })
    expect(at(5)).toMatchObject({ kind: 'unknown', quiet: false })
    expect(at(5).because).toContain('no whole minute at this weight yet')
    expect(look(every(900, 9), every(30, 0), { shifts, minutes: 6 }).because).toContain('30 of 50 samples')
  })
})

describe('alarms', () => {
  const withAlarms = (changes: Partial<Evidence>): Verdict =>
    look(every(900, 0), every(100, 0), { service: guarded, changes })

  it.each([
    ['ok', 'pass'],
    ['alarm', 'fail'],
    ['insufficientData', 'unknown'],
    ['unclear', 'unknown'],
    ['missing', 'unknown'],
  ] as const)('that are %s mean %s', (state, kind) => {
    expect(withAlarms({ alarms: [{ ...ok, state }] }).kind).toBe(kind)
  })

  it('that fired before the release began are excluded, which is reported; the others still guard', () => {
    const alarms: AlarmReading[] = [
      { name: 'old', state: 'alarm' },
      { name: 'new', state: 'alarm' },
    ]
    const one = withAlarms({ alarms, excludedAlarms: ['old'] })
    expect(one.kind).toBe('fail')
    expect(one.signals[0]).toMatchObject({
      signal: 'alarm:old',
      kind: 'excluded',
      because: 'alarm old fired already before the release began',
    })
    expect(one.because).not.toContain('old')
    expect(withAlarms({ alarms, excludedAlarms: ['old', 'new'] }).kind).toBe('pass')
  })

  it('that cannot be read are unknown, with the reason', () => {
    expect(withAlarms({ alarms: { unread: 'AWS throttled' } })).toMatchObject({
      kind: 'unknown',
      because: 'the alarms could not be read: AWS throttled',
    })
  })
})

describe('data that are not evidence', () => {
  it('are the minute of the shift, and the minutes that CloudWatch may not have yet', () => {
    expect(askedWindow(t0 + 1, t0 + 4 * minute + 59_999)).toEqual({ startMs: t0 + minute, endMs: t0 + 3 * minute })
    expect(askedWindow(t0 + 1, t0 + minute)).toEqual({ startMs: t0 + minute, endMs: t0 + minute })
    const late: Course = (at) => ({ invocations: 100, errors: at >= 5 ? 90 : 0 })
    const evidence = lookAt({ service: plain, stable: every(900, 0), candidate: late, minutes: 7 })
    expect(judge(plain, { ...evidence, atMs: t0 + 7 * minute }).verdict.kind).not.toBe('fail')
    expect(judge(plain, evidence).verdict.kind).toBe('fail')
  })

  const evidence = lookAt({ service: plain, stable: every(900, 0), candidate: every(100, 0), minutes: 6 })
  const at = (minuteIndex: number, value: number) => ({ minuteMs: t0 + minuteIndex * minute, value })
  const points = (...list: { minuteMs: number; value: number }[]): Reading => ({ kind: 'points', points: list })
  it.each([
    ['was not read', { kind: 'unread', because: 'PartialData' }, /PartialData/],
    ['is negative', points(at(0, 100), at(1, -1)), /negative, not a number/],
    ['is more than a minute can have', points(at(0, 1.1e12)), /too many for one minute/],
    ['is beyond all digits', points(at(0, 1e308)), /too large for one minute/],
    ['is not a number', points(at(0, Number.NaN)), /is no number/],
    ['is infinite', points(at(0, Number.POSITIVE_INFINITY)), /is no number/],
    ['is there twice', points(at(0, 0), at(0, 0)), /two points/],
    ['is not at a minute', points({ minuteMs: t0 + 1, value: 1 }), /start of a minute/],
    ['counts more errors than invocations', points(at(0, 101)), /more errors than invocations/],
  ] as const)('are never a pass, and are reported, when a series %s, on either side', (_, reading, because) => {
    for (const key of ['0.c.errors', '0.s.errors']) {
      const wrong =
        key === '0.s.errors' && reading.kind === 'points' && reading.points[0]?.value === 101
          ? points(at(0, 901))
          : reading
      const { verdict } = judge(plain, { ...evidence, readings: new Map([...evidence.readings, [key, wrong]]) })
      expect(verdict.kind).toBe('unknown')
      expect(verdict.because).toMatch(because)
    }
  })

  it.each<[string, Reading | undefined]>([
    ['missing', undefined],
    ['unread', { kind: 'unread', because: 'PartialData' }],
    ['negative', points(at(0, -100))],
  ])('are never silence of the candidate: invocations that are %s are unknown', (_, reading) => {
    const readings = new Map([...evidence.readings].filter(([key]) => key !== '0.c.invocations'))
    if (reading !== undefined) readings.set('0.c.invocations', reading)
    const { verdict, carry } = judge(plain, { ...evidence, readings })
    expect(verdict).toMatchObject({ kind: 'unknown', quiet: false })
    expect(verdict.because).toContain('invocations')
    expect(carry).toBeUndefined()
  })

  it('never pass without enough samples of the candidate, whatever the numbers (fuzzed)', () => {
    const value = fc.oneof(
      fc.integer({ min: -2, max: 30 }),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, 1e308, 0.5),
    )
    const series = fc.array(
      fc.record({ minuteMs: fc.integer({ min: -3, max: 12 }).map((m) => t0 + m * minute), value }),
      { maxLength: 12 },
    )
    const keys = [...evidence.readings.keys()]
    fc.assert(
      fc.property(fc.array(series, { minLength: keys.length, maxLength: keys.length }), (all) => {
        const readings = new Map(
          keys.map((key, index): [string, Reading] => [key, { kind: 'points', points: all[index] ?? [] }]),
        )
        const { verdict } = judge(plain, { ...evidence, readings })
        const seen = readings.get('0.c.invocations')
        const samples =
          seen?.kind === 'points'
            ? seen.points.filter((one) => one.minuteMs >= t0).reduce((sum, one) => sum + one.value, 0)
            : 0
        if (!(samples >= 50)) expect(verdict.kind).not.toBe('pass')
        expect(verdict.because.length).toBeGreaterThan(10)
        expect(verdict.signals.map(({ because }) => because).join()).not.toMatch(/NaN|Infinity/)
        for (const signal of verdict.signals)
          for (const number of Object.values(signal.numbers ?? {})) expect(Number.isFinite(number)).toBe(true)
      }),
      { numRuns: repeats(500, 150) },
    )
  })
})
