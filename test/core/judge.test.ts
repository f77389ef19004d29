// The first verdict: what the alarms and the error rates of one look mean, and that silence never means health.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AlarmReading, Evidence, MinuteCount, VersionCounts } from '../../core/verdict/evidence.ts'
import { judge } from '../../core/verdict/judge.ts'
import { askedWindow, lookWindow } from '../../core/verdict/window.ts'
import { service, t0 } from './sample.ts'

const minute = 60_000
const guarded = service()
const plain = service({ signals: {} })

/** The same counts in every minute from the first whole one after the shift. */
const every = (invocations: number, errors: number, minutes = 5, fromMs = t0): VersionCounts => ({
  kind: 'counts',
  minutes: Array.from({ length: minutes }, (_, index): MinuteCount => ({
    minuteMs: fromMs + index * minute,
    invocations,
    errors,
  })),
})
const none: VersionCounts = { kind: 'counts', minutes: [] }
const ok: AlarmReading = { name: 'checkout-errors', state: 'ok' }

function evidence(stable: VersionCounts, candidate: VersionCounts, changes: Partial<Evidence> = {}): Evidence {
  return {
    atMs: t0 + 7 * minute,
    shiftedAtMs: t0,
    firstShiftedAtMs: t0,
    weightBp: 1000,
    alarms: [],
    excludedAlarms: [],
    targets: [{ functionName: 'checkout', stable, candidate }],
    ...changes,
  }
}

