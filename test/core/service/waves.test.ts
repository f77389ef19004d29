// What waves look like in a definition: what is kept of them, which weights they come to, and what is refused, with its place.
import { describe, expect, it } from 'vitest'
import { rehearsing } from '../../../core/drill/drill.ts'
import {
  alike,
  beginsAt,
  inWaves,
  ofItsWave,
  plansOf,
  wavesWords,
  waveWords,
  weightInWaves,
} from '../../../core/definition/waves.ts'
import { paced } from '../../../core/service/pacing.ts'
import { wholePlanWords } from '../../../core/service/plan.ts'
import { Service } from '../../../core/service/service.ts'
import { written } from '../../../functions/definitions/written.ts'
import { parseDefinition } from '../../../core/service/definition.ts'
import { service } from '../sample.ts'

const names = ['a', 'b', 'c']
const targets = names.map((name) => ({ function: name, alias: 'live' }))
const waves = [
  { name: 'pilot', targets: ['a'] },
  { name: 'rest', targets: ['b', 'c'], holdBack: 0, pause: true },
]
const define = (changes: Record<string, unknown> = {}) => service({ targets, waves, ...changes })
const flat = (of: Service = define(), some: readonly string[] = names): Service => ({
  ...of,
  plan: inWaves(
    of.plan,
    of.waves,
    some.map((functionName) => ({ functionName })),
  ),
})
const weights = (of: Service, name: string) => of.plan.steps.map((_, step) => weightInWaves(of, name, step))

describe('waves', () => {
  it('are kept, read back from what is stored, and are written as people write them', () => {
    const kept = define()
    expect(kept.waves).toEqual([
      { name: 'pilot', targets: ['a'], heldBackBp: 1000 },
      { name: 'rest', targets: ['b', 'c'], heldBackBp: 0, pause: true },
    ])
    expect(Service.parse(JSON.parse(JSON.stringify(kept)))).toEqual(kept)
    expect(parseDefinition(written(kept))).toEqual(kept)
    expect(service({ targets })).not.toHaveProperty('waves')
  })

  it('take all steps one wave after the other, and those before keep what they have, or get what is not held back', () => {
    const of = flat()
    expect(of.plan.steps.map(({ weightBp, wave }) => [weightBp, wave])).toEqual([
      [1000, 0],
      [5000, 0],
      [1000, 1],
      [5000, 1],
    ])
    expect(weights(of, 'a')).toEqual([1000, 5000, 9000, 9000])
    expect(weights(of, 'c')).toEqual([0, 0, 1000, 5000])
    // The promotion is for all.
    expect(weightInWaves(of, 'a', 4)).toBeUndefined()
    // A plan that gives more than that in its last step is not taken back.
    const whole = { plan: { steps: [{ weight: 100, bake: '5m' }], holdBack: 2 } }
    expect(weights(flat(define(whole)), 'a')).toEqual([9800, 9800])
  })

  it('leave out those that have nothing to release, and plans without steps', () => {
    expect(flat(define(), ['b']).plan.steps.map(({ wave }) => wave)).toEqual([1, 1])
    expect(inWaves({ steps: [] }, define().waves, [{ functionName: 'a' }])).toEqual({ steps: [] })
    expect(flat(flat())).toEqual(flat())
  })

  it('are in a target what any plan is: what has to be ruled out goes by its next step', () => {
    expect(ofItsWave(flat(), 'c').plan.steps).toHaveLength(2)
    const plain = service({ targets })
    expect(ofItsWave(plain, 'c')).toBe(plain)
  })

  it('are paced each by itself: the first step of a wave is no rise of the wave before', () => {
    const smaller = paced(flat().plan, 2, 200, 60)
    expect(smaller.steps.slice(1, 4)).toMatchObject([
      { weightBp: 5000, wave: 0 },
      { weightBp: 200, wave: 1 },
      { weightBp: 1000, wave: 1 },
    ])
  })

  it('are said, with the time that the whole takes', () => {
    expect(wavesWords(define())).toBe(
      'in 2 waves, one after the other: pilot (1 target), a pause, rest (2 targets), and all traffic after the last; the whole takes at least 20m',
    )
    expect(wholePlanWords(define())).toMatch(/^10 % for 5m, 50 % for 5m .+, then all traffic; in 2 waves/)
    expect(waveWords(flat(), 2)).toBe('wave 2 of 2 (rest)')
    expect(waveWords(flat(define(), ['b']), 0)).toBe('wave 1 of 1 (rest)')
    expect(waveWords(flat(), 4)).toBeUndefined()
  })

  it('are not for drills, which rehearse the way back of every target at once', () => {
    expect(rehearsing(define(), 100)).not.toHaveProperty('waves')
  })
})

