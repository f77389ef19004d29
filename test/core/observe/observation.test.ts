// What a change of an alias by others means, which minutes of it count, and what the rows come to.
import { describe, expect, it } from 'vitest'
import type { NewObservedEvent, ObservedShift } from '../../../core/observe/event.ts'
import { ObservedEvent } from '../../../core/observe/event.ts'
import { nextOf, observed, type Observation, shiftsOf } from '../../../core/observe/observation.ts'
import { findingOf, minutesEarlier, rowOf, totalsOf } from '../../../core/observe/report.ts'
import { changesOf } from '../../../core/observe/seen.ts'
import { only, split } from '../../../core/service/routing.ts'
import { minuteMs } from '../../../core/time.ts'
import { service, t0, verdict } from '../sample.ts'

const open = { stable: '1', candidate: '2', weightBp: 1000 }
const whole = { ...open, weightBp: 10_000 }

describe('a change of an alias', () => {
  it.each([
    ['a canary', only('1'), split('1', '2', 1000), [{ kind: 'began', ...open }]],
    ['a canary the other way round', only('1'), split('2', '1', 9000), [{ kind: 'began', ...open }]],
    ['a move at once', only('1'), only('2'), [{ kind: 'began', ...whole }]],
    ['two newcomers', only('1'), split('2', '3', 1000), []],
    ['to $LATEST', only('1'), only('$LATEST'), []],
    ['nothing', only('1'), only('1'), []],
  ])('of a whole alias: %s', (_, before, now, wanted) => {
    expect(changesOf(before, now, undefined, undefined)).toEqual(wanted)
  })

  it.each([
    ['more of it', split('1', '2', 3000), [{ kind: 'shifted', weightBp: 3000 }]],
    ['all of it', only('2'), [{ kind: 'shifted', weightBp: 10_000 }]],
    ['back', only('1'), [{ kind: 'ended', how: 'putBack' }]],
    ['the same', split('2', '1', 9000), []],
    [
      'another version',
      split('1', '3', 500),
      [
        { kind: 'ended', how: 'replaced' },
        { kind: 'began', stable: '1', candidate: '3', weightBp: 500 },
      ],
    ],
  ])('of one that goes on: %s', (_, now, wanted) => {
    expect(changesOf(split('1', '2', 1000), now, open, undefined)).toEqual(wanted)
  })

  it('takes back what went through before, and nothing else', () => {
    expect(changesOf(only('2'), only('1'), undefined, whole)).toEqual([{ kind: 'undone' }])
    expect(changesOf(only('2'), only('3'), undefined, whole)).toMatchObject([{ kind: 'began', stable: '2' }])
  })
})

const target = { functionName: 'checkout', alias: 'live', stable: '1', candidate: '2', baseline: { thresholdsMs: [] } }
const at = (minutes: number): number => t0 + minutes * minuteMs
function told(...events: readonly NewObservedEvent[]): Observation {
  const began: NewObservedEvent = {
    ...{ type: 'began', atMs: t0, id: 'x', service: service(), target, alarms: [], weightBp: 1000 },
  }
  const all = [began, ...events].map((event, index) => ObservedEvent.parse({ v: 1, seq: index + 1, ...event }))
  const found = observed(all)
  if (found === undefined) throw new Error('it did not begin')
  return found
}
const judged = (minutes: number, kind: 'pass' | 'fail' | 'unknown'): NewObservedEvent => ({
  ...{ type: 'judged', atMs: at(minutes), verdict: verdict(kind) },
})
const shifted = (minutes: number, fromMinutes: number, weightBp = 10_000): NewObservedEvent => ({
  ...{ type: 'shifted', atMs: at(minutes), fromMs: at(fromMinutes), weightBp },
})

it('a shift whose minute is not known leaves both minutes out, until CloudTrail says when it was', () => {
  const seen = told(shifted(3.5, 2.5, 2000))
  expect(shiftsOf(seen).slice(1)).toEqual([
    { sinceMs: at(2.5) + 1, weightBp: 2000 },
    { sinceMs: at(3.5), weightBp: 2000 },
  ])
  const timed = told(shifted(3.5, 2.5, 2000), { type: 'timed', atMs: at(4), shift: 1, sinceMs: at(2.9) })
  expect(shiftsOf(timed).slice(1)).toEqual([{ sinceMs: at(2.9), weightBp: 2000 }])
  expect(shiftsOf(told(shifted(3.5, 3.2, 2000))).slice(1)).toEqual([{ sinceMs: at(3.5), weightBp: 2000 }])
})

it('is watched as long as the plan would have, and until the minutes of the split are judged', () => {
  expect(nextOf(told(), at(1))).toBe('judge')
  expect(nextOf(told(), at(0.5))).toBe('rest')
  // The plan of the sample takes ten minutes.
  expect(nextOf(told(shifted(5, 4)), at(9))).toBe('judge')
  expect(nextOf(told(shifted(5, 4)), at(10))).toBe('end')
  expect(nextOf(told(shifted(30, 29)), at(32))).toBe('judge')
  expect(nextOf(told(shifted(30, 29)), at(33))).toBe('end')
  const ended = told({ type: 'ended', atMs: at(5), how: 'putBack' })
  expect([7, 8].map((minutes) => nextOf(ended, at(minutes)))).toEqual(['rest', 'count'])
})

describe('the report', () => {
  const back: NewObservedEvent = { type: 'ended', atMs: at(9), how: 'putBack' }
  const through: NewObservedEvent = { type: 'ended', atMs: at(20), how: 'through' }
  const rows: Readonly<Record<string, ObservedShift>> = {
    caught: rowOf(told(judged(2, 'unknown'), judged(4, 'fail'), judged(5, 'fail'), back)),
    missed: rowOf(told(judged(2, 'pass'), back)),
    passed: rowOf(told(judged(2, 'pass'), shifted(5, 4), judged(6, 'unknown'), through)),
    unknown: rowOf(told(judged(2, 'unknown'), through)),
    goesOn: rowOf(told(judged(2, 'pass'))),
  }

  it.each(Object.keys(rows))('finds %s', (finding) => {
    expect(rows[finding] && findingOf(rows[finding])).toBe(finding)
  })

  it('adds up, and does not take what is not known for nothing', () => {
    const undone = rowOf(told(judged(4, 'fail'), shifted(5, 4), through, { type: 'undone', atMs: at(64) }))
    expect(minutesEarlier(undone)).toBe(60)
    expect(totalsOf([...Object.values(rows), undone])).toEqual({
      ...{ shifts: 6, caught: 2, missed: 1, passed: 1, unknown: 1, goesOn: 1 },
      ...{ alsoByOthers: 2, minutesEarlier: 65, requestsSaved: 0, caughtOpen: 0, savedUnknown: 2 },
    })
  })
})
