// Guards of consumers: metrics of both versions together, against a limit. What their silence means, and that it never passes.
import { describe, expect, it } from 'vitest'
import type { Baseline, Reading } from '../../../core/verdict/evidence/evidence.ts'
import { judge } from '../../../core/verdict/judge/judge.ts'
import { service, t0 } from '../sample.ts'
import { every, lookAt, minute, none } from './look.ts'

const off = { latency: 'off', throttles: 'off', cost: 'off' }
const mapping = 'a1b2c3d4-5678-4abc-8def-0123456789ab'
type Values = readonly (number | undefined)[]
type Before = NonNullable<Baseline['guards']>[string]

/** The last minutes of each series, the newest at the end. */
const readingOf = (values: Values, minutes: number): Reading => ({
  kind: 'points',
  points: values.flatMap((value, index) =>
    value === undefined ? [] : [{ minuteMs: t0 + (minutes - values.length + index) * minute, value }],
  ),
})

type Case = {
  readonly consumer: object
  readonly series: Readonly<Record<string, Values | 'unread'>>
  readonly before?: Readonly<Record<string, Before>>
  readonly minutes?: number
  readonly isIdle?: boolean
}

function look({ consumer, series, before, minutes = 20, isIdle = false }: Case) {
  const watched = service({ signals: { ...off, consumers: [{ name: 'orders', ...consumer }] } })
  const traffic = { stable: isIdle ? none : every(900, 9), candidate: isIdle ? none : every(100, 1) }
  const guards = before === undefined ? {} : { guards: before }
  const evidence = lookAt({
    service: watched,
    ...traffic,
    minutes,
    baseline: { thresholdsMs: [], because: 'x', ...guards },
  })
  const readings = new Map(evidence.readings)
  for (const [name, values] of Object.entries(series))
    readings.set(
      `0.w.orders-${name}`,
      values === 'unread' ? { kind: 'unread', because: 'throttled' } : readingOf(values, minutes),
    )
  const { verdict } = judge(watched, { ...evidence, readings })
  const [guard] = verdict.signals.filter(({ signal }) => signal.startsWith('orders-'))
  return { verdict, guard }
}

const age = { queue: 'orders', oldestSeconds: 300 }
const dead = { deadLetters: 'orders-dead' }
const ones = [1, 1, 1, 1, 1]

describe('the age of a queue', () => {
  it.each<[string, Values, Values, string, RegExp]>([
    ['below its limit', [10, 20, 30], ones, 'pass', /the oldest message of orders: 30 seconds, and may be 300/],
    ['at its limit', [300, 300, 300], ones, 'pass', /300/],
    ['above it for three minutes', [20, 301, 310, 320], ones, 'fail', /for 3 minutes it has been more/],
    ['above it for two', [20, 310, 320], ones, 'unknown', /more for 2 of 3 minutes/],
    ['above it with a gap that nobody knows', [310, undefined, 320, 330], [], 'unknown', /2 of 3 minutes/],
    ['absent while the queue says that it is active', [], ones, 'pass', /0 seconds/],
    ['absent in between, when the queue was empty', [310, undefined, 330], ones, 'unknown', /1 of 3/],
    ['absent with everything else', [], [], 'unknown', /no point in the last 5 minutes/],
    ['late by two minutes', [10, undefined, undefined], [], 'pass', /10 seconds/],
    ['negative', [-1, -1, -1, -1, -1], ones, 'unknown', /no point/],
  ])('%s', (_, values, witness, kind, because) => {
    const { guard, verdict } = look({ consumer: age, series: { age: values, 'age-witness': witness } })
    expect(guard).toMatchObject({ kind, because: expect.stringMatching(because) as string })
    expect(verdict.kind).toBe(kind)
  })

  it('that could not be read is unknown, and so is a queue that nobody has heard of', () => {
    expect(look({ consumer: age, series: { age: 'unread' } }).guard?.because).toMatch(/could not be read: throttled/)
    expect(look({ consumer: age, series: {} }).verdict.kind).toBe('unknown')
  })

  it('that was too high already before the release says nothing about the candidate', () => {
    const before = { 'orders-age': { last: 900, peak: 900 } }
    const { guard, verdict } = look({ consumer: age, before, series: { age: [910, 920, 930], 'age-witness': ones } })
    expect(guard).toMatchObject({
      kind: 'excluded',
      because: expect.stringMatching(/900 seconds already before/) as string,
    })
    expect(verdict.kind).toBe('pass')
  })

  it('that is advisory is reported', () => {
    const series = { age: [310, 320, 330], 'age-witness': ones }
    const { guard, verdict } = look({ consumer: { ...age, advisory: ['age'] }, series })
    expect(guard).toMatchObject({ kind: 'fail', advisory: true })
    expect(verdict.kind).toBe('pass')
  })

  it('may be twice what is usual, and a minute at least; nothing is usual where there is no past', () => {
    const usual = { queue: 'orders', oldestSeconds: 'usual', minutes: 1 }
    const kind = (value: number, before?: Before) =>
      look({
        consumer: usual,
        series: { age: [value], 'age-witness': [1] },
        ...(before === undefined ? {} : { before: { 'orders-age': before } }),
      }).guard?.kind
    expect([kind(160, { last: 5, peak: 80 }), kind(161, { last: 5, peak: 80 })]).toEqual(['pass', 'fail'])
    expect([kind(60, { last: 0, peak: 0 }), kind(61, { last: 0, peak: 0 })]).toEqual(['pass', 'fail'])
    expect([kind(1, {}), kind(1)]).toEqual(['unknown', 'unknown'])
  })
})