describe('plans of waves', () => {
  const own = { steps: [{ weight: 100, bake: '3m' }], holdBack: 4 }
  const mixed = define({ waves: [waves[0], { ...waves[1], plan: own }] })

  it('are kept, and take the place of the plan in their wave', () => {
    expect(parseDefinition(written(mixed))).toEqual(mixed)
    expect(Service.parse(JSON.parse(JSON.stringify(mixed)))).toEqual(mixed)
    expect(flat(mixed).plan.steps).toEqual([
      { weightBp: 1000, bakeSeconds: 300, wave: 0 },
      { weightBp: 5000, bakeSeconds: 300, wave: 0 },
      { weightBp: 9600, heldBackBp: 400, bakeSeconds: 180, wave: 1 },
    ])
    expect(weights(flat(mixed), 'a')).toEqual([1000, 5000, 9000])
    expect(weights(flat(mixed), 'b')).toEqual([0, 0, 9600])
    expect(flat(mixed, ['a']).plan.steps).toHaveLength(2)
    expect(ofItsWave(flat(mixed), 'b').plan.steps).toHaveLength(1)
  })

  it('that give more in a wave that is done are not taken back, and one that gives less gets what is not held back', () => {
    const first = define({ waves: [{ ...waves[0], plan: own }, waves[1]] })
    expect(weights(flat(first), 'a')).toEqual([9600, 9600, 9600])
    const small = { steps: [{ weight: 1, bake: '3m' }] }
    expect(weights(flat(define({ waves: [{ ...waves[0], plan: small }, waves[1]] })), 'a')).toEqual([100, 9000, 9000])
  })

  it('are said', () => {
    expect(wholePlanWords(mixed)).toMatch(
      /^10 % for 5m, 50 % for 5m .+; in 2 waves, .+: pilot \(1 target\), a pause, rest \(2 targets: 96 % for 3m\), .+ at least 13m$/,
    )
    const all = define({ waves: waves.map((one) => ({ ...one, plan: own })) })
    expect(wholePlanWords(all)).toMatch(/^in 2 waves, .+: pilot \(1 target: 96 % for 3m\), .+ at least 6m$/)
  })

  it('are no more than usual: another plan must not be bolder than any of them, and a drill gives no more than the least', () => {
    expect(plansOf(mixed).map(({ steps }) => steps[0]?.weightBp)).toEqual([1000, 9600])
    const least = define({ waves: [waves[0], { ...waves[1], plan: { steps: [{ weight: 2, bake: '3m' }] } }] })
    expect(() => rehearsing(least, 300)).toThrow(/may give at most 2 %/)
    expect(plansOf({ ...least, waves: alike(least.waves) })).toEqual([least.plan, least.plan])
  })
})

