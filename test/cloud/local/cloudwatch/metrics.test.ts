// What CloudWatch accepts and refuses, in recorded words (docs/aws.md §2.3), and how long it keeps points.
import {
  type CloudWatchClient,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
  type PutMetricDataCommandInput,
} from '@aws-sdk/client-cloudwatch'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type SteppedClock, steppedClock } from '../../../../cloud/local/time/clock.ts'
import { type LocalCloud, localCloud } from '../../../../cloud/local/cloud.ts'
import { metricStore } from '../../../../cloud/local/cloudwatch/metric-store.ts'
import { inProcessRuntime } from '../../../../cloud/local/runtime/in-process-runtime.ts'
import { clientsAt, placeOf } from '../../../../local/clients.ts'

const minute = 60_000
const day = 24 * 60 * minute
const t0 = Date.UTC(2026, 0, 1)
let clock: SteppedClock
let cloud: LocalCloud
let cloudwatch: CloudWatchClient
beforeEach(() => {
  clock = steppedClock(t0)
  cloud = localCloud({ clock, runtime: inProcessRuntime({}, clock) })
  cloudwatch = clientsAt(placeOf(cloud.handler, 'ann')).cloudwatch
})
afterEach(() => cloud.close())

const put = (datum: NonNullable<PutMetricDataCommandInput['MetricData']>[number], Namespace = 'Shop') =>
  cloudwatch.send(new PutMetricDataCommand({ Namespace, MetricData: [datum] }))
const query = (Id: string, MetricName: string, Stat = 'Sum', Period = 60) => ({
  Id,
  MetricStat: { Metric: { Namespace: 'Shop', MetricName }, Stat, Period },
})
const read = (queries: readonly ReturnType<typeof query>[], minutes = 60) =>
  cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(t0),
      EndTime: new Date(t0 + minutes * minute),
      MetricDataQueries: [...queries],
    }),
  )

describe('PutMetricData', () => {
  it.each([
    [
      'data of AWS',
      () => put({ MetricName: 'a', Value: 1 }, 'AWS/Lambda'),
      'The value AWS/ for parameter Namespace is invalid.',
    ],
    [
      'data of three weeks ago',
      () => put({ MetricName: 'a', Value: 1, Timestamp: new Date(t0 - 21 * day) }),
      'within the past two weeks',
    ],
    [
      'data of tomorrow',
      () => put({ MetricName: 'a', Value: 1, Timestamp: new Date(t0 + day) }),
      'two hours in the future',
    ],
    ['what is too large', () => put({ MetricName: 'a', Value: 2 ** 361 }), 'is invalid'],
    ['nothing at all', () => put({ MetricName: 'a' }), 'exactly one'],
    ['counts without their values', () => put({ MetricName: 'a', Values: [1, 2], Counts: [1] }), 'same size'],
  ])('refuses %s', async (_, call, message) => {
    await expect(call()).rejects.toMatchObject({ message: expect.stringContaining(message) as string })
  })

  it('stores nothing of a request if part of it is refused', async () => {
    const MetricData = [
      { MetricName: 'a', Value: 1 },
      { MetricName: 'a', Value: Number.NaN },
    ]
    await expect(cloudwatch.send(new PutMetricDataCommand({ Namespace: 'Shop', MetricData }))).rejects.toBeDefined()
    expect((await cloudwatch.send(new ListMetricsCommand({ Namespace: 'Shop' }))).Metrics).toEqual([])
  })
})

