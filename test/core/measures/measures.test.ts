// Every measure of a small fixed week, calculated by hand in the comments; and invariants of any history.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../../repeats.ts'
import { factsOf, type MeasureInput, ofService, type Recorded } from '../../../core/measures/facts.ts'
import { definitions, isOnTarget, measure } from '../../../core/measures/measures.ts'
import type { Result } from '../../../core/measures/result.ts'
import { at, cost, log, signal } from './history.ts'
import { week } from './week.ts'

const resultOf = (id: string, material: MeasureInput = week): Result => {
  const found = measure(material).find(({ definition }) => definition.id === id)
  if (found === undefined) throw new Error(`no measure ${id}`)
  return found.result
}
const known = (number: number) => ({ known: true, number: expect.closeTo(number, 9) as number })
const near = (spread: Record<string, number>) =>
  Object.fromEntries(Object.entries(spread).map(([name, value]) => [name, expect.closeTo(value, 9) as number]))

describe('the week by hand', () => {
  it('M1: a, b, f and h were promoted in 7 days; g is a way back', () => {
    // Days 0, 1, 5 and 6 had one each, days 2, 3 and 4 none: 0 0 0 1 1 1 1.
    expect(resultOf('M1')).toEqual({ value: known(4 / 7), n: 4, spread: near({ min: 0, p50: 1, p90: 1, max: 1 }) })
  })

  it('M2: from commit or artifact to all traffic', () => {
    // a: commit at -120, promoted at 8: 128 min = 7680 s. b: 1430 to 1448: 1080 s. h: 8630 to 8650: 1200 s. f has no time.
    // p90 of 1080, 1200, 7680: at 0.9 * 2 = 1.8, so 1200 + 0.8 * 6480 = 6384.
    expect(resultOf('M2')).toEqual({
      value: known(1200),
      n: 3,
      spread: near({ min: 1080, p50: 1200, p90: 6384, max: 7680 }),
      leftOut: { count: 1, because: expect.stringContaining('commit') as string },
    })
  })

  it('M3: of a, b, c, d, f and h, four failed', () => {
    // b has an incident, c and d were rolled back, f was undone. e had no traffic, g is no change.
    expect(resultOf('M3')).toEqual({ value: known(4 / 6), n: 6 })
  })

  it('M4: two resolved incidents, a rollback without one, and a promotion that was undone', () => {
    // i1: 60 min = 3600 s (d is in it). i3: 600 s. c: traffic at 2882, back at 2891: 540 s. g: requested at 7300, done at 7302:
    // 120 s. i2 is open. Median of 120, 540, 600, 3600: 570; p90 at 2.7: 600 + 0.7 * 3000 = 2700.
    expect(resultOf('M4')).toEqual({
      value: known(570),
      n: 4,
      spread: near({ min: 120, p50: 570, p90: 2700, max: 3600 }),
      leftOut: { count: 1, because: 'not resolved yet' },
    })
  })

  it('M5: of the canaries a, b, c, d and h, three passed; f was hurried', () => {
    expect(resultOf('M5')).toEqual({ value: known(3 / 5), n: 5 })
  })

  it('M6: 1 of 100 bad at 0:00 and 5 of 100 at 3:00, with 1 % allowed', () => {
    // The hours that end at 1:00 and 4:00: (1/100) / 0.01 = 1 and (5/100) / 0.01 = 5.
    expect(resultOf('M6')).toEqual({ value: known(5), n: 2, spread: near({ min: 1, p50: 3, p90: 4.6, max: 5 }) })
    // The six-hour windows that end at 1:00 to 3:00 have 1 of 100: 1. Those to 6:00 have 6 of 200: 3. Those to 9:00 have 5 of
    // 100: 5.
    // p90 of 1 1 1 3 3 3 5 5 5 at 7.2: 5.
    expect(resultOf('M6 long')).toEqual({ value: known(5), n: 9, spread: near({ min: 1, p50: 3, p90: 5, max: 5 }) })
  })

  it('M7: the lead times 7680, 1080 and 1200', () => {
    // Mean 3320; squares of 4360, -2240, -2120: 19009600 + 5017600 + 4494400 = 28521600; / 2 = 14260800 s².
    expect(resultOf('M7')).toMatchObject({
      value: known(Math.sqrt(14_260_800) / 3320),
      n: 3,
      more: near({ varianceSeconds2: 14_260_800, deviationSeconds: Math.sqrt(14_260_800), meanSeconds: 3320 }),
    })
  })

  it('M8: c was back after 60 s, d after 600 s', () => {
    // p90 at 0.9: 60 + 0.9 * 540 = 546.
    expect(resultOf('M8')).toEqual({ value: known(546), n: 2, spread: near({ min: 60, p50: 330, p90: 546, max: 600 }) })
  })

  it('M9: of five critical signals that could have decided, four did', () => {
    // a: errors yes, latency never (cost is advisory). b: yes, after a look too early. c and h: yes. 4 of 5.
    expect(resultOf('M9')).toEqual({ value: known(4 / 5), n: 5 })
  })

  it('M9: the warm-up of a step is not counted, a gap after it is, and so is a signal that never speaks', () => {
    const errors = (kind: 'pass' | 'unknown') => [signal('errors', kind)]
    const one = log('t', 0).prepare(1).shift(2).look(3, 'unknown', errors('unknown')).look(4, 'pass', errors('pass'))
    const gap = one.look(5, 'unknown', errors('unknown')).look(6, 'pass', errors('pass'))
    const mute = log('u', 0)
      .prepare(1)
      .shift(2)
      .look(3, 'unknown', errors('unknown'))
      .look(4, 'unknown', errors('unknown'))
    const releases = [gap, mute].map((each) => each.order(10, 'ann').restore(11).settle(12).recorded())
    // The first: pass, gap, pass. The second never spoke: two of two.
    expect(resultOf('M9', { ...week, releases })).toEqual({ value: known(2 / 5), n: 5 })
  })

  it('M10: 98 of 100 and 40 of 50 tests passed', () => {
    // 138 of 150. Of the changes a, b, c, d, e, f, h only two reported tests. Spread of 0.8 and 0.98.
    expect(resultOf('M10')).toEqual({
      value: known(138 / 150),
      n: 2,
      spread: near({ min: 0.8, p50: 0.89, p90: 0.962, max: 0.98 }),
      leftOut: { count: 5, because: 'without tests told' },
    })
  })

  it('M11: of a to h, e met an AWS outage, and h was promoted after c was not', () => {
    expect(resultOf('M11')).toEqual({ value: known(2 / 8), n: 8 })
  })

  it('M12: c was found bad after 8 minutes, d after 10', () => {
    // 480 and 600: p90 = 480 + 0.9 * 120 = 588.
    expect(resultOf('M12')).toEqual({
      value: known(588),
      n: 2,
      spread: near({ min: 480, p50: 540, p90: 588, max: 600 }),
    })
  })

  it('M13: a is behind a flag, b is not, the others are unknown', () => {
    expect(resultOf('M13')).toEqual({
      value: known(1 / 2),
      n: 2,
      leftOut: { count: 5, because: 'without flags told' },
    })
  })

  it('M14: of three incidents, i1 is attributed to d and i2 to b', () => {
    expect(resultOf('M14')).toEqual({ value: known(2), n: 3 })
    const links = factsOf(week).incidents.map(({ incident, release }) => [incident.id, release?.release.id])
    expect(links).toEqual([
      ['i1', 'd'],
      ['i2', 'b'],
      ['i3', undefined],
    ])
  })

  it('M15: a costs a tenth more, b a tenth less, f and h are unknown', () => {
    // p90 of -0.1 and 0.1: -0.1 + 0.9 * 0.2 = 0.08.
    expect(resultOf('M15')).toEqual({
      value: known(0),
      n: 2,
      spread: near({ min: -0.1, p50: 0, p90: 0.08, max: 0.1 }),
      leftOut: { count: 2, because: 'whose cost was not compared' },
    })
  })

  it('targets are met or missed', () => {
    const aims = measure(week).map(({ definition, result }) => [definition.id, isOnTarget(definition, result)])
    expect(aims.filter(([, met]) => met !== undefined)).toEqual([
      ['M5', false],
      ['M6', false],
      ['M6 long', false],
      ['M8', true],
      ['M9', false],
      ['M11', false],
      ['M12', true],
    ])
  })
})

