// Planned times: what people write, across midnight and across clock changes.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import { isPlanned, plannedUntilMs, Timetable } from '../../../core/service/timetable.ts'

const at = (table: unknown, moment: string): boolean => isPlanned(Timetable.parse(table), Date.parse(moment))

it('a span between two moments includes its beginning and not its end', () => {
  const table = [{ from: '2026-12-20T00:00:00+01:00', to: '2027-01-02T00:00:00Z' }]
  expect(at(table, '2026-12-19T22:59:59Z')).toBe(false)
  expect(at(table, '2026-12-19T23:00:00Z')).toBe(true)
  expect(at(table, '2027-01-01T23:59:59Z')).toBe(true)
  expect(at(table, '2027-01-02T00:00:00Z')).toBe(false)
})

it('weekly hours follow local time, and may cross midnight', () => {
  const table = [{ days: ['fri'], from: '22:00', to: '02:00', timeZone: 'Europe/Berlin' }]
  // A Friday in winter, and one in summer.
  expect(at(table, '2026-01-02T20:59:59Z')).toBe(false)
  expect(at(table, '2026-01-02T21:00:00Z')).toBe(true)
  expect(at(table, '2026-01-03T00:59:59Z')).toBe(true)
  expect(at(table, '2026-01-03T01:00:00Z')).toBe(false)
  expect(at(table, '2026-07-03T20:00:00Z')).toBe(true)
  expect(at(table, '2026-07-04T00:00:00Z')).toBe(false)
  expect(at(table, '2026-01-01T21:30:00Z')).toBe(false)
})

it('a span that ends before it begins, and a day that does not exist are refused', () => {
  const wrong = [
    { from: '2026-12-20T00:00:00Z', to: '2026-12-20T00:00:00Z' },
    { days: ['freitag'], from: '22:00', to: '02:00' },
    { days: ['fri'], from: '24:00', to: '02:00' },
  ]
  for (const one of wrong) expect(Timetable.safeParse([one]).success).toBe(false)
})

it('a span that begins or ends while the clock changes follows what the clock shows', () => {
  const nightly = (from: string, to: string, timeZone: string) => [{ days: ['sun'], from, to, timeZone }]
  // In Berlin 02:00 is followed by 03:00: what would have begun at 02:30 begins then.
  const forward = nightly('02:30', '03:30', 'Europe/Berlin')
  expect(at(forward, '2026-03-29T00:59:59Z')).toBe(false)
  expect(at(forward, '2026-03-29T01:00:00Z')).toBe(true)
  expect(at(forward, '2026-03-29T01:30:00Z')).toBe(false)
  // In October the clock shows 02:00 to 03:00 twice.
  const back = nightly('01:00', '02:30', 'Europe/Berlin')
  for (const [moment, isIn] of [
    ['2026-10-25T00:29:59Z', true],
    ['2026-10-25T00:30:00Z', false],
    ['2026-10-25T01:00:00Z', true],
    ['2026-10-25T01:30:00Z', false],
  ] as const)
    expect(at(back, moment)).toBe(isIn)
  // Lord Howe goes back by half an hour, from 02:00 to 01:30, at 15:00 UTC of the day before.
  const island = nightly('01:45', '02:15', 'Australia/Lord_Howe')
  for (const [moment, isIn] of [
    ['2026-04-04T14:45:00Z', true],
    ['2026-04-04T15:00:00Z', false],
    ['2026-04-04T15:15:00Z', true],
    ['2026-04-04T15:45:00Z', false],
  ] as const)
    expect(at(island, moment)).toBe(isIn)
  // In Santiago that Sunday has no midnight.
  expect(at(nightly('00:00', '00:30', 'America/Santiago'), '2026-09-06T04:00:00Z')).toBe(false)
  expect(at(nightly('00:30', '01:30', 'America/Santiago'), '2026-09-06T04:29:59Z')).toBe(true)
})

const minuteMs = 60_000
const names = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
const clockTime = (minute: number): string =>
  [Math.floor(minute / 60) % 24, minute % 60].map((part) => String(part).padStart(2, '0')).join(':')

