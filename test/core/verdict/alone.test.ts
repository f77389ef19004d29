// What is judged of a release of which a function was put back alone: nothing of that one any more, and of the others as before.
import { describe, expect, it } from 'vitest'
import type { Evidence, JudgedTarget, Reading } from '../../../core/verdict/evidence/evidence.ts'
import { lookWindow } from '../../../core/verdict/evidence/logged.ts'
import { releaseMinutes } from '../../../core/verdict/evidence/past.ts'
import { questionsFor } from '../../../core/verdict/evidence/questions.ts'
import { judge } from '../../../core/verdict/judge/judge.ts'
import { replayVerdicts } from '../../../core/verdict/judge/replayed-verdicts.ts'
import { service as defined, t0 } from '../sample.ts'
import { every, lookAt, minute } from './look.ts'

const functions = ['a', 'b', 'c']
const service = defined({
  targets: functions.map((name) => ({ function: name, alias: 'live' })),
  signals: { errors: { minimumSamples: 20 }, latency: 'off', throttles: 'off', cost: 'off' },
  policy: { ruleOut: 'off', whenBlamed: 'function' },
})

const shifts = [{ sinceMs: t0, weightBp: 1000 }]
/** Of a and c as they are, and b with a fault. */
function look(minutes: number, backMs?: number, errors = { a: 1, b: 80, c: 1 }): Evidence {
  const of = (bad: number) =>
    lookAt({ service, stable: every(900, 9), candidate: every(100, bad), minutes, functions, shifts })
  const [a, b, c] = [of(errors.a), of(errors.b), of(errors.c)]
  const readings = new Map(
    [a, b, c].flatMap((one, place) =>
      [...one.readings].filter(([key]) => key.startsWith(`${place}.`)).map((entry): [string, Reading] => entry),
    ),
  )
  const targets = a.targets.map((target, place): JudgedTarget =>
    place === 1 && backMs !== undefined ? { ...target, backMs } : target,
  )
  return { ...a, readings, targets }
}
const without = (evidence: Evidence, target: number): Evidence => ({
  ...evidence,
  readings: new Map([...evidence.readings].filter(([key]) => !key.startsWith(`${target}.`))),
})

describe('a function that was put back alone', () => {
  it('was blamed, and says nothing any more', () => {
    expect(judge(service, look(4)).verdict).toMatchObject({ kind: 'fail', blamed: ['b'] })
    const { verdict } = judge(service, look(8, t0 + 5 * minute))
    expect(verdict.kind).toBe('pass')
    expect(verdict.signals.map(({ signal, kind }) => [signal, kind])).toEqual([
      ['errors:a', 'pass'],
      ['errors:b', 'excluded'],
      ['errors:c', 'pass'],
    ])
    expect(verdict.signals[1]?.because).toBe('errors:b: it was put back alone')
  })

  it('leaves the others the weights that they had: the sum of their evidence only gets smaller', () => {
    const before = judge(service, look(8, undefined, { a: 1, b: 1, c: 1 })).verdict
    const after = judge(service, look(8, t0 + 5 * minute, { a: 1, b: 1, c: 1 })).verdict
    const limit = Math.log(3 / 0.05)
    for (const { signals } of [before, after]) expect(signals[0]?.numbers?.['rollBackAtLogE']).toBeCloseTo(limit)
    // Two thirds of the mean of three that are alike.
    expect(after.logE).toBeCloseTo((before.logE ?? 0) + Math.log(2 / 3), 5)
  })

  it('is neither asked nor waited for, and may be away', () => {
    const evidence = look(8, t0 + 5 * minute)
    expect(judge(service, without(evidence, 1)).verdict).toEqual(judge(service, evidence).verdict)
    expect(judge(service, without(evidence, 1)).carry).toBeDefined()
    // An alias whose invocations of one minute have not come is waited for, and one that went back is not.
    const points = { '1.c.errors': [[20, 1]] as [number, number][] }
    const readings = [{ fromMs: t0, toMs: t0 + 30 * minute, complete: true, points }]
    const fromMinute = (targets: Evidence['targets']) => {
      const { window } = lookWindow(
        questionsFor(service, targets),
        { service, shifts, readings, targets },
        t0 + 32 * minute,
      )
      return (window.startMs - t0) / minute
    }
    expect([look(1), evidence].map(({ targets }) => fromMinute(targets))).toEqual([20, 25])
  })

  it('does not come back into the verdict by what was carried', () => {
    const { carry } = judge(service, look(30))
    const now = look(40, t0 + 31 * minute)
    expect(judge(service, now, carry).verdict).toEqual(judge(service, now).verdict)
  })

  it('lets another one be blamed alone', () => {
    const { verdict } = judge(service, look(8, t0 + 5 * minute, { a: 80, b: 80, c: 1 }))
    expect(verdict).toMatchObject({ kind: 'fail', blamed: ['a'] })
    expect(verdict.because).toMatch(/the evidence blames a, of 2 functions$/)
  })

  it('is judged in a replay until then', () => {
    const evidence = look(10, t0 + 5 * minute + 1)
    const recorded = { targets: evidence.targets, shifts, readings: evidence.readings, minutes: 10 }
    const kinds = replayVerdicts(service, recorded).map(({ kind }) => kind)
    expect(kinds.slice(3, 5)).toEqual(['fail', 'fail'])
    expect(kinds.slice(5)).toEqual(['pass', 'pass', 'pass', 'pass', 'pass'])
  })

  it('teaches the next release nothing', () => {
    const points = Object.fromEntries(
      ['s', 'c'].flatMap((arm) =>
        ['invocations', 'errors'].flatMap((name) => [[`1.${arm}.${name}`, [[0, 10]] as [number, number][]]]),
      ),
    )
    const readings = [{ fromMs: t0, toMs: t0 + minute, complete: true, points }]
    const [target] = look(1).targets.slice(1)
    const minutes = (backMs?: number) =>
      releaseMinutes(
        { service, shifts, readings, targets: look(1, backMs).targets },
        { functionName: target?.functionName ?? '', alias: target?.alias ?? '' },
      )
    expect([minutes(), minutes(t0)].map(({ length }) => length)).toEqual([1, 0])
  })
})
