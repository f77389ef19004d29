// Times and weights in every unit, tables of series, and whatever else an export may be (fuzzed).
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { repeats } from '../repeats.ts'
import { Problem } from '../../core/problem.ts'
import { counts, countsOf, iso, labels, plain, read, refused, roles, seconds, startMs, versions } from './exported.ts'

describe('a time', () => {
  const csv = (time: (minute: number) => unknown, separator = ',') =>
    [['time', ...roles], ...counts.map((row, minute) => [time(minute), ...row])]
      .map((row) => row.join(separator))
      .join('\r\n')

  it.each([
    ['ISO 8601', iso],
    ['ISO 8601 with a space', (minute: number) => iso(minute).replace('T', ' ')],
    [
      'another zone',
      (minute: number) => new Date(startMs + minute * 60_000 + 7_200_000).toISOString().replace(/\.000Z/, '+02:00'),
    ],
    ['seconds', seconds],
    ['milliseconds', (minute: number) => seconds(minute) * 1000],
    ['minutes', (minute: number) => seconds(minute) / 60],
  ])('is read as %s', (_, time) => {
    expect(countsOf(read(csv(time, ';'), plain, 'x.csv'))).toEqual(counts)
    expect(read(`sep=\t\r\n${csv(time, '\t')}`).firstMinute).toBe(startMs / 60_000)
  })

  it.each([
    ['no zone', (minute: number) => iso(minute).slice(0, 19), /no time zone/],
    ['a day that is not there', () => '2026-02-30T00:00:00Z', /no time of the calendar/],
    ['microseconds', (minute: number) => seconds(minute) * 1e6, /no time between 1998 and 2103/],
    [
      'mixed units',
      (minute: number) => seconds(minute) * (minute === 5 ? 1000 : 1),
      /another unit than the rows before/,
    ],
    ['words', () => 'noon', /is no time/],
  ])('is refused for %s', (_, time, words) => {
    refused('replay_invalid', words, () => read(csv(time)))
  })

  it('is refused in rows that are five minutes apart', () => {
    refused('replay_resolution', /line 3: the rows are 5 minutes apart/, () => read(csv((minute) => iso(5 * minute))))
  })

  it('is in a table of series as well, where an empty cell is no point', () => {
    const rows = counts.map((row, minute) => [iso(minute), ...row.map((cell) => (cell === 2 ? '' : cell))].join(','))
    const found = read(['Time,"Invocations 41","Errors 41","Invocations 42","Errors 42"', ...rows].join('\n'), versions)
    expect(countsOf(found).filter(([all]) => all > 0)).toEqual(counts.filter((row) => row[3] !== 2))
    refused('call_invalid', /are for exports of series/, () => read(csv(iso), versions))
  })
})

describe('the time of an export', () => {
  const minutes = Array.from({ length: 200 }, (_, minute) => minute)
  /** The candidate has requests in these minutes; stable until it is promoted. */
  const answer = (busy: (minute: number) => boolean, promotedAt = 200) => ({
    MetricDataResults: labels.map((Label, index) => {
      const own = minutes.filter((minute) => (index < 2 ? minute < promotedAt : busy(minute)))
      return { Label, Timestamps: own.map(iso), Values: own.map(() => (index % 2 === 0 ? 100 : 1)) }
    }),
  })

  it('is that in which both versions had requests, and what is before and after is said', () => {
    const {
      minutes: found,
      firstMinute,
      notes,
    } = read(
      answer((minute) => minute >= 50, 90),
      versions,
    )
    expect([firstMinute - startMs / 60_000, found.length]).toEqual([50, 40])
    expect(notes.join(' ')).toContain('Left out: 50 minutes before and 110 after')
  })

  it('is chosen when the candidate had requests twice, an hour or more apart', () => {
    const twice = answer((minute) => minute < 20 || minute > 120)
    refused('replay_ambiguous', /had requests 2 times: 2026-03-01T09:30Z to .*--from and --to/, () =>
      read(twice, versions),
    )
    const toMinute = startMs / 60_000 + 30
    expect(read(twice, { ...versions, toMinute }).minutes).toHaveLength(20)
    expect(read(twice, { ...versions, fromMinute: toMinute }).firstMinute).toBe(startMs / 60_000 + 121)
    expect(
      read(
        answer((minute) => minute < 20 || minute > 70),
        versions,
      ).minutes,
    ).toHaveLength(200)
  })

  it('is refused when there is none', () => {
    refused('replay_empty', /no requests at the same time/, () =>
      read(
        answer((minute) => minute > 100, 50),
        versions,
      ),
    )
    refused('replay_empty', /The candidate had no requests/, () =>
      read(
        answer(() => false),
        versions,
      ),
    )
    const errors = (minute: number): number => (minute % 2 === 0 ? 101 : 1)
    const odd = answer(() => true).MetricDataResults.map((one, index) =>
      index === 3 ? { ...one, Values: minutes.map(errors) } : one,
    )
    const { notes } = read({ MetricDataResults: odd }, versions)
    expect(notes.join(' ')).toContain('Left out: 100 minutes with more errors than requests.')
  })
})

