// What the log keeps of the readings, and what a look makes of that.
import { describe, expect, it } from 'vitest'
import type { Reading, Readings } from '../../../core/verdict/evidence/evidence.ts'
import {
  judgedTargets,
  loggedPoints,
  lookWindow,
  neededFromMs,
  newReadings,
  readingsBy,
} from '../../../core/verdict/evidence/logged.ts'
import { questionsFor } from '../../../core/verdict/evidence/questions.ts'
import { minuteMs } from '../../../core/time.ts'
import { prepared, shifted, t0 } from '../sample.ts'

const release = shifted(prepared(), t0)
const targets = judgedTargets(release)
const [question, other] = questionsFor(release.service, targets)
if (question === undefined || other === undefined) throw new Error('there is nothing to ask')
const both = [question, other]
const at = (minute: number): number => t0 + minute * minuteMs
const chunk = (
  from: number,
  to: number,
  values: readonly (readonly [number, number])[],
  complete = true,
): Readings => ({
  fromMs: at(from),
  toMs: at(to),
  complete,
  points: { [question.key]: values.map(([minute, value]) => [minute, value]) },
})
const points = (...values: readonly (readonly [number, number])[]): Reading => ({
  kind: 'points',
  points: values.map(([minute, value]) => ({ minuteMs: at(minute), value })),
})
const unread: Reading = { kind: 'unread', because: 'throttled' }
const series = (logged: ReturnType<typeof loggedPoints>) =>
  [...(logged.get(question.key) ?? [])].map(([atMs, value]) => [(atMs - t0) / minuteMs, value])

it('a later reading is over an earlier one, and what is older than wanted is left out', () => {
  const readings = [chunk(0, 3, [[0, 1], [2, 5]]), chunk(2, 4, [[0, 7], [1, 8]])] // prettier-ignore
  expect(series(loggedPoints(readings, 0))).toEqual([[0, 1], [2, 7], [3, 8]]) // prettier-ignore
  expect(series(loggedPoints(readings, at(2)))).toEqual([[2, 7], [3, 8]]) // prettier-ignore
  expect(series(loggedPoints(readings, at(4)))).toEqual([])
  expect(series(loggedPoints([], 0))).toEqual([])
})

describe('what is asked for', () => {
  const asked = (readings: readonly Readings[], minute: number) => {
    const { whole, window } = lookWindow(both, { ...release, readings, targets }, at(minute))
    return [whole, window].map(({ startMs, endMs }) => [(startMs - t0) / minuteMs, (endMs - t0) / minuteMs])
  }

  it('at first is everything since the first shift', () => {
    expect(asked([], 10)).toEqual([[0, 9], [0, 9]]) // prettier-ignore
  })

  it('before there is a whole minute, is nothing', () => {
    expect(asked([], 0)).toEqual([[0, 0], [0, 0]]) // prettier-ignore
  })

  it('later is what may still change; a reading that failed is asked for again', () => {
    expect(asked([chunk(0, 30, [])], 31)).toEqual([[0, 30], [25, 30]]) // prettier-ignore
    expect(asked([chunk(0, 20, []), chunk(20, 30, [], false)], 31)).toEqual([[0, 30], [15, 30]]) // prettier-ignore
  })

  it('needs readings from there on, or from where the carried fold ends if that is before', () => {
    const own = { ...release, readings: [chunk(0, 30, [])] }
    expect(neededFromMs(own)).toBe(0)
    expect(neededFromMs(own, at(5))).toBe(at(5))
    expect(neededFromMs(own, at(29))).toBe(at(15))
    expect(neededFromMs({ ...own, readings: [] }, at(5))).toBe(0)
  })
})

describe('what is judged', () => {
  const logged = loggedPoints([chunk(0, 2, [[0, 1], [1, 2]])], 0) // prettier-ignore

  it('is the log with the answers over it', () => {
    expect(readingsBy([question], [points([1, 3], [2, 4])], logged).get(question.key)).toEqual(
      points([0, 1], [1, 3], [2, 4]),
    )
  })

  it('is unread where there was no answer, whatever the log has', () => {
    expect(readingsBy([question], [unread], logged).get(question.key)).toEqual(unread)
    expect(readingsBy([question], [], logged).get(question.key)).toEqual({
      kind: 'unread',
      because: 'it was not answered',
    })
  })
})

describe('what the log gets', () => {
  const window = { startMs: at(1), endMs: at(4) }

  it('is what is new or has changed; with the first reading, what was asked for', () => {
    const found = newReadings(both, [points([1, 2], [2, 9], [3, 4]), points()], [chunk(0, 3, [[1, 2], [2, 3]])], window) // prettier-ignore
    expect(found).toEqual({
      fromMs: at(1),
      toMs: at(4),
      complete: true,
      points: { [question.key]: [[1, 9], [2, 4]] }, // prettier-ignore
    })
    const first = newReadings(both, [points(), points()], [], window)
    expect(Object.keys(first.queries ?? {})).toEqual(both.map(({ key }) => key))
    expect(first.queries?.[question.key]).toMatch(/^\w+ of AWS\/Lambda \w+ \{.*FunctionName=checkout.*\}$/)
  })

  it('is not complete when any question has no answer', () => {
    expect(newReadings(both, [points(), unread], [], window).complete).toBe(false)
    expect(newReadings(both, [points()], [], window).complete).toBe(false)
  })
})