describe('approvals before waves', () => {
  const asked = define({ waves: [waves[0], { ...waves[1], pause: false, approval: { by: ['ben'], expires: '2h' } }] })

  it('are gates of the service, and are written with their wave', () => {
    expect(asked.gates.approvals).toEqual([
      {
        ...{ beforeBp: 0, wave: 'rest', count: 1, by: ['ben'] },
        ...{ fourEyes: true, expiresSeconds: 7200, whenExpired: 'reject' },
      },
    ])
    expect(asked.waves?.[1]).not.toHaveProperty('approval')
    expect(parseDefinition(written(asked))).toEqual(asked)
    expect(wavesWords(asked)).toMatch(/pilot \(1 target\), an approval, rest/)
    const usual = define({ waves: [waves[0], { ...waves[1], pause: false, approval: true }] })
    expect(usual.gates.approvals).toMatchObject([{ wave: 'rest', count: 1, expiresSeconds: 86_400 }])
    expect(define().gates.approvals).toEqual([])
  })

  it('stand before the first step of their wave, or before everything where all targets are moved at once', () => {
    const some = (...of: readonly string[]) => of.map((functionName) => ({ functionName }))
    expect(beginsAt(flat(asked), 'rest', some('a', 'b'))).toBe(2)
    expect(beginsAt(flat(asked, ['b']), 'rest', some('b'))).toBe(0)
    expect(beginsAt(flat(asked, ['a']), 'rest', some('a'))).toBeUndefined()
    const atOnce = { ...asked, plan: { steps: [] } }
    expect(beginsAt(atOnce, 'rest', some('a', 'b'))).toBe(0)
    expect(beginsAt(atOnce, 'rest', some('a'))).toBeUndefined()
    expect(beginsAt(asked, 'rest', [])).toBe(0)
    expect(beginsAt(asked, 'europe', [])).toBeUndefined()
  })
})