describe('silence', () => {
  it('is not health: without data every measure but the frequency is unknown, and says why', () => {
    const nothing: MeasureInput = { ...week, releases: [], incidents: [], ledgers: [] }
    for (const { definition, result } of measure(nothing)) {
      if (definition.id === 'M1') expect(result.value).toEqual({ known: true, number: 0 })
      else expect(result, definition.id).toMatchObject({ value: { known: false, because: /\w/ }, n: 0 })
    }
  })

  it('counts as no incidents for a service whose incidents would be reported', () => {
    const told = log('t', 0, { service: { incidents: { keys: ['P1'] } } }).recorded()
    const value = (releases: readonly Recorded[]) =>
      resultOf('M14', { ...week, releases, incidents: [], ledgers: [] }).value
    expect(value([told])).toEqual({ known: true, number: 0 })
    expect(value([log('t', 0).recorded()])).toMatchObject({ known: false })
  })

  it('in a look without any data counts as a signal that could not decide', () => {
    const blind = log('t', 0).prepare(1).shift(2).look(5, 'unknown', []).order(6, 'ann').restore(7).settle(8)
    expect(resultOf('M9', { ...week, releases: [blind.recorded()] })).toEqual({ value: known(0), n: 1 })
  })
})

describe('the edges', () => {
  const only = (...releases: readonly { recorded: () => Recorded }[]): MeasureInput => ({
    ...week,
    releases: releases.map((one) => one.recorded()),
    incidents: [],
  })

  it('a release that was frozen past its one-way step has failed once its forward fix takes over', () => {
    const plan = { steps: [{ weight: 10, bake: '5m', oneWay: { reason: 'the column is gone' } }] }
    const begun = log('t', 0, { service: { plan } }).prepare(1).passOneWay(2).shift(3)
    const frozen = begun.order(6, 'verdict').fixForward(8, 'u').settle(9)
    expect(resultOf('M3', only(frozen))).toEqual({ value: known(1), n: 1 })
  })

  it('a release that a person aborted is neither a failure nor a pass', () => {
    const aborted = log('t', 0).prepare(1).shift(2).order(6, 'ann', 'aborted').restore(7).settle(8)
    expect(resultOf('M3', only(aborted))).toMatchObject({ value: { known: false }, n: 0 })
    expect(resultOf('M5', only(aborted))).toMatchObject({ value: { known: false }, n: 0 })
    expect(resultOf('M11', only(aborted))).toEqual({ value: known(0), n: 1 })
    expect(resultOf('M8', only(aborted))).toMatchObject({ value: known(60), n: 1 })
    expect(resultOf('M12', only(aborted))).toMatchObject({ value: { known: false } })
  })

  it('a release that the sweep ended, or an unexpected error, is flaky', () => {
    const swept = log('t', 0).prepare(1).shift(2).order(6, 'sweep', 'aborted').restore(7).settle(8)
    const broken = log('u', 10).prepare(11).shift(12).order(16, 'tidegate').restore(17).settle(18)
    const wrong = log('v', 20).refuse(21, 'version_missing').settle(22)
    expect(resultOf('M11', only(swept, broken, wrong))).toEqual({ value: known(2 / 3), n: 3 })
  })

  it('a candidate that a person or a gate rejected and that was promoted later is not flaky', () => {
    const turned = ['ann', 'gate'].map((by, index) =>
      log(`t${index}`, index * 10, { version: '7' })
        .prepare(index * 10 + 1)
        .shift(index * 10 + 2)
        .order(index * 10 + 3, by)
        .restore(index * 10 + 4)
        .settle(index * 10 + 5),
    )
    const good = log('u', 30, { version: '7' }).prepare(31).shift(32).hurry(33).shift(34).settle(35)
    expect(resultOf('M11', only(...turned, good))).toEqual({ value: known(0), n: 3 })
  })

  it('a candidate that only an infrastructure failure stopped and that was promoted later is not flaky', () => {
    const broken = log('t', 0, { version: '7' }).refuse(1, 'aws_throttled').settle(2)
    const good = log('u', 10, { version: '7' }).prepare(11).shift(12).hurry(13).shift(14).settle(15)
    expect(resultOf('M11', only(broken, good))).toEqual({ value: known(1 / 2), n: 2 })
  })

  it('a commit after the promotion means a wrong clock, not a negative time', () => {
    const early = log('t', 0, { provenance: { committedAtMs: at(99) } })
      .prepare(1)
      .shift(2)
      .hurry(3)
      .shift(4)
      .settle(5)
    expect(resultOf('M2', only(early))).toMatchObject({ value: { known: false }, n: 0, leftOut: { count: 1 } })
  })

  it('what CI said about the commit takes precedence over what the release said', () => {
    const one = log('t', 0, { provenance: { committedAtMs: at(-9) } })
      .prepare(1)
      .shift(2)
      .hurry(3)
      .shift(4)
      .settle(5)
    const material = { ...week, releases: [one.recorded({ committedAtMs: at(-1) })] }
    expect(resultOf('M2', material).value).toEqual(known(300))
  })

  it("with several targets, the cost is weighted by the candidate's requests", () => {
    // 300 that cost 2 instead of 1, 100 that cost the same: (600 + 100) / 400 - 1 = 0.75.
    const costs = [
      { ...cost(2, 300), signal: 'cost:cart' },
      { ...cost(1, 100), signal: 'cost:checkout' },
      signal('costly', 'pass', { numbers: { candidateMean: 9, stableMean: 1, candidateSamples: 9 } }),
    ]
    const one = log('t', 0).prepare(1).shift(2).look(8, 'pass', costs).shift(8).settle(9)
    expect(resultOf('M15', only(one)).value).toEqual(known(0.75))
  })

  it('an incident is attributed to the last change that got traffic, up to a day after it settled, and never to a way back', () => {
    const first = log('t', 0).prepare(1).shift(2).hurry(3).shift(4).settle(5)
    const second = log('u', 10).prepare(11).shift(12).hurry(13).shift(14).settle(15)
    const back = log('w', 20, { key: 'back/u', service: { plan: 'AllAtOnce' } })
      .prepare(21)
      .shift(22)
      .settle(23)
    const causeAt = (minutes: number): string | undefined => {
      const incident = { service: 'checkout', source: 's', id: 'i', openedAtMs: at(minutes) }
      return factsOf({ ...only(first, second, back), incidents: [incident] }).incidents[0]?.release?.release.id
    }
    expect([1, 2, 11, 12, 30, 15 + 1440].map(causeAt)).toEqual([undefined, 't', 't', 'u', 'u', 'u'])
    expect(causeAt(15 + 1440 + 1)).toBeUndefined()
    const elsewhere = { service: 'billing', source: 's', id: 'i', openedAtMs: at(4) }
    expect(factsOf({ ...only(first), incidents: [elsewhere] }).incidents[0]?.release).toBeUndefined()
  })
})

