// One function says what a release has left in charge of a function, and everything that follows from it.
import { describe, expect, it } from 'vitest'
import { outcomes } from '../../../core/release/event.ts'
import { type Head, hadWhole, lastLeft, tookOver } from '../../../core/release/head.ts'

const versions = { a: { stable: '1', candidate: '2' }, b: { stable: '7', candidate: '8' } }

const head = (releaseId: string, outcome: Head['outcome'], changes: Partial<Head> = {}): Head => ({
  ...{
    releaseId,
    service: 'shop',
    requestedAtMs: 0,
    seq: 9,
    phase: 'settled',
    candidate: 'x',
    source: 'api',
    versions,
  },
  ...(outcome === undefined ? {} : { outcome }),
  ...changes,
})

const leftOn = (of: Head, name: string): string | undefined => lastLeft([of], name)?.version

describe('what a release has left in charge', () => {
  it.each(outcomes)('after %s', (outcome) => {
    const known = { promoted: '2', interrupted: undefined }
    const expected = outcome === 'promoted' || outcome === 'interrupted' ? known[outcome] : '1'
    expect(leftOn(head('r1', outcome), 'a')).toBe(expected)
    expect(Object.keys(tookOver(head('r1', outcome)))).toEqual(outcome === 'promoted' ? ['a', 'b'] : [])
    expect(hadWhole(head('r1', outcome), 'a')).toEqual(outcome === 'promoted' ? ['2', '1'] : ['1'])
  })

  it('is stable while it has no outcome, and nothing for a function that it does not have', () => {
    expect(leftOn(head('r1', undefined), 'a')).toBe('1')
    expect(leftOn(head('r1', 'promoted'), 'c')).toBeUndefined()
    expect(leftOn(head('r1', 'promoted'), 'constructor')).toBeUndefined()
    expect(hadWhole(head('r1', 'promoted'), 'c')).toEqual([])
  })

  it('is said by the last release that has the function', () => {
    const only = { a: { stable: '2', candidate: '3' } }
    const heads = [head('r3', 'rolledBack', { versions: only }), head('r2', 'promoted'), head('r1', 'promoted')]
    expect(lastLeft(heads, 'a')).toEqual({ version: '2', releaseId: 'r3' })
    expect(lastLeft(heads, 'b')).toEqual({ version: '8', releaseId: 'r2' })
    expect(lastLeft([head('r3', 'interrupted', { versions: only }), ...heads], 'a')).toBeUndefined()
    expect(lastLeft(heads, 'c')).toBeUndefined()
  })
})