/** The clock changes of 2026: by an hour or half an hour, at two or at midnight, north and south. */
const changes = {
  'Europe/Berlin': ['2026-03-29T01:00Z', '2026-10-25T01:00Z'],
  'America/New_York': ['2026-03-08T07:00Z', '2026-11-01T06:00Z'],
  'Australia/Lord_Howe': ['2026-04-04T15:00Z', '2026-10-03T15:30Z'],
  'Australia/Sydney': ['2026-04-04T16:00Z', '2026-10-03T16:00Z'],
  'America/Santiago': ['2026-04-05T03:00Z', '2026-09-06T04:00Z'],
  'Africa/Cairo': ['2026-04-23T22:00Z', '2026-10-29T21:00Z'],
  'Asia/Kolkata': ['2026-07-01T00:00Z'],
} as const
const anyChange = fc.constantFrom(
  ...Object.entries(changes).flatMap(([timeZone, moments]) =>
    moments.map((moment) => ({ timeZone, changeMs: Date.parse(moment) })),
  ),
)
const clocks = new Map(
  Object.keys(changes).map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat('en', {
      timeZone,
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      hourCycle: 'h23',
    }),
  ]),
)
/** The local clock, as minutes since an epoch of its own, by a different library than the one under test. */
function wall(timeZone: string, ms: number): number {
  const shown = Object.fromEntries(
    (clocks.get(timeZone)?.formatToParts(ms) ?? []).map(({ type, value }) => [type, Number(value)]),
  )
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = shown
  return Date.UTC(year, month - 1, day, hour, minute) / minuteMs
}

it('weekly hours agree with the local clock, minute by minute, also in the nights in which it changes', () => {
  const aroundMinutes = fc.integer({ min: -1800, max: 1800 })
  const spanMinutes = fc.oneof(fc.integer({ min: 1, max: 180 }), fc.integer({ min: 1, max: 1440 }))
  fc.assert(
    fc.property(
      anyChange,
      aroundMinutes,
      aroundMinutes,
      spanMinutes,
      ({ timeZone, changeMs }, start, moment, minutes) => {
        const shownAtChange = wall(timeZone, changeMs)
        const from = shownAtChange + Math.round(start / 10)
        const day = Math.floor(from / 1440)
        const span = {
          days: [names[(day + 4) % 7]],
          from: clockTime(from % 1440),
          to: clockTime((from + minutes) % 1440),
          timeZone,
        }
        const now = changeMs + moment * minuteMs
        const since = wall(timeZone, now) - from
        // The same hours of the next and of the previous week are out of range here.
        expect(isPlanned(Timetable.parse([span]), now)).toBe(since >= 0 && since < minutes)
      },
    ),
    { numRuns: repeats(2000, 400), seed: 1 },
  )
})

describe('when a plan changes next', () => {
  const day = 86_400_000
  const anyMoment = fc
    .tuple(anyChange, fc.integer({ min: -2000, max: 2000 }))
    .map(([{ changeMs }, minutes]) => changeMs + minutes * minuteMs)
  const anyTime = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'))
  const anyWeekly = fc.record({
    days: fc.uniqueArray(fc.constantFrom('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'), { minLength: 1 }),
    from: anyTime,
    to: anyTime,
    timeZone: fc.constantFrom('UTC', ...Object.keys(changes)),
  })
  const anyOnce = fc.tuple(anyMoment, fc.integer({ min: 1, max: 5000 })).map(([from, minutes]) => ({
    from: new Date(from).toISOString(),
    to: new Date(from + minutes * 60_000).toISOString(),
  }))
  const anyTable = fc.array(fc.oneof(anyWeekly, anyOnce), { maxLength: 4 }).map((spans) => Timetable.parse(spans))

  it('is the first minute at which it does, compared minute by minute', () => {
    fc.assert(
      fc.property(anyTable, anyMoment, (table, atMs) => {
        const now = isPlanned(table, atMs)
        let slow: number | undefined
        for (let ms = atMs + 60_000; slow === undefined && ms <= atMs + day; ms += 60_000)
          if (isPlanned(table, ms) !== now) slow = ms
        const quick = plannedUntilMs(table, atMs)
        expect(quick !== undefined && quick <= atMs + day ? quick : undefined).toBe(slow)
      }),
      { numRuns: repeats(40, 15), seed: 2 },
    )
  })
})