const shuffled = fc.shuffledSubarray(week.releases as Recorded[], { minLength: week.releases.length })
/** Additional releases of another service, with any ending. */
const others = fc
  .array(fc.tuple(fc.nat({ max: 9000 }), fc.constantFrom('good', 'bad', 'refused', 'live'), fc.nat({ max: 3 })), {
    maxLength: 8,
  })
  .map((wishes) =>
    wishes.map(([from, end, version], index): Recorded => {
      const one = log(`o${index}`, from, { version: String(version + 2), service: { name: 'billing' } })
      if (end === 'refused')
        return one
          .refuse(from + 1, 'crowded')
          .settle(from + 2)
          .recorded()
      one.prepare(from + 1).shift(from + 2)
      if (end === 'good')
        one
          .hurry(from + 3)
          .shift(from + 4)
          .settle(from + 5)
      if (end === 'bad')
        one
          .order(from + 3, 'verdict')
          .restore(from + 4)
          .settle(from + 5)
      return one.recorded({ flags: end === 'good' ? ['x'] : [] })
    }),
  )
const counted = ['M1', 'M3', 'M5', 'M9', 'M10', 'M11', 'M12', 'M13', 'M14', 'M15']

describe('of any history', () => {
  it('the order in which releases are read does not matter', () => {
    const expected = measure(week)
    fc.assert(
      fc.property(shuffled, (releases) => {
        expect(measure({ ...week, releases })).toEqual(expected)
      }),
      { numRuns: repeats(20, 8) },
    )
  })

  it('releases of other services change nothing for this one', () => {
    const expected = measure(week)
    fc.assert(
      fc.property(others, (more) => {
        const all = { ...week, releases: [...more, ...week.releases] }
        expect(measure(ofService('checkout', all))).toEqual(expected)
        expect(factsOf(all).incidents.map(({ release }) => release?.release.id)).toEqual(['d', 'b', undefined])
      }),
      { numRuns: repeats(20, 8) },
    )
  })

  it('counts of two services add up to the count of both', () => {
    fc.assert(
      fc.property(others, (more) => {
        const all = { ...week, releases: [...more, ...week.releases] }
        for (const id of counted) {
          const parts = ['checkout', 'billing'].map((name) => resultOf(id, ofService(name, all)).n)
          expect([id, resultOf(id, all).n]).toEqual([id, (parts[0] ?? 0) + (parts[1] ?? 0)])
        }
      }),
      { numRuns: repeats(20, 8) },
    )
  })

  it('counts of the parts of a period add up to the count of the whole', () => {
    fc.assert(
      fc.property(others, fc.integer({ min: 1, max: 100 }), (more, days) => {
        const period = { fromMs: at(0), toMs: at(days * 1440 - 77) }
        for (const { definition, result, trend } of measure({
          ...week,
          releases: [...more, ...week.releases],
          period,
        })) {
          if (!counted.includes(definition.id)) continue
          expect([definition.id, trend.reduce((sum, part) => sum + part.result.n, 0)]).toEqual([
            definition.id,
            result.n,
          ])
        }
      }),
      { numRuns: repeats(20, 8) },
    )
  })

  it('a period is cut into days up to a month, and into weeks beyond', () => {
    const ends = (days: number) =>
      measure({
        ...week,
        releases: [],
        incidents: [],
        ledgers: [],
        period: { fromMs: 0, toMs: days * 86_400_000 },
      })[0]?.trend.map(({ period }) => period.toMs / 86_400_000)
    expect(ends(2.5)).toEqual([1, 2, 2.5])
    expect(ends(31)).toHaveLength(31)
    expect(ends(32)).toEqual([7, 14, 21, 28, 32])
    expect(ends(0)).toEqual([])
  })
})

it('each of the fifteen measures exists and has a unique name', () => {
  const ids = definitions.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (let number = 1; number <= 15; number++) expect(ids).toContain(`M${number}`)
})
