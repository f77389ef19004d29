// What `tidegate init` promises is what the verdict does: the table is that of the code, and holds for services that it has
// not seen.
import { describe, expect, it } from 'vitest'
import { monthsOf } from '../../../bench/promises/month.ts'
import { between, refuted } from '../../../bench/promises/odds.ts'
import { saidIn } from '../../../bench/promises/said.ts'
import { checkDefinition, definitionText } from '../../../cli/adopt/first-definition.ts'
import { classOf, perMinuteClasses, planFitFor, rateClasses, serviceWith } from '../../../cli/promise/plan.ts'
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

  it('has no row whose plan cannot be written', () => {
    for (const { perMinute, rate } of promises().rows) {
      const requests = perMinute * 60
      const hours = Array.from({ length: 48 }, (_, hour) => ({
        atMs: hour * hourMs,
        requests,
        failed: requests * rate,
      }))
      const usual = usualOf(hours, 48 * hourMs)
      if (usual === undefined) throw new Error('it has requests')
      const text = definitionText({ name: 'x', functionName: 'x', alias: 'live', notes: [], usual })
      expect(() => checkDefinition(text), `${perMinute} a minute, ${rate}`).not.toThrow()
      expect(saidIn(text)?.perMinute).toBeCloseTo(perMinute)
    }
  })

  it('is what the code says now (else: node bench/promises/table.ts)', () => {
    const [perMinute, rate] = [100, 0.01]
    const fit = planFitFor({ perMinute, rate })
    const { runs, seed } = promises()
    if (fit === undefined) throw new Error('there is a plan for this')
    expect(simulatedPromise({ perMinute, rate }, fit, { runs, seed })).toEqual(promiseOf({ perMinute, rate }))
  })

  it('says of every row that few healthy releases are put back, by evidence or undecided', () => {
    const { rows } = promises()
    // Of 21, 2 are within chance of 1 in 20; of all of them, no more than 1 in 20 are.
    expect(rows.filter(({ falseBacks }) => falseBacks > 2)).toEqual([])
    const total = (of: 'healthy' | 'falseBacks'): number => rows.reduce((sum, row) => sum + row[of], 0)
    expect(total('falseBacks') / total('healthy')).toBeLessThanOrEqual(1 / 20)
    expect(rows.filter(({ undecided }) => undecided > 1)).toEqual([])
    expect(
      rows.filter(({ healthy, onTime }) => onTime < healthy / 3).map(({ perMinute, rate }) => [perMinute, rate]),
    ).toEqual([])
  })
})

describe('a definition, read as a person reads it', () => {
  const hours = Array.from({ length: 672 }, (_, hour) => ({ atMs: hour * hourMs, requests: 60_000, failed: 300 }))
  const usual = usualOf(hours, 672 * hourMs)
  if (usual === undefined) throw new Error('it has requests')
  const text = definitionText({ name: 'x', functionName: 'x', alias: 'live', notes: [], usual })
  const said = saidIn(text)
  if (said === undefined) throw new Error('it promises something')

  it('has the numbers of the table, and the plan that they were simulated with', () => {
    const offer = offerFor(usual)
    if (offer === undefined) throw new Error('there is a plan for this')
    expect(said).toMatchObject({ perMinute: 1000, minutes: 30, falseMost: 0.05, foundLeast: 0.9 })
    expect(Object.fromEntries(said.found.map(({ size, within }) => [size, within]))).toEqual(offer.promised.found)
    const { plan, signals, policy } = serviceWith(offer.fit)
    expect(said.service).toMatchObject({ plan, signals, policy })
  })

  it('keeps what it says in months that nobody simulated for the table', () => {
    const truth = { name: 'x', perMinute: () => 1200, rate: 0.005, spread: 0.6 }
    const { held } = monthsOf({ ...said, found: said.found.slice(0, 3) }, truth, { runs: 4, seed: 77 })
    expect(held.filter(({ kept, runs }) => kept < runs)).toEqual([])
  })
})

it('a promise is refuted where chance does not explain it, beside the others of its function', () => {
  expect(between(0, 10)).toEqual([0, expect.closeTo(0.3085, 4)])
  expect(between(9, 10)).toEqual([expect.closeTo(0.555, 4), expect.closeTo(0.9975, 4)])
  const kept = (count: number) => ({ kept: count, runs: 10, least: 0.9 })
  // 6 of 10 or fewer are seen in 1.3 % of cases, and 7 of 10 or fewer in 7 %.
  expect([...refuted([kept(6)]), ...refuted([kept(7)])]).toEqual([true, false])
  expect(refuted([kept(6), kept(10), kept(10), kept(10)])).toEqual([false, false, false, false])
  expect(refuted([kept(6), kept(5), kept(6), kept(9)])).toEqual([true, true, true, false])
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
    expect(offerFor({ planned: 1e9, rate: 0 })?.traffic.perMinute).toBe(5000)
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
