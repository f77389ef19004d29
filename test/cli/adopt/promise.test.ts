// What `tidegate init` promises is what the verdict does: the table is that of the code, and holds for services that it has
// not seen.
import { describe, expect, it } from 'vitest'
import { monthOf } from '../../../bench/promises/month.ts'
import { classOf, perMinuteClasses, planFitFor, rateClasses } from '../../../cli/promise/plan.ts'
import { promiseOf, promises } from '../../../cli/promise/promised.ts'
import { simulatedPromise } from '../../../cli/promise/simulated.ts'
import { type Hour, usualOf } from '../../../cli/promise/usual.ts'
import { badUntil, offerFor } from '../../../cli/promise/words.ts'

const hourMs = 3_600_000

describe('the table of promises', () => {
  it('has a row for each level of traffic that gets a plan, and no other', () => {
    const classes = perMinuteClasses.flatMap((perMinute) => rateClasses.map((rate) => ({ perMinute, rate })))
    const planned = classes.filter((one) => planFitFor(one) !== undefined)
    expect(promises().rows.map(({ perMinute, rate }) => ({ perMinute, rate }))).toEqual(planned)
  })

  it('is what the code says now (else: node bench/promises/table.ts)', () => {
    const [perMinute, rate] = [500, 0.2]
    const fit = planFitFor({ perMinute, rate })
    const { runs, seed } = promises()
    if (fit === undefined) throw new Error('there is a plan for this')
    expect(simulatedPromise({ perMinute, rate }, fit, { runs, seed })).toEqual(promiseOf({ perMinute, rate }))
  })

  it('promises nothing that is worse than its design: 1 healthy release in 20', () => {
    const rows = promises().rows
    expect(rows.filter(({ healthy, falseBacks }) => falseBacks > healthy / 20)).toEqual([])
    expect(
      rows.filter(({ runs, onTime }) => onTime < runs / 3).map(({ perMinute, rate }) => [perMinute, rate]),
    ).toEqual([])
  })
})

it('the promises hold in the months of services that nobody simulated for the table', () => {
  const months = Array.from({ length: 4 }, (_, service) => monthOf(service, { runs: 10, seed: 77 })).filter(
    (month) => month !== undefined,
  )
  expect(months.length).toBeGreaterThan(1)
  const promised = months.flatMap(({ promises: own }) => own)
  expect(promised.filter(({ isKept }) => !isKept).length).toBeLessThanOrEqual(0.05 * promised.length)
})

describe('usual traffic', () => {
  const hours = (count: number, of: (hour: number) => Partial<Hour>): Hour[] =>
    Array.from({ length: count }, (_, hour) => ({ atMs: hour * hourMs, requests: 600, failed: 0, ...of(hour) }))

  it('an incident of some hours is not usual, and quiet nights are not what a plan is made for', () => {
    const spoiled = usualOf(
      hours(672, (hour) => ({ failed: hour < 5 ? 600 : 6 })),
      672 * hourMs,
    )
    expect(spoiled?.rate).toBeCloseTo(0.01, 6)
    const nights = usualOf(
      hours(672, (hour) => ({ requests: hour % 24 < 8 ? 6 : 600 })),
      672 * hourMs,
    )
    expect(nights).toMatchObject({ planned: 10, busyShare: 2 / 3, activeShare: 1 })
  })

  it('a function that works in runs has no traffic to count on, and one without requests none at all', () => {
    const runs = hours(672, () => ({ requests: 60_000 })).filter(({ atMs }) => (atMs / hourMs) % 24 === 3)
    expect(usualOf(runs, 672 * hourMs)).toMatchObject({ planned: 0 })
    expect(usualOf([], hourMs)).toBeUndefined()
    expect(
      usualOf(
        hours(3, () => ({ requests: 0 })),
        3 * hourMs,
      ),
    ).toBeUndefined()
  })

  it('traffic is rounded down and errors up, so that a promise is never for more than there is', () => {
    expect(classOf(149, 0.002)).toEqual({ perMinute: 100, rate: 0.01 })
    expect(classOf(0.1, 0)).toBeUndefined()
    expect(classOf(100, 0.3)).toBeUndefined()
    expect(offerFor({ planned: 1e9, rate: 0 })?.traffic.perMinute).toBe(20_000)
  })

  it('bad requests until a fault is found are those of each step at its weight', () => {
    const steps = [
      { weight: 10, bakeMinutes: 10 },
      { weight: 50, bakeMinutes: 10 },
    ]
    const fit = { steps, minimumSamples: 50, holdMinutes: 30 }
    expect(badUntil({ perMinute: 100, rate: 0 }, fit, 0.5, 12)).toBeCloseTo(100 * 0.5 * (0.1 * 10 + 0.5 * 2))
  })
})
