// Budget arithmetic against published tables, and against a slow, obvious reference.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  budgetAt,
  burnFactor,
  burning,
  burnRate,
  burnRules,
  type Slot,
  slotMs,
  windowAt,
} from '../../../core/budget/budget.ts'
import { type CountedSlo, isCounted, SloDefinition } from '../../../core/service/slo.ts'

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
      // By definition: how long, at this rate, until the window's budget is gone, or 2 % of it.
      expect((30 * 24 * 60) / measured).toBeCloseTo(spent, 8)
      const factor = burnFactor({ severity: 'page', share: 0.02, hours: 1, shortMinutes: 5 }, 30 * 24)
      if (fires !== undefined) expect((60 * factor) / measured).toBeCloseTo(fires, 10)
      else expect(measured).toBeLessThan(factor)
    },
  )

  it.each([
    [10, undefined],
    [20, 45],
    [100, 10],
    [1000, 5],
  ])('%d bad of a thousand after a healthy day: the hour pages in the first slot after that minute', (bad, first) => {
    // The table's 8.64 minutes and 51.84 seconds, and 43.2 minutes for 2 %, rounded up to the next slot.
    const pages = Array.from({ length: 24 }, (_, index) => (index + 1) * 5).filter((minutes) => {
      const burnt = steady(bad, minutes / (24 * 60))
      const healthy = steady(0, 1).map((slot) => ({ ...slot, atMs: slot.atMs - minutes * minute }))
      return burning(slo(), [...healthy, ...burnt], now).some(({ rule }) => rule.hours === 1)
    })
    expect(pages[0]).toBe(first)
  })

  it.each([
    [1, 30 * 24 * 60],
    [10, 3 * 24 * 60],
    [14.4, 50 * 60],
  ])(
    '%d bad of a thousand spend the whole budget of thirty even days in %d minutes, and half of it in half',
    (bad, spentAfter) => {
      const spent = (minutes: number): number | undefined => {
        const burnt = steady(bad, minutes / (24 * 60))
        const rest = steady(0, 30 - minutes / (24 * 60)).map((slot) => ({
          ...slot,
          atMs: slot.atMs - minutes * minute,
        }))
        return budgetAt(slo(), [...burnt, ...rest], now).spent
      }
      expect(spent(spentAfter)).toBeCloseTo(1, 9)
      expect(spent(spentAfter / 2)).toBeCloseTo(0.5, 9)
    },
  )

  it("Nobl9's ten minutes of good and valid make 111 of 118", () => {
    const good = [2, 10, 12, 13, 13, 12, 13, 13, 12, 11]
    const valid = [4, 10, 12, 13, 14, 15, 14, 13, 12, 11]
    const slots = good.map((count, index) => ({
      atMs: now - (10 - index) * slotMs,
      good: count,
      bad: (valid[index] ?? 0) - count,
    }))
    const budget = budgetAt(slo({ objective: 95 }), slots, now)
    expect([budget.good, budget.good + budget.bad]).toEqual([111, 118])
    expect(Math.floor((budget.good / 118) * 1e6) / 1e6).toBe(0.940677)
  })

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

  it('do not fire in a window without traffic, nor for a budget that is not burning', () => {
    expect(rules([])).toEqual([])
    expect(rules(steady(0, 4))).toEqual([])
    expect(burnRate(slo(), [], { startMs: 0, endMs: now })).toBeUndefined()
    expect(budgetAt(slo(), [], now)).not.toHaveProperty('spent')
  })
})

describe('the budget of the whole window', () => {
  it('is the allowed bad count at the current pace, over the whole window', () => {
    // A young service: 1000 requests in one day of thirty.
    const young = [{ atMs: now - day, good: 999, bad: 1 }]
    expect(budgetAt(slo(), young, now)).toMatchObject({ allowed: 1, spent: 1, whole: 30 })
    // An old service with the same traffic in the window: the earlier data show that the rest was quiet.
    expect(budgetAt(slo(), [{ atMs: now - 31 * day, good: 1, bad: 0 }, ...young], now)).toMatchObject({ whole: 1 })
    // The third of a month with 31 days, for a service that existed before.
    const month = slo({ window: { calendar: 'month' } })
    const at = Date.UTC(2026, 4, 3)
    const slots = [-2, -1, 0, 1].map((days) => ({ atMs: Date.UTC(2026, 4, 1) + days * day, good: 990, bad: 10 }))
    expect(budgetAt(month, slots, at)).toMatchObject({ allowed: 2, whole: 31 })
    // Nothing was seen; but the number of slices is known in advance.
    expect(budgetAt(slo(), [], now)).toMatchObject({ allowed: 0, whole: 0 })
    const sliced = budgetAt(slo({ slices: { minutes: 5, objective: 90 } }), young, now)
    expect(sliced.whole).toBe(sliced.allowed)
  })

  it('is never less than what is allowed so far, and at an even pace does not change as the window fills', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 27 * 288 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom<unknown>('28d', { calendar: 'month', timeZone: 'Europe/Berlin' }),
        (count, perSlot, window) => {
          const own = slo({ window, objective: 99 })
          const { startMs, endMs } = windowAt(own, now - day)
          const from = typeof window === 'string' ? now - count * slotMs : startMs
          const slots = Array.from({ length: count }, (_, index) => ({
            atMs: from + index * slotMs,
            good: perSlot,
            bad: 0,
          }))
          const { whole, allowed } = budgetAt(own, slots, from + count * slotMs)
          expect(whole).toBeGreaterThanOrEqual(allowed)
          expect(whole).toBeCloseTo(((endMs - startMs) / slotMs) * perSlot * 0.01, 6)
        },
      ),
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
        // Neither the order nor data outside the window matter.
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