describe('GetMetricData', () => {
  it.each([
    [
      'the same id twice',
      () => read([query('a', 'x'), query('a', 'y')]),
      'The values for parameter id in MetricDataQueries are not unique.',
    ],
    ['a period of 45 seconds', () => read([query('a', 'x', 'Sum', 45)]), 'or any multiple of 60'],
    [
      'a statistic that there is not',
      () => read([query('a', 'x', 'Min')]),
      'The value Min for parameter MetricDataQueries.member.1.MetricStat.Stat is not a valid statistic.',
    ],
    ['an id that begins with a capital', () => read([query('A', 'x')]), '^[a-z][a-zA-Z0-9_]*$'],
  ])('refuses %s', async (_, call, message) => {
    await expect(call()).rejects.toMatchObject({
      message: expect.stringContaining(message) as string,
    })
  })

  it("labels by the metric's name, and by its statistic if there are several", async () => {
    const labels = async (...queries: ReturnType<typeof query>[]) =>
      (await read(queries)).MetricDataResults?.map((result) => result.Label)
    expect(await labels(query('a', 'x'), query('b', 'y'))).toEqual(['x', 'y'])
    expect(await labels(query('a', 'x'), query('b', 'x', 'p99'), query('c', 'y'))).toEqual(['x Sum', 'x p99', 'y'])
  })
})

describe('GetMetricStatistics', () => {
  const ask = (changes: object = {}) =>
    cloudwatch.send(
      new GetMetricStatisticsCommand({
        ...{ Namespace: 'Shop', MetricName: 'a', Period: 60, Statistics: ['Sum', 'Maximum'] },
        ...{ StartTime: new Date(t0), EndTime: new Date(t0 + 60 * minute) },
        ...changes,
      }),
    )

  it('returns every statistic of every minute that has data', async () => {
    await put({ MetricName: 'a', Values: [1, 4], Counts: [2, 1], Unit: 'Count' })
    const { Label, Datapoints } = await ask()
    expect(Label).toBe('a')
    expect(Datapoints).toEqual([{ Timestamp: new Date(t0), Sum: 6, Maximum: 4, Unit: 'Count' }])
    const ranks = await ask({ Statistics: undefined, ExtendedStatistics: ['p50'] })
    expect(ranks.Datapoints).toMatchObject([{ ExtendedStatistics: { p50: 1 } }])
    expect((await ask({ Unit: 'Seconds' })).Datapoints).toEqual([])
  })

  it.each([
    ['more than 1440 points', { EndTime: new Date(t0 + 2 * day) }, 'InvalidParameterCombination'],
    ['both kinds of statistics', { ExtendedStatistics: ['p50'] }, 'InvalidParameterCombination'],
    ['a period of 45 seconds', { Period: 45 }, 'InvalidParameterValue'],
    ['a percentile among the plain ones', { Statistics: ['p50'] }, 'InvalidParameterValue'],
  ])('refuses %s', async (_, changes, code) => {
    await expect(ask(changes)).rejects.toMatchObject({ name: expect.stringContaining(code) as string })
  })
})

describe('PutMetricAlarm', () => {
  const alarm = (changes: Partial<PutMetricAlarmCommandInput>) =>
    cloudwatch.send(
      new PutMetricAlarmCommand({
        ...{ AlarmName: 'a', Namespace: 'Shop', MetricName: 'x', Statistic: 'Sum', Period: 60, EvaluationPeriods: 1 },
        ...{ Threshold: 1, ComparisonOperator: 'GreaterThanThreshold' as const },
        ...changes,
      }),
    )

  it.each<readonly [string, Partial<PutMetricAlarmCommandInput>, string]>([
    [
      'more than all datapoints',
      { EvaluationPeriods: 2, DatapointsToAlarm: 3 },
      'DatapointsToAlarm must be less than or equal to EvaluationPeriods',
    ],
    ['a period of 45 seconds', { Period: 45 }, 'multiple of 60'],
    ['a period of 5 seconds, which metrics have and alarms have not', { Period: 5 }, 'multiple of 60'],
    ['no period', { Period: undefined }, 'Period is required'],
    ['no threshold', { Threshold: undefined }, 'Threshold is required'],
    ['two statistics', { ExtendedStatistic: 'p99' }, 'Exactly one'],
    ['more than a day of minutes', { EvaluationPeriods: 1441 }, '86400'],
    ['a plain statistic that there is not', { Statistic: 'Median' as 'Sum' }, 'Median'],
  ])('refuses %s', async (_, changes, message) => {
    await expect(alarm(changes)).rejects.toMatchObject({ message: expect.stringContaining(message) as string })
  })
})