const wave = (changes: object) => ({ waves: [{ ...waves[0], ...changes }, waves[1]] })
const step = { weight: 10, bake: '5m' }
const manySteps = Array.from({ length: 51 }, (_, index) => ({ weight: index + 1, bake: '5m' }))
const second = (changes: object) => ({ waves: [waves[0], { ...waves[1], pause: false, ...changes }] })
const half = Array.from({ length: 50 }, (_, index) => ({ weight: index + 1, bake: '5m' }))
it.each<[string, Record<string, unknown>, RegExp]>([
  ['a plan of a wave without steps', wave({ plan: 'AllAtOnce' }), /waves\[0\]\.plan: a wave needs a plan with steps/],
  ['a plan of a wave that nobody knows', wave({ plan: 'Canary' }), /waves\[0\]\.plan: no plan is called "Canary"/],
  [
    'a plan of a wave that falls',
    wave({ plan: { steps: [{ weight: 50, bake: '5m' }, step] } }),
    /waves\[0\]\.plan\.steps: weights must rise/,
  ],
  ['a bake of a wave that is too short', second({ plan: { steps: [{ weight: 50, bake: '5s' }] } }), /waves\[1\]\.plan/],
  [
    'a one-way step of a wave',
    second({ plan: { steps: [{ ...step, oneWay: { reason: 'x' } }] } }),
    /waves\[1\]\.plan: a one-way step does not go with waves/,
  ],
  [
    'too many steps in all',
    { plan: { steps: half }, ...wave({ plan: { steps: manySteps } }) },
    /plan: with those that have a plan of their own, the waves have 101 steps in all, more than 100/,
  ],
  [
    'an urgent plan that is too long for all waves, also where they have plans of their own',
    { pace: { urgent: { steps: manySteps } }, ...wave({ plan: { steps: [step] } }) },
    /pace\.urgent: 51 steps in each of 2 waves are more than 100/,
  ],
  ['an approval before the first wave', wave({ approval: true }), /waves\[0\]\.approval: the first wave begins/],
  ['an approval that is a word', second({ approval: 'yes' }), /waves\[1\]\.approval: write true, or who may approve/],
  ['an approval of nobody', second({ approval: { by: [] } }), /waves\[1\]\.approval/],
  ['an approval of six', second({ approval: { count: 6 } }), /waves\[1\]\.approval/],
  [
    'an approval of more than may',
    second({ approval: { count: 2, by: ['ann', 'user/Ann'] } }),
    /waves\[1\]\.approval\.by: 2 people have to approve, and 1 may: name more/,
  ],
  [
    'an approval of more than may before a weight',
    { gates: { approvals: [{ before: 50, count: 3, by: ['ann', 'ben'] }] } },
    /gates\.approvals\[0\]\.by: 3 people have to approve, and 2 may/,
  ],
  ['an approval that ends at once', second({ approval: { expires: '1s' } }), /waves\[1\]\.approval/],
  ['an approval before a weight of a wave', second({ approval: { before: 50 } }), /waves\[1\]\.approval/],
  ['silence that is no word', second({ approval: { whenExpired: 'wait' } }), /waves\[1\]\.approval/],
  [
    'an approval and a pause',
    second({ approval: true, pause: true }),
    /waves\[1\]\.pause: the wave waits for its approval already/,
  ],
  [
    'a wave among the approvals before weights',
    { gates: { approvals: [{ before: 'begin', wave: 'rest' }] } },
    /"wave"/,
  ],
  ['one wave', { waves: [{ name: 'all', targets: names }] }, /waves: write at least two waves, or leave them out/],
  ['more than twenty', { waves: Array.from({ length: 21 }, () => waves[0]) }, /waves: at most 20 waves/],
  ['a wave of nothing', wave({ targets: [] }), /waves\[0\]\.targets: a wave has at least one target/],
  ['a name that is none', wave({ name: 'EU West' }), /waves\[0\]\.name: use lower-case letters/],
  ['two of one name', wave({ name: 'rest' }), /waves\[1\]\.name: "rest" is another wave/],
  [
    'a function that is no target',
    wave({ targets: ['a', 'd'] }),
    /waves\[0\]\.targets\[1\]: "d" is no function of targets/,
  ],
  ['a target twice', wave({ targets: ['a', 'b'] }), /waves\[1\]\.targets\[0\]: "b" is in a wave already/],
  ['a target twice in one wave', wave({ targets: ['a', 'a'] }), /waves\[0\]\.targets\[1\]: "a" is in a wave already/],
  ['a target in none', { waves: [waves[0], { name: 'rest', targets: ['b'] }] }, /waves: "c" is in no wave/],
  ['more held back than half', wave({ holdBack: 51 }), /waves\[0\]\.holdBack/],
  ['less than nothing held back', wave({ holdBack: -1 }), /waves\[0\]\.holdBack/],
  ['an unknown field', wave({ region: 'eu-west-1' }), /no field is called "region"/],
  ['a pause before the first', wave({ pause: true }), /waves\[0\]\.pause: the first wave begins with the release/],
  ['a plan without steps', { plan: 'AllAtOnce' }, /plan: waves need a plan with steps/],
  ['a pace without steps', { pace: { urgent: 'AllAtOnce' } }, /pace\.urgent: waves need a plan with steps/],
  ['too many steps', { plan: { steps: manySteps } }, /plan: 51 steps in each of 2 waves are more than 100/],
  [
    'a one-way step',
    { plan: { steps: [step, { weight: 50, bake: '5m', oneWay: { reason: 'x' } }] } },
    /plan: a one-way step does not go with waves/,
  ],
  [
    'provisioned concurrency',
    { targets: [{ ...targets[0], provisionedConcurrency: 5 }, targets[1], targets[2]] },
    /targets\[0\]\.provisionedConcurrency: provisioned concurrency is not promised to targets in waves/,
  ],
  ['a service that is only observed', { mode: 'observe' }, /waves: others move a service that is only observed/],
])('refuses %s', (_, changes, says) => {
  expect(() => define(changes)).toThrow(says)
  expect(() => define(changes)).toThrow(expect.objectContaining({ code: 'definition_invalid' }))
})
