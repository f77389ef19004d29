// Planned times: what people write, over midnight and over changes of local time.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPlanned, plannedUntilMs, Timetable } from '../../core/timetable.ts'

const at = (table: unknown, moment: string): boolean => isPlanned(Timetable.parse(table), Date.parse(moment))

it('a span between two moments has its beginning and not its end', () => {
  const table = [{ from: '2026-12-20T00:00:00+01:00', to: '2027-01-02T00:00:00Z' }]
  expect(at(table, '2026-12-19T22:59:59Z')).toBe(false)
  expect(at(table, '2026-12-19T23:00:00Z')).toBe(true)
  expect(at(table, '2027-01-01T23:59:59Z')).toBe(true)
  expect(at(table, '2027-01-02T00:00:00Z')).toBe(false)
})

it('the same hours of a week follow local time, and may go over midnight', () => {
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

it('a span that ends before it begins, a day and a zone that do not exist are refused', () => {
  const wrong = [
    { from: '2026-12-20T00:00:00Z', to: '2026-12-20T00:00:00Z' },
    { days: ['freitag'], from: '22:00', to: '02:00' },
    { days: ['fri'], from: '24:00', to: '02:00' },
    { days: ['fri'], from: '22:00', to: '02:00', timeZone: 'Mars/Olympus' },
  ]
  for (const one of wrong) expect(Timetable.safeParse([one]).success).toBe(false)
})

it('weekly hours agree with a clock on the wall, minute by minute', () => {
  const names = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
  fc.assert(
    fc.property(
      fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata'),
      fc.constantFrom(...names),
      fc.integer({ min: 0, max: 23 }),
      fc.integer({ min: 1, max: 23 }),
      fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 0, 1) }),
      (timeZone, day, fromHour, hours, moment) => {
        const time = (hour: number): string => `${String(hour % 24).padStart(2, '0')}:00`
        const span = { days: [day], from: time(fromHour), to: time(fromHour + hours), timeZone }
        const wall = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', hour: '2-digit', hourCycle: 'h23' })
        const parts = Object.fromEntries(wall.formatToParts(moment).map(({ type, value }) => [type, value]))
        const weekday = names.findIndex((name) => name === parts['weekday']?.toLowerCase())
        const sinceMidnight = Number(parts['hour'])
        const sinceBeginning = ((weekday - names.indexOf(day) + 7) % 7) * 24 + sinceMidnight
        // By the hour of the wall clock; the week of a change has one hour more or less, which these zones take at night.
        const expected = sinceBeginning >= fromHour && sinceBeginning < fromHour + hours
        expect(isPlanned(Timetable.parse([span]), moment)).toBe(expected)
      },
    ),
    { numRuns: 2000 },
  )
})

describe('when a plan changes next', () => {
  const day = 86_400_000
  const anyMoment = fc
    .integer({ min: Date.UTC(2026, 2, 20), max: Date.UTC(2026, 10, 10) })
    .map((ms) => ms - (ms % 60_000))
  const anyTime = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'))
  const anyWeekly = fc.record({
    days: fc.uniqueArray(fc.constantFrom('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'), { minLength: 1 }),
    from: anyTime,
    to: anyTime,
    timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'),
  })
  const anyOnce = fc.tuple(anyMoment, fc.integer({ min: 1, max: 5000 })).map(([from, minutes]) => ({
    from: new Date(from).toISOString(),
    to: new Date(from + minutes * 60_000).toISOString(),
  }))
  const anyTable = fc.array(fc.oneof(anyWeekly, anyOnce), { maxLength: 4 }).map((spans) => Timetable.parse(spans))

  it('is the first minute at which it does, looked at minute by minute', () => {
    fc.assert(
      fc.property(anyTable, anyMoment, (table, atMs) => {
        const now = isPlanned(table, atMs)
        let slow: number | undefined
        for (let ms = atMs + 60_000; slow === undefined && ms <= atMs + day; ms += 60_000)
          if (isPlanned(table, ms) !== now) slow = ms
        const quick = plannedUntilMs(table, atMs)
        expect(quick !== undefined && quick <= atMs + day ? quick : undefined).toBe(slow)
      }),
      { numRuns: 60 },
    )
  })
})
