// What a verdict makes of points that are missing, late, or not comparable: they are neither health nor a fault.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { areAll, repeats } from '../../repeats.ts'
import type { Service } from '../../../core/service/service.ts'
import type { Evidence, Reading, SignalVerdict, Verdict } from '../../../core/verdict/evidence/evidence.ts'
import { replayVerdicts } from '../../../core/verdict/judge/replayed-verdicts.ts'
import { type Carry, judge } from '../../../core/verdict/judge/judge.ts'
import { signalSpecs } from '../../../core/verdict/evidence/questions.ts'
import { minutesOf } from '../../../bench/trials/noise.ts'
import { errorsOnly, recordedCounts } from '../../../bench/rivals/recorded.ts'
import { service, t0 } from '../sample.ts'
import { type Course, every, type Look, lookAt, minute, none } from './look.ts'

const off = { errors: 'off', latency: 'off', throttles: 'off', cost: 'off' }
const only = (signals: Record<string, unknown>): Service => service({ signals: { ...off, ...signals } })
const errors = only({ errors: {} })
const look = (watched: Service, stable: Course, candidate: Course, more: Partial<Look> = {}): Verdict =>
  judge(watched, lookAt({ service: watched, stable, candidate, minutes: 20, ...more })).verdict
const signal = (verdict: Verdict, name: string): SignalVerdict | undefined =>
  verdict.signals.find((one) => one.signal === name)

/** Traffic without error points in some minutes. */
const silent =
  (invocations: number, isSilent: (minute: number) => boolean = () => true): Course =>
  (at) =>
    isSilent(at) ? { invocations } : { invocations, errors: 0 }

describe('invocations without a point of errors', () => {
  it('are not evidence: no candidate passes if it or stable has none', () => {
    expect(look(errors, every(900, 1), every(100, 0)).kind).toBe('pass')
    for (const [stable, candidate] of [
      [every(900, 1), silent(100)],
      [silent(900), every(100, 0)],
    ] as const) {
      const verdict = look(errors, stable, candidate)
      expect(verdict).toMatchObject({ kind: 'unknown', quiet: false })
      expect(verdict.because).toBe('errors: CloudWatch has had no point of it for 20 minutes with invocations')
    }
  })

  it('in the last minutes are late; if that continues, the telemetry is broken and nothing passes', () => {
    const since = (late: number) =>
      look(
        errors,
        every(900, 1),
        silent(100, (at) => at >= 20 - late),
      ).kind
    expect([since(2), since(9), since(10), since(15)]).toEqual(['pass', 'pass', 'unknown', 'unknown'])
  })

  it('count from the minute in which the points arrive, and not before', () => {
    const bad: Course = (at) => (at < 10 ? { invocations: 100, errors: 60 } : { invocations: 100, errors: 0 })
    const late: Course = (at) => (at < 10 ? { invocations: 100 } : { invocations: 100, errors: 0 })
    expect(look(errors, every(900, 1), bad).kind).toBe('fail')
    const verdict = look(errors, every(900, 1), late)
    expect(verdict.kind).toBe('pass')
    expect(signal(verdict, 'errors')?.numbers).toMatchObject({ candidateInvocations: 1000 })
  })

  it('of stable that are minutes late roll back no healthy release, and a warm judge agrees with a cold one', () => {
    for (const lateMinutes of [0, 2, 4, 7]) {
      let rolledBack = 0
      for (let seed = 1; seed <= repeats(10, 3); seed++) {
        const told = asTold(seed, lateMinutes)
        if (told.some(({ kind }) => kind === 'fail')) rolledBack++
        expect(told.at(-1)?.kind, `seed ${seed}, ${lateMinutes} minutes late`).not.toBe('unknown')
      }
      expect(rolledBack, `${lateMinutes} minutes late`).toBeLessThanOrEqual(areAll ? 1 : 0)
    }
  })
})