describe('what is kept', () => {
  const series = { namespace: 'Shop', name: 'a', dimensions: {} }
  const how = { resolutionMs: minute, unit: 'Count' }
  const rnd = (index: number): number => (index * 7919) % 13

  it('is the same whenever it was packed, and however late points arrived', () => {
    let nowMs = t0
    const store = metricStore(() => nowMs)
    const raw: { readonly atMs: number; readonly value: number }[] = []
    for (let index = 0; index < 3000; index++) {
      nowMs = t0 + index * 20_000
      const atMs = nowMs - (index % 5 === 0 ? 45 * minute : 0)
      const value = rnd(index)
      raw.push({ atMs, value })
      store.add(series, { atMs, value, count: 1 }, how)
    }
    const window = { periodMs: 5 * minute, startMs: t0, endMs: t0 + 20 * 60 * minute }
    const expected = new Map<number, number>()
    for (const { atMs, value } of raw) {
      const startMs = Math.floor(atMs / window.periodMs) * window.periodMs
      if (startMs >= t0) expected.set(startMs, (expected.get(startMs) ?? 0) + value)
    }
    const sums = store.statistic(series, 'Sum', window)
    expect(new Map(sums.map(({ atMs, value }) => [atMs, value]))).toEqual(expected)
  })

  it('counts equal values of a minute one by one, and none before its time', () => {
    let nowMs = t0
    const store = metricStore(() => nowMs)
    for (const value of [1, 0, 1, 1, 7]) store.add(series, { atMs: (nowMs += 10_000), value, count: 1 }, how)
    for (const atMs of [nowMs + minute, nowMs + minute]) store.add(series, { atMs, value: 7, count: 1 }, how)
    const window = { periodMs: minute, startMs: t0, endMs: t0 + 10 * minute }
    const valuesOf = (stat: string) => store.statistic(series, stat, window).map(({ value }) => value)
    expect(['SampleCount', 'Sum', 'p60'].map(valuesOf)).toEqual([[5], [10], [1]])
    nowMs += minute
    expect(['SampleCount', 'Sum', 'p60'].map(valuesOf)).toEqual([
      [5, 2],
      [10, 14],
      [1, 7],
    ])
  })

  it('gets coarser with age, and is gone after 455 days', () => {
    let nowMs = t0
    const store = metricStore(() => nowMs)
    store.add(series, { atMs: t0 + 7 * minute, value: 3, count: 1 }, how)
    const at = (days: number, periodMs: number) => {
      nowMs = t0 + days * day
      // A new point, so that old ones are checked.
      store.add(series, { atMs: nowMs, value: 1, count: 1 }, how)
      return store
        .statistic(series, 'Sum', { periodMs, startMs: t0, endMs: t0 + 60 * minute })
        .map((point) => point.value)
    }
    expect([at(14, minute), at(14, 5 * minute)]).toEqual([[3], [3]])
    expect([at(16, minute), at(16, 5 * minute)]).toEqual([[], [3]])
    expect([at(64, 5 * minute), at(64, 60 * minute)]).toEqual([[], [3]])
    expect(at(456, 60 * minute)).toEqual([])
  })

  it('has one-second values for high-resolution metrics, for three hours', () => {
    let nowMs = t0 + 30_000
    const store = metricStore(() => nowMs)
    store.add(series, { atMs: t0 + 20_500, value: 1, count: 1 }, { resolutionMs: 1000, unit: 'Count' })
    const times = () =>
      store.statistic(series, 'Sum', { periodMs: 10_000, startMs: t0, endMs: t0 + minute }).map(({ atMs }) => atMs - t0)
    expect(times()).toEqual([20_000])
    nowMs = t0 + 4 * 60 * minute
    store.add(series, { atMs: nowMs, value: 1, count: 1 }, how)
    expect(times()).toEqual([0])
  })
})