describe('the verdict', () => {
  it('passes a candidate that fails no more than stable, and says the numbers', () => {
    const verdict = judge(plain, evidence(every(900, 9), every(100, 1)))
    expect(verdict.kind).toBe('pass')
    expect(verdict.because).toContain('candidate fails 1.00 % of 500 invocations, stable 1.00 % of 4500')
    expect(verdict.signals[0]?.numbers).toEqual({
      candidateInvocations: 500,
      candidateErrors: 5,
      stableInvocations: 4500,
      stableErrors: 45,
    })
  })

  it.each([
    ['a clearly higher error rate', every(900, 9), every(100, 10), 'fail'],
    ['more than twice, but under the margin', every(900, 0), every(1000, 5), 'pass'],
    ['a margin, but under twice', every(900, 45), every(100, 8), 'pass'],
    [
      'two errors, whatever their share',
      every(900, 0),
      { kind: 'counts', minutes: [{ minuteMs: t0, invocations: 50, errors: 2 }] },
      'pass',
    ],
    ['an outage of both', every(900, 450), every(100, 50), 'pass'],
    ['too few invocations', every(90, 0), every(5, 0), 'unknown'],
    ['a silent stable', none, every(100, 0), 'unknown'],
  ] as const)('says of %s what it should', (_, stable, candidate, kind) => {
    expect(judge(plain, evidence(stable, candidate)).kind).toBe(kind)
  })

  it('tells a candidate that is silent from a quiet hour', () => {
    const silent = judge(plain, evidence(every(900, 0), none))
    expect(silent).toMatchObject({ kind: 'unknown', quiet: false })
    expect(silent.because).toContain(
      'the candidate is silent: stable had 4500 invocations, the candidate none of about 500',
    )
    const quiet = judge(plain, evidence(none, none))
    expect(quiet).toMatchObject({ kind: 'unknown', quiet: true })
    expect(quiet.because).toContain('no traffic on either version')
    expect(judge(guarded, evidence(none, none, { alarms: [{ ...ok, state: 'insufficientData' }] })).quiet).toBe(false)
  })

  it('compares with the earlier minutes of stable once all traffic is on the candidate', () => {
    const stable = every(900, 9, 5, t0 - 10 * minute)
    const all = { weightBp: 10_000, firstShiftedAtMs: t0 - 10 * minute }
    expect(judge(plain, evidence(stable, every(1000, 10), all)).kind).toBe('pass')
    expect(judge(plain, evidence(stable, every(1000, 30), all)).kind).toBe('fail')
    expect(judge(plain, evidence(none, every(1000, 30), all)).because).toContain('nothing of stable to compare with')
  })

  it.each([
    ['ok', 'pass'],
    ['alarm', 'fail'],
    ['insufficientData', 'unknown'],
    ['unclear', 'unknown'],
    ['missing', 'unknown'],
  ] as const)('an alarm that is %s means %s', (state, kind) => {
    expect(judge(guarded, evidence(every(900, 0), every(100, 0), { alarms: [{ ...ok, state }] })).kind).toBe(kind)
  })

  it('leaves out an alarm that fired before the release began, and says so; the others still guard', () => {
    const alarms: AlarmReading[] = [
      { name: 'old', state: 'alarm' },
      { name: 'new', state: 'alarm' },
    ]
    const one = judge(guarded, evidence(every(900, 0), every(100, 0), { alarms, excludedAlarms: ['old'] }))
    expect(one.kind).toBe('fail')
    expect(one.signals[0]).toMatchObject({
      signal: 'alarm:old',
      kind: 'excluded',
      because: 'alarm old fired already before the release began',
    })
    expect(one.because).not.toContain('old')
    expect(
      judge(guarded, evidence(every(900, 0), every(100, 0), { alarms, excludedAlarms: ['old', 'new'] })).kind,
    ).toBe('pass')
  })

  it('leaves out the minute of the shift and the minutes that CloudWatch may not have yet', () => {
    expect(lookWindow({ shiftedAtMs: t0 + 1, atMs: t0 + 4 * minute + 59_999 })).toEqual({
      startMs: t0 + minute,
      endMs: t0 + 3 * minute,
    })
    expect(lookWindow({ shiftedAtMs: t0 + 1, atMs: t0 + minute })).toEqual({ startMs: t0 + minute, endMs: t0 + minute })
    expect(askedWindow(t0, t0 + 3 * minute)).toEqual({ startMs: t0, endMs: t0 + 2 * minute })
    const lateErrors = {
      kind: 'counts',
      minutes: [
        ...(every(100, 0).kind === 'counts' ? [{ minuteMs: t0, invocations: 100, errors: 0 }] : []),
        { minuteMs: t0 + 6 * minute, invocations: 100, errors: 100 },
      ],
    } as VersionCounts
    expect(judge(plain, evidence(every(900, 0), lateErrors)).kind).toBe('pass')
  })

  it.each([
    ['unread counts', { kind: 'unread' as const, because: 'Errors of version 2: PartialData' }],
    ['negative counts', every(-1, 0)],
    ['counts that are not numbers', every(Number.NaN, 0)],
    ['infinite counts', every(Number.POSITIVE_INFINITY, 0)],
    ['more errors than invocations', every(100, 101)],
  ])('%s are never a pass, on either side', (_, counts) => {
    expect(judge(plain, evidence(every(900, 0), counts)).kind).toBe('unknown')
    expect(judge(plain, evidence(counts, every(100, 0))).kind).toBe('unknown')
  })

  it('alarms that cannot be read are unknown, with the reason', () => {
    expect(
      judge(guarded, evidence(every(900, 0), every(100, 0), { alarms: { unread: 'AWS throttled' } })),
    ).toMatchObject({
      kind: 'unknown',
      because: 'the alarms could not be read: AWS throttled',
    })
  })

  it('one target that fails fails all of them, and every field of the rule has an effect', () => {
    const two = {
      targets: [
        { functionName: 'a', stable: every(900, 0), candidate: every(100, 0) },
        { functionName: 'b', stable: every(900, 0), candidate: every(100, 50) },
      ],
    }
    expect(judge(plain, evidence(none, none, two)).kind).toBe('fail')
    const errors = (rule: object) =>
      judge(service({ signals: { errors: rule } }), evidence(every(900, 9), every(100, 5))).kind
    expect(errors({})).toBe('fail')
    expect(errors({ ratio: 6 })).toBe('pass')
    expect(errors({ margin: 5 })).toBe('pass')
    expect(errors({ minimumInvocations: 501 })).toBe('unknown')
  })

  it('without enough of both sides is never a pass, whatever the numbers', () => {
    const count = fc.oneof(fc.integer({ min: -5, max: 30 }), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0))
    const counts = fc
      .array(
        fc.record({
          minuteMs: fc.integer({ min: -3, max: 12 }).map((m) => t0 + m * minute),
          invocations: count,
          errors: count,
        }),
        { maxLength: 12 },
      )
      .map((minutes): VersionCounts => ({ kind: 'counts', minutes }))
    fc.assert(
      fc.property(counts, counts, (stable, candidate) => {
        const verdict = judge(plain, evidence(stable, candidate))
        const enough =
          candidate.kind === 'counts' &&
          candidate.minutes
            .filter((one) => one.minuteMs >= t0 && one.minuteMs < t0 + 6 * minute)
            .reduce((sum, one) => sum + one.invocations, 0) >= 50
        if (!enough) expect(verdict.kind).not.toBe('pass')
        if (verdict.kind !== 'pass') expect(verdict.because.length).toBeGreaterThan(10)
      }),
      { numRuns: 500 },
    )
  })
})
