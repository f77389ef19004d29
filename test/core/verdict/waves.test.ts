// What is judged of a release in waves: each target from its own first minute on, none before, and all by one guarantee.
import { describe, expect, it } from 'vitest'
import type { Evidence, JudgedTarget, Reading, Shift } from '../../../core/verdict/evidence/evidence.ts'
import { judge } from '../../../core/verdict/judge/judge.ts'
import { replayVerdicts } from '../../../core/verdict/judge/replayed-verdicts.ts'
import { inWaves } from '../../../core/definition/waves.ts'
import { service as defined, t0 } from '../sample.ts'
import { every, lookAt, minute, none } from './look.ts'

const functions = ['a', 'b']
const one = defined({
  targets: functions.map((name) => ({ function: name, alias: 'live' })),
  waves: functions.map((name) => ({ name, targets: [name] })),
  signals: { errors: { minimumSamples: 20 }, latency: 'off', throttles: 'off', cost: 'off' },
  policy: { ruleOut: 'off' },
})
const service = { ...one, plan: inWaves(one.plan, one.waves, [{ functionName: 'a' }, { functionName: 'b' }]) }

const at = (minutes: number, weightBp: number): Shift => ({ sinceMs: t0 + minutes * minute, weightBp })

/** @param own the weights of each target @param more what is otherwise */
function look(
  own: readonly (readonly Shift[])[],
  stable = every(900, 9),
  candidate = every(100, 1),
  minutes = 10,
): Evidence {
  const evidence = lookAt({ service, stable, candidate, minutes, functions, shifts: own[0] ?? [] })
  const targets = evidence.targets.map((target, index): JudgedTarget => ({ ...target, shifts: own[index] ?? [] }))
  return { ...evidence, targets }
}
const without = (evidence: Evidence, target: number, why?: string): Evidence => ({
  ...evidence,
  readings: new Map(
    [...evidence.readings].flatMap(([key, reading]): [string, Reading][] => {
      if (!key.startsWith(`${target}.`)) return [[key, reading]]
      return why === undefined ? [] : [[key, { kind: 'unread', because: why }]]
    }),
  ),
})
const signalsOf = (evidence: Evidence) =>
  judge(service, evidence).verdict.signals.map(({ signal, kind }) => [signal, kind])

describe('a target whose wave has not begun', () => {
  it('is asked nothing and says nothing, and its region may be away', () => {
    const evidence = look([[at(0, 1000)]])
    for (const one of [evidence, without(evidence, 1), without(evidence, 1, 'the region is away')]) {
      expect(signalsOf(one)).toEqual([
        ['errors:a', 'pass'],
        ['errors:b', 'excluded'],
      ])
      expect(judge(service, one).verdict.kind).toBe('pass')
      expect(judge(service, one).carry).toBeDefined()
    }
  })

  it('takes its share of alpha with it from the beginning', () => {
    const { verdict } = judge(service, look([[at(0, 1000)]], every(900, 0), every(100, 0)))
    expect(verdict.signals[0]?.numbers?.['rollBackAtLogE']).toBeCloseTo(Math.log(2 / 0.05))
    // Half of it says nothing, and the other half nothing against it.
    expect(verdict.logE).toBeCloseTo(0)
  })

  it('counts from its own first whole minute on, however often it is looked at', () => {
    // A total failure of its stable before that would be quite another verdict.
    const stable = (now: number) => ({ invocations: 900, errors: now < 5 ? 900 : 9 })
    const both = look([[at(0, 1000)], [at(5, 1000)]], stable)
    const { verdict } = judge(service, both)
    expect(verdict.signals[1]?.numbers).toMatchObject({ candidateInvocations: 500, stableBad: 45 })
    const recorded = { targets: both.targets, shifts: both.shifts, readings: both.readings, minutes: 10 }
    const replayed = replayVerdicts(service, recorded)
    expect(replayed.map(({ signals }) => signals[1]?.kind)).toEqual([
      ...Array.from({ length: 5 }, () => 'excluded'),
      ...Array.from({ length: 5 }, () => 'pass'),
    ])
    expect(replayed.at(-1)?.signals[1]?.numbers).toMatchObject({ candidateInvocations: 500, stableBad: 45 })
  })

  it('comes to the same with what was carried from before it began', () => {
    const before = look([[at(0, 1000)]], undefined, undefined, 30)
    const carried = judge(service, without(before, 1)).carry
    const now = look([[at(0, 1000), at(31, 9000)], [at(31, 1000)]], undefined, undefined, 40)
    expect(judge(service, now, carried).verdict).toEqual(judge(service, now).verdict)
    expect(carried?.uptoMs).toBeGreaterThan(t0)
  })
})

describe('a wave that has had all steps', () => {
  const done = [[at(0, 1000), at(2, 9000)], [at(2, 1000)]]

  it('still puts the release back', () => {
    // Of both targets alike; the first has the most of it.
    const { verdict } = judge(service, look(done, every(500, 5), every(500, 100)))
    expect(verdict.kind).toBe('fail')
    expect(verdict.because).toMatch(/; the evidence blames all 2 functions$/)
    expect(verdict.blamed).toHaveLength(2)
  })

  it('holds while its metrics are away, and while its stable fails too', () => {
    expect(judge(service, without(look(done), 0, 'the region is away')).verdict).toMatchObject({
      kind: 'unknown',
      because: expect.stringContaining('the region is away') as string,
    })
    const away = (usual: number) => (now: number) => ({ invocations: 500, errors: now < 6 ? usual : 150 })
    const { kind, because } = judge(service, look(done, away(5), away(5))).verdict
    expect([kind, because]).toEqual([
      'unknown',
      expect.stringContaining('stable itself fails far more often than usual'),
    ])
  })

  it('does not make a quiet hour of the next one busy', () => {
    const evidence = look(done, every(100, 1), every(900, 9), 30)
    const quiet = lookAt({ service, stable: none, candidate: none, minutes: 30, functions })
    const readings = new Map(
      [...evidence.readings].map(([key, one]) => [key, (key.startsWith('1.') ? quiet.readings.get(key) : one) ?? one]),
    )
    expect(judge(service, { ...evidence, readings }).verdict).toMatchObject({ kind: 'unknown', quiet: true })
  })
})
