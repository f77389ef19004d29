// One function says what a release has left in charge of a function, and everything that follows from it.
import { describe, expect, it } from 'vitest'
import { outcomes } from '../../../core/release/event.ts'
import {
  calledAsNow,
  type Head,
  hadWhole,
  lastLeft,
  lastPromoted,
  oneWayBehind,
  ranBefore,
  tookOver,
} from '../../../core/release/head.ts'

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

  it('is said by the release that had its turn last, although it was asked for before the one that overtook it', () => {
    const had = (stable: string, candidate: string) => ({ versions: { a: { stable, candidate } } })
    const [waited, overtook, first] = [
      head('r2', 'promoted', { ...had('1', '3'), requestedAtMs: 2, settledAtMs: 90 }),
      head('r3', 'promoted', { ...had('2', '1'), requestedAtMs: 3, settledAtMs: 50, backFrom: 'r1' }),
      head('r1', 'promoted', { ...had('1', '2'), requestedAtMs: 1, settledAtMs: 10 }),
    ]
    const heads = [overtook, waited, first]
    expect(lastLeft(heads, 'a')).toEqual({ version: '3', releaseId: 'r2' })
    expect(lastPromoted(heads)).toBe(waited)
    expect(ranBefore(heads, { a: '2' })).toBe(true)
    expect(ranBefore(heads, { a: '3' })).toBe(false)
    const passed = { ...overtook, oneWay: { reason: 'x', atMs: 1 } }
    expect(oneWayBehind([passed, waited, first])).toBeUndefined()
    expect(oneWayBehind([passed, waited, first], { a: '2' })).toBe(passed)
  })
})

it('functions of the history are called as the definition calls them now, at home alone', () => {
  const home = { partition: 'aws', region: 'eu-west-1', account: '111122223333' }
  const arn = (region: string) => `arn:aws:lambda:${region}:111122223333:function:a`
  const here = arn('eu-west-1')
  const [found] = calledAsNow([head('r1', 'promoted', { putBack: ['a'] })], [{ functionName: here }], home)
  expect(found).toMatchObject({ putBack: [here], versions: { [here]: versions.a, b: versions.b } })
  expect(calledAsNow([found ?? head('', undefined)], [{ functionName: 'a' }], home)).toEqual([
    head('r1', 'promoted', { putBack: ['a'] }),
  ])
  const there = head('r2', 'promoted', { versions: { [arn('us-east-1')]: versions.a } })
  expect(calledAsNow([there], [{ functionName: 'a' }], home)).toEqual([there])
})
