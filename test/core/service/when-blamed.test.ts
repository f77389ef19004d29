// Where a definition may ask that a function or a wave goes back alone, and where it could not be kept.
import { describe, expect, it } from 'vitest'
import { Problem } from '../../../core/problem.ts'
import { parseDefinition } from '../../../core/service/definition.ts'
import { Service } from '../../../core/service/service.ts'
import { written } from '../../../functions/definitions/written.ts'
import { definition, service } from '../sample.ts'

const targets = ['a', 'b'].map((name) => ({ function: name, alias: 'live' }))
const waves = [
  { name: 'first', targets: ['a'] },
  { name: 'second', targets: ['b'] },
]
const asked = (whenBlamed: string, changes: Record<string, unknown> = {}) =>
  parseDefinition({ ...definition, targets, policy: { whenBlamed }, ...changes })

describe('policy.whenBlamed', () => {
  it('is kept, and written as people write it; all is what holds without it', () => {
    for (const kept of [asked('function'), asked('wave', { waves })]) {
      expect(Service.parse(JSON.parse(JSON.stringify(kept)))).toEqual(kept)
      expect(parseDefinition(written(kept))).toEqual(kept)
    }
    expect(asked('all')).toEqual(service({ targets }))
    expect(asked('all').policy).not.toHaveProperty('whenBlamed')
  })

  it.each<readonly [string, string, Record<string, unknown>]>([
    ['one target', 'there is one target', { targets: targets.slice(0, 1) }],
    [
      'a one-way step',
      'past a one-way step nothing goes back',
      { plan: { steps: [{ weight: 50, bake: '5m', oneWay: { reason: 'x' } }] } },
    ],
    ['what others move', 'a service that is only observed', { mode: 'observe' }],
    [
      'provisioned concurrency',
      'provisioned concurrency is promised',
      { targets: targets.map((one) => ({ ...one, provisionedConcurrency: 5 })) },
    ],
  ])('is refused with %s', (_, words, changes) => {
    const failed = (): unknown => asked('function', changes)
    expect(failed).toThrow(Problem)
    expect(failed).toThrow(/policy\.whenBlamed: /)
    expect(failed).toThrow(words)
  })

  it('takes no wave where there are none, and no other word', () => {
    expect(() => asked('wave')).toThrow('policy.whenBlamed: there are no waves: write function, or all')
    for (const wrong of ['alone', '', null, 1, ['function'], '__proto__'])
      expect(() => asked(wrong as string)).toThrow('policy.whenBlamed: write all, function or wave')
  })
})
