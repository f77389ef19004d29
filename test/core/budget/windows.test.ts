// Calendar windows in local time, against invariants and against a slow walk through local time.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import { budgetAt, slotMs, windowAt } from '../../../core/budget/budget.ts'
import { type CountedSlo, isCounted, SloDefinition } from '../../../core/service/slo.ts'

const minute = 60_000
const day = 24 * 60 * minute
function slo(changes: object = {}): CountedSlo {
  const parsed = SloDefinition.parse({ name: 'a', objective: 99.9, window: '30d', ...changes })
  if (!isCounted(parsed)) throw new Error('not counted here')
  return parsed
}

describe('windows', () => {
  const span = (window: object, at: string): string[] => {
    const { startMs, endMs } = windowAt(slo({ window }), Date.parse(at))
    return [startMs, endMs].map((ms) => new Date(ms).toISOString())
  }
  it('of a calendar follow local time across clock changes, leap days and ends of years', () => {
    const berlin = 'Europe/Berlin'
    expect(span({ calendar: 'month', timeZone: berlin }, '2026-03-31T21:59:59Z')).toEqual([
      '2026-02-28T23:00:00.000Z',
      '2026-03-31T22:00:00.000Z',
    ])
    expect(span({ calendar: 'month', timeZone: berlin }, '2026-03-31T22:00:00Z')[0]).toBe('2026-03-31T22:00:00.000Z')
    expect(span({ calendar: 'month' }, '2028-02-29T12:00:00Z')).toEqual([
      '2028-02-01T00:00:00.000Z',
      '2028-03-01T00:00:00.000Z',
    ])
    expect(span({ calendar: 'quarter' }, '2026-12-31T23:59:59Z')).toEqual([
      '2026-10-01T00:00:00.000Z',
      '2027-01-01T00:00:00.000Z',
    ])
    // Begins on a Monday; the week of the change in spring has 167 hours.
    expect(span({ calendar: 'week', timeZone: berlin }, '2026-03-29T12:00:00Z')).toEqual([
      '2026-03-22T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ])
    // Midnight does not exist on the day of the change in Beirut.
    expect(span({ calendar: 'week', timeZone: 'Asia/Beirut' }, '2026-03-30T12:00:00Z')[1]).toBe(
      '2026-04-05T21:00:00.000Z',
    )
  })

  it('of any calendar contain the requested time, and begin where the previous one ends', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Beirut', 'Australia/Lord_Howe', 'Pacific/Apia']
    fc.assert(
      fc.property(
        fc.constantFrom('week', 'month', 'quarter'),
        fc.constantFrom(...zones),
        fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2032, 0, 1) }),
        (calendar, timeZone, at) => {
          const own = slo({ window: { calendar, timeZone } })
          const { startMs, endMs } = windowAt(own, at)
          expect(startMs <= at && at < endMs).toBe(true)
          expect(windowAt(own, startMs - 1).endMs).toBe(startMs)
          expect(windowAt(own, endMs - 1)).toEqual({ startMs, endMs })
          // Checked in another way: the first moment of the window is the first of a local day.
          const local = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short' })
          expect(local.format(startMs)).not.toBe(local.format(startMs - 1))
        },
      ),
      { numRuns: repeats(2000, 400) },
    )
  })
})

/** The slow way: walks in quarters of an hour until the local date is in another week, month or quarter. */
function walkedWindow(unit: string, timeZone: string, atMs: number): { startMs: number; endMs: number } {
  const local = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short' })
  const keyOf = (ms: number): string => {
    const [year = 0, month = 0, date = 0] = local.format(ms).split('-').map(Number)
    if (unit === 'month') return `${year}-${month}`
    if (unit === 'quarter') return `${year}-${Math.ceil(month / 3)}`
    // Day 4 of the epoch was a Monday.
    return String(Math.floor((Date.UTC(year, month - 1, date) / day - 4) / 7))
  }
  const step = 15 * minute
  const key = keyOf(atMs)
  let startMs = Math.floor(atMs / step) * step
  while (keyOf(startMs - step) === key) startMs -= step
  let endMs = Math.floor(atMs / step) * step + step
  while (keyOf(endMs) === key) endMs += step
  return { startMs, endMs }
}

describe('calendar windows, against a walk through local time', () => {
  // Clock changes (with midnight skipped or repeated), leap days, ends of years, a day that did not exist.
  const moments: readonly (readonly [string, string])[] = [
    ['Europe/Berlin', '2026-03-29T01:00:00Z'],
    ['Europe/Berlin', '2026-10-25T01:00:00Z'],
    ['America/New_York', '2026-03-08T07:00:00Z'],
    ['America/New_York', '2026-11-01T06:00:00Z'],
    ['Asia/Beirut', '2026-03-28T22:00:00Z'],
    ['America/Havana', '2026-11-01T05:00:00Z'],
    ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
    ['Asia/Kathmandu', '2028-02-28T18:15:00Z'],
    ['UTC', '2028-02-29T00:00:00Z'],
    ['Pacific/Apia', '2011-12-30T10:00:00Z'],
    ['Pacific/Kiritimati', '2027-12-31T10:00:00Z'],
  ]
  it('begin and end where the local week, month or quarter does', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...moments),
        fc.constantFrom('week', 'month', 'quarter'),
        fc.integer({ min: -3 * day, max: 3 * day }),
        ([timeZone, moment], calendar, offset) => {
          const at = Date.parse(moment) + offset
          expect(windowAt(slo({ window: { calendar, timeZone } }), at)).toEqual(walkedWindow(calendar, timeZone, at))
        },
      ),
      { numRuns: repeats(60, 20) },
    )
  })

  it('count each request in exactly one window, whatever the clocks do', () => {
    // Slots of five minutes across a clock change: those before the boundary are in one window, the others in the next.
    const own = slo({ window: { calendar: 'week', timeZone: 'Asia/Beirut' } })
    const boundary = Date.parse('2026-03-29T21:00:00Z')
    const slots = Array.from({ length: 600 }, (_, index) => ({
      atMs: boundary + (index - 300) * slotMs,
      good: 1,
      bad: 1,
    }))
    const last = budgetAt(own, slots, boundary - 1)
    const next = budgetAt(own, slots, boundary + 300 * slotMs)
    expect([last.bad, next.bad]).toEqual([300, 300])
    expect(last.window.endMs).toBe(boundary)
  })
})
