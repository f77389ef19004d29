// tidegate simulate, step by step: which fault each step finds at this traffic, and how long a release without one stays in it.
import { expect, it } from 'vitest'
import { tidegate } from '../../bench/rivals/e-processes.ts'
import { errorsOnly, recordedCounts } from '../../bench/rivals/recorded.ts'
import type { Rival } from '../../bench/rivals/rival.ts'
import { minutesOf } from '../../bench/trials/noise.ts'
import { screenOn } from '../../cli/backend/screen.ts'
import { simulate } from '../../cli/replay/simulate.ts'
import { stepsOf } from '../../cli/replay/steps.ts'
import { replayVerdicts } from '../../core/verdict/judge/replayed-verdicts.ts'
import { service } from '../core/sample.ts'

const plan = {
  steps: [
    { weight: 10, bake: '5m' },
    { weight: 50, bake: '5m' },
  ],
}
const blind: Rival = { name: 'blind', about: 'finds nothing', judge: () => [] }
const weightBp = (minute: number): number => (minute < 5 ? 1000 : 5000)
const rule = tidegate('policy', 'the policy', () => errorsOnly(10, 0.05))
const steps = (perMinute: number, policy = {}, by: Rival = blind) =>
  stepsOf(service({ plan, policy }), by, { perMinute, rate: 0.01, minutes: 10, weightBp }, { runs: 40, seed: 1 })

it('each step finds smaller faults than the one before it, and with more traffic', () => {
  const points = (perMinute: number) => steps(perMinute, {}, rule).map(({ foundPoints }) => foundPoints ?? 100)
  const [few, many] = [points(100), points(2000)]
  expect(many[1]).toBeLessThan(many[0] ?? 0)
  expect(few[1]).toBeLessThan(few[0] ?? 0)
  expect(many[1]).toBeLessThan((few[1] ?? 0) / 2)
  expect(steps(100)).toMatchObject([{ foundPoints: null }, { foundPoints: null }])
})

it('in nine of ten other releases is found about what is said', () => {
  const [, step] = steps(1000, {}, rule)
  const fault = { added: ((step?.foundPoints ?? 0) / 100) * 0.99, fromMinute: 0 }
  const situation = { name: 'fresh', perMinute: 1000, rate: 0.01, minutes: 10, weightBp, fault }
  const found = Array.from({ length: 60 }, (_, run) => {
    const minutes = minutesOf({ ...situation, noise: { kind: 'independent' } }, 900 + run)
    return replayVerdicts(errorsOnly(10, 0.05), recordedCounts(minutes)).some(({ kind }) => kind === 'fail')
  }).filter(Boolean).length
  expect(found / 60).toBeGreaterThanOrEqual(0.75)
})

it('the time until a release without a fault may pass is of the samples, or of the fault that must be ruled out', () => {
  const needed = (perMinute: number, policy = {}) => steps(perMinute, policy).map(({ minutesNeeded }) => minutesNeeded)
  expect(steps(2)).toMatchObject([
    { weightBp: 1000, bakeMinutes: 5, minutesNeeded: 250 },
    { weightBp: 5000, bakeMinutes: 5 },
  ])
  expect(needed(2000)).toEqual([1, 1])
  const [, strict = 0] = needed(100, { ruleOut: { points: 1, ratio: 1 } })
  expect(strict).toBeGreaterThan(40)
  expect(needed(10, { ruleOut: { points: 0.1, ratio: 1 } })[1]).toBeNull()
})

it('is said in words, with what little traffic means', () => {
  const lines: string[] = []
  const short = { steps: [{ weight: 50, bake: '2m' }] }
  simulate(
    screenOn((line) => lines.push(line), false),
    { service: service({ plan: short }), perMinute: 20, rate: 0.01, runs: 1, seed: 1 },
  )
  expect(lines.join('\n')).toMatch(
    /By the end of step .*\n {2}50 %, 2m .*\nlittle traffic: at 20 requests a minute a candidate without a fault needs about 5m at 50 %, whose bake is 2m\n/,
  )
})
