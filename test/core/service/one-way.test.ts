// What a one-way step and a held fail look like in a definition: what is kept of them, and what is refused, with its place.
import { describe, expect, it } from 'vitest'
import { rehearsing } from '../../../core/drill/drill.ts'
import { oneWayStep } from '../../../core/definition/one-way.ts'
import { planWords } from '../../../core/service/plan.ts'
import { paced } from '../../../core/service/pacing.ts'
import { Service } from '../../../core/service/service.ts'
import { service } from '../sample.ts'

const reason = 'the old column is dropped'
const steps = (oneWay: unknown, weights: readonly number[] = [10, 50]) => ({
  plan: { steps: weights.map((weight, index) => ({ weight, bake: '5m', ...(index === 1 ? { oneWay } : {}) })) },
})
const withPolicy = { rules: 'forbid (principal, action == Action::"goOn", resource) when { context.oneWay };' }

describe('a one-way step', () => {
  it('is kept as a weight, with an approval before it, and reads back from what is stored', () => {
    const kept = service(steps({ reason }))
    expect(kept.plan.oneWay).toEqual({ beforeBp: 5000, reason, yes: 'person' })
    expect(kept.gates.approvals).toEqual([
      { beforeBp: 5000, count: 1, fourEyes: true, expiresSeconds: 86_400, whenExpired: 'reject' },
    ])
    expect(Service.parse(JSON.parse(JSON.stringify(kept)))).toEqual(kept)
    expect(planWords(kept.plan)).toMatch(
      /; no way back from 50 % on \("the old column is dropped"\), once a person says yes$/,
    )
    expect(service().plan).not.toHaveProperty('oneWay')
  })

  it('takes an approval that is written for it, and none where policies decide', () => {
    const own = { gates: { approvals: [{ before: 50, count: 2 }] } }
    expect(service({ ...steps({ reason }), ...own }).gates.approvals).toMatchObject([{ beforeBp: 5000, count: 2 }])
    expect(service({ ...steps({ reason, yes: 'policy' }), gates: withPolicy }).gates.approvals).toEqual([])
  })

  it('stays before its weight when other steps come before it, and stands before the promotion at the latest', () => {
    const { plan } = service(steps({ reason }))
    expect(oneWayStep(plan)).toBe(1)
    expect(oneWayStep({ ...paced(plan, 1, 2500, 60), oneWay: plan.oneWay })).toBe(2)
    expect(oneWayStep({ steps: [], oneWay: plan.oneWay })).toBe(0)
    expect(oneWayStep(service(steps({ reason }, [10, 100])).plan)).toBe(1)
  })

  const definition = { gates: withPolicy, mode: 'observe' }
  it.each<[string, Record<string, unknown>, RegExp]>([
    ['no reason', steps({}), /oneWay\.reason: it is missing/],
    ['an empty reason', steps({ reason: '' }), /reason/],
    ['a reason of spaces', steps({ reason: '   ' }), /reason: write what cannot be undone/],
    ['a reason that is too long', steps({ reason: 'x'.repeat(301) }), /reason: .*300/],
    ['a reason with hidden characters', steps({ reason: 'a\u202eb' }), /reason: no control characters/],
    ['no fields', steps(true), /write why there is no way back/],
    ['an unknown field', steps({ reason, undo: 'x' }), /no field is called "undo"/],
    ['an unknown word for who says yes', steps({ reason, yes: 'nobody' }), /yes/],
    ['a weight of 0', { plan: { steps: [{ weight: 0, bake: '5m', oneWay: { reason } }] } }, /weight/],
    [
      'two of them',
      { plan: { steps: [10, 50].map((weight) => ({ weight, bake: '5m', oneWay: { reason } })) } },
      /one step at most is oneWay/,
    ],
    [
      'a way back after the promotion',
      { ...steps({ reason }), watch: { onFault: 'rollBack' } },
      /watch\.onFault: past a one-way/,
    ],
    ['a preset', { plan: { canary: { stepWeight: 10, interval: '5m' }, oneWay: { reason } } }, /oneWay/],
    [
      'a plan of the pace',
      { pace: { careful: steps({ reason }).plan } },
      /pace\.careful: a one-way step is written in `plan`/,
    ],
    ['policies that are not there', steps({ reason, yes: 'policy' }), /needs policies that decide it: gates\.rules/],
    [
      'silence as a yes',
      { ...steps({ reason }), gates: { approvals: [{ before: 50, whenExpired: 'approve' }] } },
      /whenExpired: before a one-way step silence is no yes/,
    ],
    [
      'more approvals than there may be',
      { ...steps({ reason }), gates: { approvals: Array.from({ length: 10 }, (_, index) => ({ before: index + 1 })) } },
      /more than 10 approvals/,
    ],
    [
      'others who move it',
      { ...steps({ reason, yes: 'policy' }), ...definition },
      /a service that is only observed has no one-way step/,
    ],
  ])('is refused with %s', (_, changes, words) => {
    expect(() => service(changes)).toThrow(words)
  })

  it('is above the weight of any drill', () => {
    const early = service({ plan: { steps: [{ weight: 10, bake: '5m', oneWay: { reason } }] } })
    expect(() => rehearsing(early, 1000)).toThrow(/stays below 10 %/)
    expect(rehearsing(early, 0).plan).not.toHaveProperty('oneWay')
  })
})

describe('onFail', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    ['an unknown word', { errors: { onFail: 'ask' } }, /signals\.errors/],
    [
      'hold of an advisory signal',
      { latency: { role: 'advisory', onFail: 'hold' } },
      /signals\.latency\.onFail: an advisory signal never decides/,
    ],
    ['hold of one that is advisory by default', { cost: { onFail: 'hold' } }, /signals\.cost\.onFail/],
  ])('is refused with %s', (_, signals, words) => {
    expect(() => service({ signals })).toThrow(words)
  })
})