/** The verdicts on a healthy release whose stable version's errors arrive late, minute by minute. */
function asTold(seed: number, lateMinutes: number): readonly Verdict[] {
  const situation = { name: 'late', perMinute: 1000, rate: 0.01, minutes: 30, weightBp: () => 1000 }
  const minutes = minutesOf({ ...situation, noise: { kind: 'independent' } }, seed)
  const policy = errorsOnly(minutes.length, 0.05)
  const { targets, shifts, readings } = recordedCounts(minutes)
  const startMs = shifts[0]?.sinceMs ?? 0
  let carry: Carry | undefined
  return minutes.map((_, at) => {
    const endMs = startMs + (at + 1) * minute
    const until = (key: string): number => (key === '0.s.errors' ? endMs - lateMinutes * minute : endMs)
    const seen = (fromMs: number): Evidence['readings'] =>
      new Map([...readings].map(([key, reading]) => [key, within(reading, fromMs, until(key))]))
    const evidence = { atMs: endMs + minute, shifts, alarms: [], excludedAlarms: [], targets }
    const cold = judge(policy, { ...evidence, readings: seen(0) })
    const warm = judge(policy, { ...evidence, readings: seen(carry?.uptoMs ?? 0) }, carry)
    expect(warm.verdict).toEqual(cold.verdict)
    carry = warm.carry
    return warm.verdict
  })
}

const within = (reading: Reading, fromMs: number, toMs: number): Reading =>
  reading.kind === 'unread'
    ? reading
    : { kind: 'points', points: reading.points.filter((one) => one.minuteMs >= fromMs && one.minuteMs < toMs) }

describe('a series that was never seen', () => {
  const lost = { name: 'lost', namespace: 'Shop', metric: 'Lost', kind: 'count', dimensions: { version: '{version}' } }
  const watched = (more: Record<string, unknown> = {}) => only({ errors: {}, custom: [{ ...lost, ...more }] })

  it('is unknown, not 0, unless its definition says that it is published only now and then', () => {
    const verdict = look(watched(), every(900, 1), every(100, 0))
    expect(verdict.kind).toBe('unknown')
    expect(verdict.because).toContain('lost: CloudWatch has no point of it, of neither version')
    expect(look(watched({ sparse: true }), every(900, 1), every(100, 0)).kind).toBe('pass')
    const once: Course = (at) => ({ invocations: 900, errors: 1, ...(at === 4 ? { 'custom-lost': 1 } : {}) })
    expect(look(watched(), once, every(100, 0)).kind).toBe('pass')
  })

  it('is excluded, which is reported, if it is unknown whether Lambda publishes it: throttles by version', () => {
    const throttled = only({ errors: {}, throttles: {} })
    const verdict = look(throttled, every(900, 1), every(100, 0), { unpublished: ['throttles'] })
    expect(verdict.kind).toBe('pass')
    expect(signal(verdict, 'throttles')).toMatchObject({
      kind: 'excluded',
      because: 'throttles: CloudWatch has no point of it, of neither version',
    })
    const alone = look(only({ throttles: {} }), every(900, 1), every(100, 0), { unpublished: ['throttles'] })
    expect(alone.kind).toBe('unknown')
  })
})

