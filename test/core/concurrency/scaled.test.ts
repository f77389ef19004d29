// How what scales a version is moved to the next one: any part of a move that was not ended is gone on with, and nothing that
// somebody else has made is replaced.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  hasTakenOver,
  movesScaling,
  movingOf,
  type Scaled,
  type ScalingPart,
} from '../../../core/concurrency/scaled.ts'
import { releaseOf } from './releases.ts'

const parts = fc.uniqueArray(
  fc.record({
    kind: fc.constantFrom<ScalingPart['kind']>('policy', 'scheduled action'),
    name: fc.constantFrom('load', 'morning', 'evening'),
    says: fc.constantFrom('{"a":1}', '{"a":2}'),
  }),
  { selector: ({ kind, name }) => `${kind} ${name}`, maxLength: 5 },
)
const scaled: fc.Arbitrary<Scaled> = fc.record({
  min: fc.nat(2),
  max: fc.integer({ min: 3, max: 5 }),
  suspended: fc.constantFrom('{}', '{"in":true}'),
  parts,
})

/** What is registered after so many calls of a move. */
function after(calls: number, from: Scaled, to: Scaled | undefined): Scaled | undefined {
  const moving = movingOf(from, to)
  if (moving.kind === 'stays') return to
  const begun = to ?? { ...from, parts: [] }
  if (moving.bounds !== undefined && calls === 0) return to
  const count = moving.bounds === undefined ? calls : calls - 1
  return { ...begun, parts: [...begun.parts, ...moving.parts.slice(0, count)] }
}

describe('a move', () => {
  it('ends with all of it, however often it dies', () => {
    fc.assert(
      fc.property(scaled, fc.array(fc.nat(3), { maxLength: 6 }), (from, deaths) => {
        let to: Scaled | undefined
        for (const calls of deaths) to = after(calls, from, to)
        to = after(Number.POSITIVE_INFINITY, from, to)
        expect({ ...to, parts: new Set(to?.parts) }).toEqual({ ...from, parts: new Set(from.parts) })
        expect(movingOf(from, to)).toEqual({ kind: 'moves', parts: [] })
      }),
    )
  })

  it('replaces nothing that is there, and puts only what is of the version before', () => {
    fc.assert(
      fc.property(scaled, scaled, (from, to) => {
        const moving = movingOf(from, to)
        if (moving.kind === 'stays') return
        expect(moving.bounds).toBeUndefined()
        const there = new Set(to.parts.map(({ kind, name }) => `${kind} ${name}`))
        for (const { kind, name } of moving.parts) expect(there.has(`${kind} ${name}`)).toBe(false)
        expect([...to.parts, ...moving.parts]).toHaveLength(from.parts.length)
      }),
    )
  })

  it('is not made with a part that would do something else, and the part is named', () => {
    const part = { kind: 'policy', name: 'steps', says: '{}', bound: 'is not of target tracking' } as const
    const from = { min: 1, max: 2, suspended: '{}', parts: [part] }
    expect(movingOf(from, undefined)).toEqual({ kind: 'stays', because: 'policy "steps" is not of target tracking' })
  })
})

describe('it is time', () => {
  const target = { alias: 'live', stable: '1', candidate: '2' }
  it.each([
    [true, 'all traffic is on the candidate', { live: ['2'] }],
    [false, 'it is shared', { live: ['2', '1'] }],
    [false, 'it is on stable', { live: ['1'] }],
    [false, 'somebody has moved it', { live: ['3'] }],
    [false, 'another alias points at stable', { live: ['2'], beta: ['1'] }],
    [false, 'another alias gives stable a share', { live: ['2'], beta: ['2', '1'] }],
    [true, 'another alias points elsewhere', { live: ['2'], beta: ['3'] }],
    [false, 'the alias is gone', { beta: ['2'] }],
  ] as const)('%s: %s', (isTime, _, aliases) => {
    const listed = Object.entries<readonly string[]>(aliases).map(([name, versions]) => ({ name, versions }))
    expect(hasTakenOver(target, listed)).toBe(isTime)
  })
})

it('a target that does not ask for it, or that others have moved, is none', () => {
  const release = releaseOf(50, [10])
  const asking = {
    ...release,
    service: {
      ...release.service,
      targets: release.service.targets.map((one) => ({ ...one, moveScaling: true as const })),
    },
  }
  expect(movesScaling(release)).toEqual([])
  expect(movesScaling(asking).map(({ functionName }) => functionName)).toEqual(['checkout'])
  expect(movesScaling({ ...asking, targets: asking.targets.map((one) => ({ ...one, lost: true })) })).toEqual([])
})
