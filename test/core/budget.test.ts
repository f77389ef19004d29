// Budget arithmetic against published tables, and against a slow and obvious reference.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { budgetAt, burnFactor, burning, burnRate, burnRules, type Slot, slotMs, windowAt } from '../../core/budget.ts'
import { type CountedSlo, isCounted, SloDefinition } from '../../core/slo.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const now = Date.UTC(2026, 4, 31)
function slo(changes: object = {}): CountedSlo {
  const parsed = SloDefinition.parse({ name: 'a', objective: 99.9, window: '30d', ...changes })
  if (!isCounted(parsed)) throw new Error('not counted here')
  return parsed
}

/** The same ratio in every slot. */
const steady = (badOfThousand: number, days: number): Slot[] =>
  Array.from({ length: (days * day) / slotMs }, (_, index) => ({
    atMs: now - (index + 1) * slotMs,
    good: 100_000 - badOfThousand * 100,
    bad: badOfThousand * 100,
  }))

describe('published values', () => {
  it('burn factors of a 30-day and of a 28-day window are those of the SRE workbook and of sloth', () => {
    expect(burnRules.map((rule) => burnFactor(rule, 30 * 24))).toEqual([14.4, 6, 3, 1])
    const published = [13.44, 5.6000000000000005, 2.8000000000000003, 0.9333333333333333]
    expect(burnRules.map((rule) => burnFactor(rule, 28 * 24))).toEqual(published)
    expect(burnRules.map(({ hours, shortMinutes }) => (hours * 60) / shortMinutes)).toEqual([12, 12, 12, 12])
  })

  it.each([
    [1, 1, 30 * 24 * 60, undefined],
    [10, 10, 3 * 24 * 60, undefined],
    [14.4, 14.4, 50 * 60, 60],
    [100, 100, 7.2 * 60, 8.64],
    [1000, 1000, 43.2, 0.864],
  ])(
    '%d bad of a thousand at 99.9 %%: burn, minutes until it is spent, minutes until the hour pages',
    (bad, burn, spent, fires) => {
      const measured = burnRate(slo(), steady(bad, 1), { startMs: now - hour, endMs: now }) ?? 0
      expect(measured).toBeCloseTo(burn, 10)
      // From here on it is the definition: how long, at this rate, until the window's budget is gone, or 2 % of it.
      expect((30 * 24 * 60) / measured).toBeCloseTo(spent, 8)
      const factor = burnFactor({ severity: 'page', share: 0.02, hours: 1, shortMinutes: 5 }, 30 * 24)
      if (fires !== undefined) expect((60 * factor) / measured).toBeCloseTo(fires, 10)
      else expect(measured).toBeLessThan(factor)
    },
  )

  it('111 good of 118 at 95 % is 94.0677 %, and 118.644 % of the budget: Nobl9 prints 118.646, from the share cut to four digits', () => {
    const budget = budgetAt(slo({ objective: 95 }), [{ atMs: now - slotMs, good: 111, bad: 7 }], now)
    expect(String((budget.good / (budget.good + budget.bad)) * 100)).toMatch(/^94\.0677/)
    expect(((budget.spent ?? 0) * 100).toFixed(3)).toBe('118.644')
    expect((((1 - 0.940677) / 0.05) * 100).toFixed(3)).toBe('118.646')
  })
})

describe('burn alerts', () => {
  const rules = (slots: readonly Slot[]): string[] =>
    burning(slo(), slots, now).map(({ rule }) => `${rule.severity} ${rule.hours}h`)
  it('need the long window and the short one', () => {
    expect(rules(steady(1, 4))).toEqual(['ticket 72h'])
    expect(rules(steady(20, 4))).toEqual(['page 1h', 'page 6h', 'ticket 24h', 'ticket 72h'])
    const over = steady(20, 4).filter(({ atMs }) => atMs < now - 6 * minute)
    const healed = [...over, { atMs: now - slotMs, good: 100_000, bad: 0 }]
    expect(rules(healed)).not.toContain('page 1h')
    expect(rules(healed)).toContain('page 6h')
  })

  it('of a window in which nothing happened are silent, and so are those of a budget that is left alone', () => {
    expect(rules([])).toEqual([])
    expect(rules(steady(0, 4))).toEqual([])
    expect(burnRate(slo(), [], { startMs: 0, endMs: now })).toBeUndefined()
    expect(budgetAt(slo(), [], now)).not.toHaveProperty('spent')
  })
})