describe('with all traffic on the candidate', () => {
  const whole = {
    shifts: [
      { sinceMs: t0, weightBp: 5000 },
      { sinceMs: t0 + 10 * minute, weightBp: 10_000 },
    ],
  }
  const stable: Course = (at) => (at < 10 ? { invocations: 500, errors: 1, fast: [490], durationSum: 1 } : undefined)
  const slow: Course = (at) => ({ invocations: 500, errors: 1, fast: [at < 10 ? 490 : 0], durationSum: 1 })

  it('what cannot be compared cannot decide, and errors still do', () => {
    const watched = only({ errors: {}, latency: { thresholdMs: 100, warmUpMinutes: 0 }, throttles: {} })
    const verdict = look(watched, stable, slow, { ...whole, baseline: { thresholdsMs: [100] } })
    expect(signal(verdict, 'latency')).toMatchObject({
      kind: 'excluded',
      because: 'latency: not compared at 100 %, where there is no stable beside it',
    })
    expect(signal(verdict, 'throttles')?.kind).toBe('excluded')
    expect(verdict.kind).toBe('pass')
    const failing: Course = (at) => ({ invocations: 500, errors: at < 10 ? 1 : 200, fast: [490], durationSum: 1 })
    expect(look(watched, stable, failing, { ...whole, baseline: { thresholdsMs: [100] } }).kind).toBe('fail')
  })

  it('a minute that fails for everybody is not a total failure of the candidate: stable has no requests to show health', () => {
    const bumpy: Course = (at) => ({ invocations: 30, errors: at === 15 ? 16 : 0 })
    const before: Course = (at) => (at < 10 ? { invocations: 30, errors: 0 } : undefined)
    const verdict = look(errors, before, bumpy, { ...whole, minutes: 16 })
    expect(verdict.because).not.toContain('at least half of the requests')
  })

  it('a service that usually fails often keeps its healthy releases', () => {
    let rolledBack = 0
    for (let seed = 1; seed <= 20; seed++) {
      const weights = [5000, 9000, 10_000]
      const weightBp = (at: number) => weights[Math.floor(at / 10)] ?? 10_000
      const situation = { name: 'often', perMinute: 30, rate: 0.3, minutes: 40, weightBp }
      const minutes = minutesOf({ ...situation, noise: { kind: 'independent' } }, seed)
      if (replayVerdicts(errorsOnly(40, 0.05), recordedCounts(minutes)).some(({ kind }) => kind === 'fail'))
        rolledBack++
    }
    expect(rolledBack).toBeLessThanOrEqual(1)
  })
})

describe('a pass', () => {
  const count = (max: number) => fc.integer({ min: 0, max })
  const minuteOf = fc
    .record({ stable: count(200), candidate: count(200), stableBad: count(200), candidateBad: count(200) })
    .map((one) => ({
      stable: { invocations: one.stable, errors: Math.min(one.stable, one.stableBad) },
      candidate: { invocations: one.candidate, errors: Math.min(one.candidate, one.candidateBad) },
    }))

  it('is never given beside an interval that excludes its tolerance, nor when the last requests all failed', () => {
    const [spec] = signalSpecs(errors, lookAt({ service: errors, stable: none, candidate: none, minutes: 1 }).targets)
    const tolerance = spec?.watch.tolerance ?? NaN
    fc.assert(
      fc.property(fc.array(minuteOf, { minLength: 1, maxLength: 12 }), (course) => {
        const verdict = look(
          errors,
          (at) => course[at]?.stable,
          (at) => course[at]?.candidate,
          { minutes: course.length, shifts: [{ sinceMs: t0, weightBp: 5000 }] },
        )
        if (verdict.kind !== 'pass') return
        const { ratioLow = 0, candidateBad = 0, stableBad = 0 } = signal(verdict, 'errors')?.numbers ?? {}
        if (candidateBad + stableBad >= 10) expect(ratioLow).toBeLessThanOrEqual(tolerance)
        const last = course.at(-1)?.candidate
        if (last !== undefined && last.invocations >= 10) expect(last.errors).toBeLessThan(last.invocations)
      }),
      { seed: 14, numRuns: repeats(300, 100) },
    )
  })

  it('is not given to a candidate of which every request fails, whatever is usual', () => {
    for (const usual of [0, 1, 5, 15, 20, 25, 40, 50, 90]) {
      for (let minutes = 1; minutes <= 10; minutes++) {
        const verdict = look(errors, every(900, usual * 9), every(100, 100), { minutes })
        expect(verdict.kind, `usual ${usual} %, minute ${minutes}`).not.toBe('pass')
      }
    }
  })
})