describe('a dead-letter queue', () => {
  const kindOf = (values: Values, before: Before | undefined, minutes = 20, consumer: object = dead) =>
    look({
      ...{ consumer, minutes, series: { 'dead-letters': values } },
      ...(before === undefined ? {} : { before: { 'orders-dead-letters': before } }),
    }).guard?.kind

  it('may not have more in it than before', () => {
    expect(kindOf([4, 4, 4], { last: 4, peak: 9 })).toBe('pass')
    expect(kindOf([5, 5, 5], { last: 4, peak: 9 })).toBe('fail')
    expect(kindOf([5, 5, 5], { last: 4, peak: 9 }, 20, { ...dead, moreDeadLetters: 1 })).toBe('pass')
    expect(kindOf([1, 1, 1], {})).toBe('fail')
    expect(kindOf([0, 0, 0], undefined)).toBe('unknown')
  })

  it('that is asleep may speak 15 minutes late: until then nothing passes', () => {
    expect(kindOf([], {}, 14)).toBe('unknown')
    expect(kindOf([], {}, 15)).toBe('pass')
    // One that was awake before has no reason to be silent.
    expect(kindOf([], { last: 0, peak: 0 }, 60)).toBe('unknown')
  })
})

describe('others', () => {
  const kindOf = (consumer: object, series: Case['series']) => look({ consumer, series }).guard?.kind

  it('of a mapping count what fails in a minute; without its metrics switched on nothing passes', () => {
    const consumer = { mapping, failedEvents: 5 }
    expect(kindOf(consumer, { failed: [6, 7, 8], 'failed-witness': ones })).toBe('fail')
    expect(kindOf(consumer, { failed: [], 'failed-witness': ones })).toBe('pass')
    expect(kindOf(consumer, { failed: [], 'failed-witness': [] })).toBe('unknown')
  })

  it('of Lambda are milliseconds, and are written in seconds', () => {
    expect(kindOf({ iteratorSeconds: 60 }, { 'iterator-age': [61_000, 61_000, 61_000] })).toBe('fail')
    expect(kindOf({ iteratorSeconds: 60 }, { 'iterator-age': [59_000, 59_000, 59_000] })).toBe('pass')
    expect(kindOf({ iteratorSeconds: 60 }, { 'iterator-age': [] })).toBe('unknown')
    expect(kindOf({ asyncSeconds: 60 }, { 'async-age': [61_000, 61_000, 61_000] })).toBe('fail')
    expect(kindOf({ asyncDropped: 0 }, { dropped: [1, 1, 1], 'dropped-witness': ones })).toBe('fail')
    expect(kindOf({ asyncDropped: 0 }, { dropped: [], 'dropped-witness': ones })).toBe('pass')
  })

  it('are as quiet as the versions in an hour without traffic, and wait with them', () => {
    const { verdict } = look({ consumer: { iteratorSeconds: 60 }, series: { 'iterator-age': [] }, isIdle: true })
    expect(verdict).toMatchObject({ kind: 'unknown', quiet: true })
  })
})
