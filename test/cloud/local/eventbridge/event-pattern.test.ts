// Event patterns: a table of matches, and for the simple operators a slow, obvious matcher to compare with.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesPattern, parsePattern } from '../../../../cloud/local/eventbridge/pattern.ts'

const event = {
  source: 'aws.states',
  detail: {
    status: 'FAILED',
    count: 5,
    rate: 0.5,
    ok: true,
    none: null,
    tags: ['a', 'b'],
    nested: { deep: 'x' },
    items: [{ id: 1 }, { id: 2 }],
    empty: '',
    path: 'a*b/c.txt',
  },
}
const detail = (pattern: object): object => ({ detail: pattern })

describe('an event pattern', () => {
  it.each<[object, boolean]>([
    [{ source: ['aws.states'] }, true],
    [{ source: ['aws.lambda', 'aws.states'] }, true],
    [{ source: ['aws'] }, false],
    [{ source: ['aws.states'], detail: { status: ['SUCCEEDED'] } }, false],
    [detail({ count: [5] }), true],
    [detail({ count: ['5'] }), false],
    [detail({ ok: [true] }), true],
    [detail({ none: [null] }), true],
    [detail({ missing: [null] }), false],
    [detail({ tags: ['b'] }), true],
    [detail({ tags: ['c'] }), false],
    [detail({ items: { id: [2] } }), true],
    [detail({ items: { id: [3] } }), false],
    [detail({ nested: { deep: ['x'] } }), true],
    [detail({ nested: ['x'] }), false],
    [{ source: [{ prefix: 'aws.' }] }, true],
    [{ source: [{ prefix: 'AWS.' }] }, false],
    [{ source: [{ prefix: { 'equals-ignore-case': 'AWS.' } }] }, true],
    [{ source: [{ suffix: '.states' }] }, true],
    [detail({ status: [{ 'equals-ignore-case': 'failed' }] }), true],
    [detail({ status: [{ 'anything-but': 'SUCCEEDED' }] }), true],
    [detail({ status: [{ 'anything-but': ['RUNNING', 'FAILED'] }] }), false],
    [detail({ count: [{ 'anything-but': 5 }] }), false],
    [detail({ missing: [{ 'anything-but': 'x' }] }), false],
    [detail({ status: [{ 'anything-but': { prefix: 'FA' } }] }), false],
    [detail({ status: [{ 'anything-but': { prefix: ['SU', 'RU'] } }] }), true],
    [detail({ status: [{ exists: true }] }), true],
    [detail({ status: [{ exists: false }] }), false],
    [detail({ missing: [{ exists: false }] }), true],
    [detail({ gone: { deeper: [{ exists: false }] } }), true],
    [detail({ count: [{ numeric: ['>', 4, '<=', 5] }] }), true],
    [detail({ count: [{ numeric: ['<', 5] }] }), false],
    [detail({ rate: [{ numeric: ['=', 0.5] }] }), true],
    [detail({ status: [{ numeric: ['>', 0] }] }), false],
    [detail({ path: [{ wildcard: 'a*.txt' }] }), true],
    [detail({ path: [{ wildcard: 'a\\*b/*' }] }), true],
    [detail({ status: [{ wildcard: 'F.*' }] }), false],
    [detail({ $or: [{ status: ['OK'] }, { count: [{ numeric: ['>', 1] }] }] }), true],
    [detail({ $or: [{ status: ['OK'] }, { count: [1] }], ok: [true] }), false],
    [detail({ constructor: [{ exists: true }] }), false],
  ])('%j matches: %s', (pattern, expected) => {
    expect(matchesPattern(parsePattern(JSON.stringify(pattern)), event)).toBe(expected)
  })

  it.each([
    '{',
    '[]',
    '{}',
    '{"a":"b"}',
    '{"a":[]}',
    '{"a":{}}',
    '{"a":[["b"]]}',
    '{"a":[{"prefx":"b"}]}',
    '{"a":[{"prefix":1}]}',
    '{"a":[{"exists":"yes"}]}',
    '{"a":[{"numeric":[">","1"]}]}',
    '{"a":[{"numeric":[]}]}',
    '{"a":[{"anything-but":[]}]}',
    '{"a":[{"wildcard":"a**"}]}',
    '{"$or":[{"a":[1]}]}',
    '{"a":[{"prefix":"a","suffix":"b"}]}',
  ])('%s is refused', (pattern) => {
    expect(() => parsePattern(pattern)).toThrow(
      expect.objectContaining({ code: 'InvalidEventPatternException' }) as Error,
    )
  })

  it('agrees with a slow, obvious matcher', () => {
    const word = fc.constantFrom('a', 'ab', 'b', 'ba', 'c')
    const test = fc.oneof(
      word,
      fc.record({ prefix: word }),
      fc.record({ 'anything-but': fc.array(word, { minLength: 1, maxLength: 2 }) }),
    )
    const name = fc.constantFrom('x', 'y', 'z')
    const patterns = fc.dictionary(name, fc.array(test, { minLength: 1, maxLength: 3 }), { minKeys: 1 })
    const events = fc.dictionary(name, fc.oneof(word, fc.array(word, { maxLength: 3 })))
    fc.assert(
      fc.property(patterns, events, (pattern, sample) => {
        expect(matchesPattern(parsePattern(JSON.stringify(pattern)), sample)).toBe(obvious(pattern, sample))
      }),
      { numRuns: 2000 },
    )
  })
})

type Test = string | { prefix: string } | { 'anything-but': string[] }

function obvious(pattern: Record<string, Test[]>, sample: Record<string, string | string[]>): boolean {
  for (const name of Object.keys(pattern)) {
    const given = sample[name]
    let found = false
    for (const value of given === undefined ? [] : [given].flat()) {
      for (const test of pattern[name]!) {
        if (typeof test === 'string') found ||= value === test
        else if ('prefix' in test) found ||= value.slice(0, test.prefix.length) === test.prefix
        else found ||= !test['anything-but'].includes(value)
      }
    }
    if (!found) return false
  }
  return true
}