describe('windows', () => {
  const span = (window: object, at: string): string[] => {
    const { startMs, endMs } = windowAt(slo({ window }), Date.parse(at))
    return [startMs, endMs].map((ms) => new Date(ms).toISOString())
  }
  it('of a calendar follow local time over changes of it, leap days and ends of years', () => {
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

  it('of any calendar hold the time that they are asked for, and begin where the one before ends', () => {
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
          // By another road: the first moment of the window is the first of a local day.
          const local = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short' })
          expect(local.format(startMs)).not.toBe(local.format(startMs - 1))
        },
      ),
      { numRuns: 2000 },
    )
  })
})

describe('counting, against a loop over every request', () => {
  const slots = fc.uniqueArray(
    fc.record({
      atMs: fc.integer({ min: 0, max: 40 * 288 }).map((index) => now - index * slotMs),
      good: fc.integer({ min: 0, max: 20 }),
      bad: fc.integer({ min: 0, max: 5 }),
    }),
    { selector: ({ atMs }) => atMs, maxLength: 60 },
  )

  it('requests', () => {
    fc.assert(
      fc.property(slots, fc.integer({ min: 1, max: 35 }), (some, days) => {
        let [good, bad] = [0, 0]
        for (const slot of some) {
          if (slot.atMs < now - days * day || slot.atMs >= now) continue
          for (let request = 0; request < slot.good; request++) good++
          for (let request = 0; request < slot.bad; request++) bad++
        }
        const budget = budgetAt(slo({ window: `${days}d` }), some, now)
        expect([budget.good, budget.bad]).toEqual([good, bad])
        if (good + bad > 0) expect(budget.spent).toBeCloseTo(bad / ((good + bad) * 0.001), 9)
        else expect(budget.spent).toBeUndefined()
        // Neither order nor what lies outside matters.
        const outside = { atMs: now + slotMs, good: 7, bad: 7 }
        expect(budgetAt(slo({ window: `${days}d` }), [outside, ...some.toReversed()], now)).toEqual(budget)
      }),
    )
  })

  it('slices of time: those without traffic are neither good nor bad', () => {
    fc.assert(
      fc.property(slots, fc.constantFrom(5, 10, 30, 60), (some, minutes) => {
        const own = slo({ slices: { minutes, objective: 90 } })
        let [good, bad] = [0, 0]
        for (let at = now - 30 * day; at < now; at += minutes * minute) {
          const inside = some.filter(({ atMs }) => atMs >= at && atMs < at + minutes * minute)
          const ok = inside.reduce((sum, one) => sum + one.good, 0)
          const all = inside.reduce((sum, one) => sum + one.good + one.bad, 0)
          if (all === 0) continue
          if (ok * 10 >= all * 9) good++
          else bad++
        }
        const budget = budgetAt(own, some, now)
        expect([budget.good, budget.bad]).toEqual([good, bad])
        expect(budget.allowed).toBeCloseTo(((30 * 24 * 60) / minutes) * 0.001, 9)
      }),
      { numRuns: 30 },
    )
  })
})

describe('a definition', () => {
  const says = (changes: object): string => {
    const parsed = SloDefinition.safeParse({ name: 'a', objective: 99.9, ...changes })
    return parsed.success ? 'valid' : parsed.error.issues.map(({ message }) => message).join()
  }
  it('is exact about shares, windows and time zones', () => {
    expect(slo({ objective: 99.9999 }).objectivePpm).toBe(999_999)
    expect(says({ objective: 100 })).not.toBe('valid')
    expect(says({ objective: 99.99999 })).toContain('four digits')
    expect(says({ window: '61d' })).toContain('at most 60 days')
    expect(says({ window: { calendar: 'month', timeZone: 'Europe/Atlantis' } })).toContain('time zone')
    expect(says({ window: { calendar: 'month', timeZone: 'Europe/Berlin' }, sli: { fasterThanMs: 300 } })).toBe('valid')
  })
})
