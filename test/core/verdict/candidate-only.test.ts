// All traffic on the candidate: what began with the step puts it back, what may be an outage holds it.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { errorNulls } from '../../../core/verdict/counts/count-design.ts'
import { learn } from '../../../core/verdict/counts/learn.ts'
import { judge } from '../../../core/verdict/judge/judge.ts'
import type { Verdict } from '../../../core/verdict/evidence/evidence.ts'
import { service, t0 } from '../sample.ts'
import { type Course, every, type Look, lookAt, minute, none } from './look.ts'

const plain = service({ signals: {} })
const shiftedAt = 10
const shifts = [
  { sinceMs: t0, weightBp: 1000 },
  { sinceMs: t0 + shiftedAt * minute, weightBp: 10_000 },
]

const look = (stable: Course, candidate: Course, more: Partial<Look> = {}): Verdict =>
  judge(plain, lookAt({ service: plain, stable, candidate, minutes: 20, shifts, ...more })).verdict

const stable: Course = (at) => (at < shiftedAt ? { invocations: 900, errors: 9 } : undefined)
/** @param errors of a thousand requests in each minute after the shift, the last one from then on */
const candidate =
  (...errors: number[]): Course =>
  (at) =>
    at < shiftedAt
      ? { invocations: 100, errors: 1 }
      : { invocations: 1000, errors: errors[Math.min(at - shiftedAt, errors.length - 1)] ?? 0 }

const nobodyKnows = "more than stable's past explains, and without stable beside it nobody knows whose fault it is"

describe('with all traffic on the candidate', () => {
  it('passes one that fails about as often as stable did', () => {
    expect(look(stable, candidate(12)).kind).toBe('pass')
    expect(look(stable, candidate(19)).kind).toBe('pass')
  })

  it('puts back what fails from the first minute of the step on', () => {
    expect(look(stable, candidate(60), { minutes: 13 }).kind).not.toBe('fail')
    expect(look(stable, candidate(60), { minutes: 20 }).kind).toBe('fail')
    expect(look(stable, candidate(900), { minutes: 11 }).kind).toBe('fail')
  })

  it('forgives errors of cold starts in its first minutes', () => {
    expect(look(stable, candidate(60, 40, 20, 10)).kind).toBe('pass')
    expect(look(stable, candidate(60, 40, 20, 10), { minutes: 13 }).kind).not.toBe('fail')
  })

  it('holds what begins later, because an outage looks the same, and goes on when it is over', () => {
    const outage = candidate(10, 10, 10, 10, 300, 300, 300, 300, 10)
    const during = look(stable, outage, { minutes: 17 })
    expect(during.kind).toBe('unknown')
    expect(during.because).toContain(nobodyKnows)
    expect(look(stable, outage, { minutes: 150 }).kind).toBe('pass')
  })

  it('never puts back what looked well in one minute of the step, however it fails afterwards', () => {
    const failing = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(failing, failing, (before, after) => {
        const course = candidate(...before, 5, ...after)
        const verdict = look(stable, course, { minutes: shiftedAt + before.length + 1 + after.length })
        const until = look(stable, course, { minutes: shiftedAt + before.length })
        expect(verdict.kind === 'fail' && until.kind !== 'fail').toBe(false)
      }),
      { seed: 41, numRuns: 30 },
    )
  })

  it('never passes while the latest minutes are far above what stable did', () => {
    fc.assert(
      fc.property(fc.integer({ min: 150, max: 1000 }), fc.integer({ min: 1, max: 8 }), (errors, minutes) => {
        const quiet = Array.from({ length: 8 }, () => 10)
        const kind = look(stable, candidate(...quiet, errors), { minutes: shiftedAt + 8 + minutes }).kind
        expect(kind).toBe('unknown')
      }),
      { seed: 42, numRuns: 60 },
    )
  })
})

describe('without any step before', () => {
  const atOnce = [{ sinceMs: t0, weightBp: 10_000 }]
  const past = (failed: (at: number) => number): Partial<Look> => {
    const hours = Array.from({ length: 240 }, (_, at) => ({
      stableInvocations: 1000,
      stableBad: failed(at),
      candidateInvocations: 0,
      candidateBad: 0,
    }))
    const learned = learn({ tolerance: 1, nulls: errorNulls() }, { stable: hours, releases: [] })
    return {
      shifts: atOnce,
      minutes: 20,
      ...(learned === undefined ? {} : { baseline: { thresholdsMs: [], because: 'it is off', learned } }),
    }
  }
  const kind = (errors: number, more: Partial<Look>): string => look(none, every(1000, errors), more).kind

  it("compares with stable's hours before", () => {
    const usual = past((at) => 48 + (at % 5))
    expect(kind(50, usual)).toBe('pass')
    expect(kind(90, usual)).toBe('pass')
    expect(kind(200, usual)).toBe('fail')
    expect(look(none, every(1000, 50), usual).because).toContain('nothing of stable to compare with')
  })

  it("explains by stable's past what stable's worst minutes were", () => {
    const outage = (at: number): number => (at > 200 && at < 215 ? 200 : 10)
    expect(kind(150, past(outage))).toBe('pass')
    expect(
      kind(
        150,
        past(() => 10),
      ),
    ).toBe('fail')
  })

  it('puts back only what fails every other request while nothing is known of stable, and passes only what fails hardly', () => {
    const unknown = { shifts: atOnce }
    expect(kind(5, unknown)).toBe('pass')
    const held = look(none, every(1000, 60), unknown)
    expect(held.kind).toBe('unknown')
    expect(held.because).toContain(nobodyKnows)
    expect(kind(800, unknown)).toBe('fail')
  })
})
