// The statistics of the watch after a promotion: what is learned of the weeks before; that carried and computed evidence are
// equal; that healthy versions are hardly ever taken for bad ones, and outages as long as those of before never.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import { chance } from '../../../cloud/local/time/chance.ts'
import { drawFrom } from '../../../bench/trials/draw.ts'
import { falseReturnsOf, lateFaultsOf } from '../../../bench/watch/months.ts'
import { hourMs, minuteMs } from '../../../core/time.ts'
import { isFault, type Minute, noEvidence, see } from '../../../core/watch/evidence.ts'
import { explainedAt, learnPast, type Past, type Slot, slotMs } from '../../../core/watch/past.ts'
import { look, Watch, windowAt } from '../../../core/watch/watch.ts'

const startMs = Date.UTC(2026, 0, 1)
const alpha = 0.01
const hourOfWeek = (atMs: number): number => Math.floor(atMs / hourMs) % 168
const slotsPerDay = 288
const days = 28

/** Four weeks of slots. */
const slotsOf = (bad: (slot: number) => number, invocations = 5000): readonly Slot[] =>
  Array.from({ length: days * slotsPerDay }, (_, slot) => ({
    atMs: startMs - (days * slotsPerDay - slot) * slotMs,
    invocations,
    bad: bad(slot),
  }))
const known = (slots: readonly Slot[]): Past => {
  const past = learnPast(slots)
  if (past === undefined) throw new Error('too few requests')
  return past
}
const minutes = (count: number, each: (minute: number) => Omit<Minute, 'atMs'>): readonly Minute[] =>
  Array.from({ length: count }, (_, minute) => ({ atMs: startMs + minute * minuteMs, ...each(minute) }))
const after = (some: readonly Minute[], past: Past) =>
  some.reduce((evidence, minute) => see(evidence, minute, past, 1440), noEvidence)
/** After how many minutes. */
const foundAfter = (some: readonly Minute[], past: Past): number =>
  some.findIndex((_, index) => isFault([after(some.slice(0, index + 1), past)])) + 1

describe('the weeks before', () => {
  it('teach what is usual at each hour of the week', () => {
    // One in 1000; at the first hour of each week ten times as many.
    const past = known(slotsOf((slot) => (hourOfWeek(startMs + slot * slotMs) === 0 ? 50 : 5)))
    expect(past.usual).toHaveLength(168)
    const at = (hour: number): number => past.usual[hour] ?? 0
    const usual = past.usual.toSorted((a, b) => a - b)[84] ?? 0
    expect(usual).toBeCloseTo(0.001, 4)
    expect(past.usual.filter((one) => one > 5 * usual)).toHaveLength(1)
    expect(at(hourOfWeek(startMs))).toBeGreaterThan(0.008)
    expect(explainedAt(past, startMs)).toBeGreaterThanOrEqual(1.5 * at(hourOfWeek(startMs)))
  })

  it('teach how long outages are and how bad, and leave them out of what is usual', () => {
    const past = known(slotsOf((slot) => ([1000, 1001, 1002, 5000].includes(slot) ? 2500 : 5)))
    expect(past).toMatchObject({ outages: 2, longestMinutes: 15, worst: 0.5 })
    expect(Math.max(...past.usual)).toBeLessThan(0.002)
  })

  it('say nothing if there were too few requests', () => {
    expect(learnPast(slotsOf((slot) => Number(slot === 0), 0))).toBeUndefined()
    expect(learnPast([{ atMs: startMs, invocations: 499, bad: 0 }])).toBeUndefined()
    expect(learnPast([])).toBeUndefined()
  })
})