describe('a weight', () => {
  const csv = (weight: (minute: number) => unknown, column = 'weight', share = 0.1) =>
    [
      ['minute', ...roles, column],
      ...counts.map((_, minute) => [minute, 1000 - 1000 * share, 0, 1000 * share, 0, weight(minute)]),
    ].join('\n')
  const weightsIn = (text: string) => [...new Set(read(text).minutes.map(({ weightBp }) => weightBp))]

  it('is percent, or basis points by the name of its column', () => {
    expect(weightsIn(csv(() => 10))).toEqual([1000])
    expect(weightsIn(csv(() => 1000, 'weight_bp'))).toEqual([1000])
    expect(weightsIn(csv(() => 0.1, 'weight', 0.001))).toEqual([10])
  })

  it.each([
    [
      'a fraction',
      csv(() => 0.1),
      /weight is 0\.1, which is 0\.1 %, but the candidate had 10 % of the requests; write 10/,
    ],
    ['basis points', csv(() => 1000), /1000 basis points are written 10/],
    ['few basis points', csv(() => 50, 'weight', 0.005), /call the column weight_bp/],
    ['nothing', csv(() => 0), /must be above 0/],
    ['too little', csv(() => 0.001, 'weight', 0.002), /smallest weight is 0.01 %/],
    ['a decimal comma', csv(() => '"0,5"'), /written with a point/],
  ])('is refused for %s', (_, text, words) => {
    refused('replay_invalid', words, () => read(text))
  })

  it('is estimated from the requests when it is not said, step by step', () => {
    const rows = Array.from({ length: 30 }, (_, at) => [at, ...(at < 15 ? [905, 0, 95, 0] : [748, 0, 252, 0])])
    const { minutes, notes } = read([['minute', ...roles], ...rows].join('\n'))
    expect(minutes.map(({ weightBp }) => weightBp)).toEqual(rows.map(([at = 0]) => (at < 15 ? 950 : 2520)))
    expect(notes).toEqual(['Weights are estimated from the requests: 9.5 %, 25 %.'])
  })
})

it('any export is read whole, or is a problem, and never anything else (fuzzed)', () => {
  const value = fc.oneof(fc.nat(50), fc.constantFrom<unknown>('1', 'NaN', null, -1, 0.5, '', '1e999', {}))
  const time = fc.oneof(fc.nat(8).map(iso), fc.nat(8).map(seconds), fc.constantFrom<unknown>('x', null, 1, 1e18))
  const name = fc.constantFrom(...labels, ...roles, 'Duration', '', '__proto__')
  const points = fc.array(fc.tuple(time, value), { maxLength: 9 })
  const answer = fc.oneof(
    fc
      .array(
        fc.record({
          Id: name,
          Label: name,
          Timestamps: fc.array(time),
          Values: fc.array(value),
          StatusCode: fc.constant('Complete'),
        }),
      )
      .map((MetricDataResults) => ({ MetricDataResults })),
    fc.record({ Label: name, Datapoints: fc.array(fc.record({ Timestamp: time, Sum: value })) }),
    fc
      .array(fc.record({ metric: fc.dictionary(name, name), values: points }))
      .map((result) => ({ status: 'success', data: { resultType: 'matrix', result } })),
    fc.record(
      { status: fc.string(), data: fc.jsonValue(), resultType: fc.jsonValue(), MetricDataResults: fc.jsonValue() },
      { requiredKeys: [] },
    ),
    // Exports that are right but for their numbers.
    fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9), fc.nat(9)), { minLength: 1, maxLength: 9 }).map((rows) => ({
      MetricDataResults: labels.map((Label, index) => ({
        Label,
        Timestamps: rows.map((_, minute) => iso(minute)),
        Values: rows.map((row) => row[index]),
      })),
    })),
  )
  let whole = 0
  fc.assert(
    fc.property(answer, fc.boolean(), (any, zeroWhenMissing) => {
      try {
        const { minutes } = read(any, { ...versions, zeroWhenMissing })
        whole++
        for (const one of minutes) {
          expect(one.stableBad).toBeLessThanOrEqual(one.stableInvocations)
          expect(one.candidateBad).toBeLessThanOrEqual(one.candidateInvocations)
          for (const number of Object.values(one)) expect(Number.isInteger(number) && number >= 0).toBe(true)
        }
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        expect(error.code).toMatch(/^(replay_|call_invalid)/)
      }
    }),
    { numRuns: repeats(2000, 500) },
  )
  expect(whole).toBeGreaterThan(50)
})