describe('the evidence', () => {
  const past = known(slotsOf((slot) => (slot === 1000 ? 1000 : 5)))

  it('leaves an outage alone that is as long as those before, and finds what lasts', () => {
    const outage = minutes(60, (minute) => ({ invocations: 1000, bad: minute < 10 ? 200 : 1 }))
    expect(foundAfter(outage, past)).toBe(0)
    const lasts = minutes(60, () => ({ invocations: 1000, bad: 200 }))
    expect(foundAfter(lasts, past)).toBeGreaterThan(10)
    expect(foundAfter(lasts, past)).toBeLessThanOrEqual(16)
    // Longer outages before: it takes as much longer.
    const slower = known(slotsOf((slot) => (slot >= 1000 && slot < 1008 ? 1000 : 5)))
    expect(slower.longestMinutes).toBe(40)
    expect(
      foundAfter(
        minutes(70, () => ({ invocations: 1000, bad: 200 })),
        slower,
      ),
    ).toBeGreaterThan(40)
  })

  it('finds in two minutes what is worse than anything before', () => {
    expect(
      foundAfter(
        minutes(9, () => ({ invocations: 1000, bad: 990 })),
        past,
      ),
    ).toBe(2)
    expect(
      foundAfter(
        minutes(9, () => ({ invocations: 10, bad: 10 })),
        past,
      ),
    ).toBeLessThanOrEqual(4)
    // One request that fails is no total failure.
    expect(
      foundAfter(
        minutes(9, (minute) => ({ invocations: 1, bad: Number(minute === 0) })),
        past,
      ),
    ).toBe(0)
  })

  it('is valid over the whole watch: of healthy versions at most the share alpha is ever taken for bad', () => {
    const days = repeats(2000, 150)
    const draw = drawFrom(chance(11, 'healthy'))
    let found = 0
    for (let day = 0; day < days; day++) {
      let evidence = noEvidence
      // At the highest rate that is explained, in bursts as large as are allowed for: the worst that is still healthy.
      const rate = explainedAt(past, startMs)
      for (let minute = 0; minute < 1440; minute++) {
        const bad = Math.min(1000, past.burst * draw.poisson((1000 * rate) / past.burst))
        evidence = see(
          evidence,
          { atMs: startMs + minute * minuteMs, invocations: 1000, bad: Math.round(bad) },
          past,
          1440,
        )
        if (!isFault([evidence])) continue
        found++
        break
      }
    }
    expect(found / days).toBeLessThanOrEqual(alpha + 3 * Math.sqrt(alpha / days))
  })

  it('of several targets is their mean: one that fails is found, and a hundred more change nothing but a little', () => {
    const bad = after(
      minutes(40, () => ({ invocations: 1000, bad: 200 })),
      past,
    )
    const good = after(
      minutes(40, () => ({ invocations: 1000, bad: 1 })),
      past,
    )
    expect(isFault([bad, ...Array.from({ length: 19 }, () => good)])).toBe(true)
    expect(isFault([good, good])).toBe(false)
    expect(isFault([])).toBe(false)
  })
})

const counts = fc.record({ invocations: fc.nat(3000), share: fc.double({ min: 0, max: 1, noNaN: true }) })

it('carried from look to look and computed at once, the evidence is equal, whenever one looks and however late points come', () => {
  const past = known(slotsOf(() => 5))
  fc.assert(
    fc.property(
      fc.array(fc.option(counts, { nil: undefined }), { minLength: 30, maxLength: 120 }),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 }),
      (story, pauses) => {
        const all = story.flatMap((one, minute): readonly Minute[] =>
          one === undefined
            ? []
            : [
                {
                  atMs: startMs + minute * minuteMs,
                  invocations: one.invocations,
                  bad: Math.floor(one.invocations * one.share),
                },
              ],
        )
        const target = { functionName: 'x', alias: 'live', stable: '1', candidate: '2', past, evidence: noEvidence }
        const times = { requestedAtMs: 0, promotedAtMs: 0, fromMs: startMs, settledMs: startMs }
        const watch: Watch = {
          ...{ v: 1, rev: 1, service: 'x', releaseId: 'x-1', onFault: 'page', seenSlots: 0, ...times },
          ...{ untilMs: startMs + 120 * minuteMs, targets: [target] },
        }
        const readAt = (one: Watch, nowMs: number): readonly (readonly Minute[])[] => {
          const { startMs: fromMs, endMs } = windowAt(one, nowMs)
          return [all.filter(({ atMs }) => atMs >= fromMs && atMs < endMs)]
        }
        let kept = watch
        let nowMs = startMs
        for (const pause of pauses) {
          nowMs += pause * minuteMs
          kept = Watch.parse(JSON.parse(JSON.stringify(look(kept, readAt(kept, nowMs), nowMs).kept)))
        }
        const endMs = startMs + 140 * minuteMs
        const [carried, computed] = [look(kept, readAt(kept, endMs), endMs), look(watch, readAt(watch, endMs), endMs)]
        const { settledMs } = carried.now
        expect(carried.now).toEqual({ ...computed.now, settledMs })
      },
    ),
    { numRuns: repeats(300, 15) },
  )
})

it('a month of the benchmark: late faults are found, and healthy releases left alone', () => {
  const faults = [2, 3, 4].flatMap((seed) => lateFaultsOf(1000, seed))
  const sum = (of: 'none' | 'rollBack'): number => faults.reduce((all, one) => all + one[of], 0)
  expect(faults.every(({ minutes: found }) => found !== undefined)).toBe(true)
  expect(sum('none') / sum('rollBack')).toBeGreaterThan(3)
  expect(falseReturnsOf(1000, 1, repeats(100, 5))).toBe(0)
})
