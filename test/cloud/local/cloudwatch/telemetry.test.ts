// Metrics and alarms of the embedded CloudWatch: what is counted, when an alarm fires, and the event that it sends.
import {
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  PutCompositeAlarmCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type SteppedClock, steppedClock } from '../../../../cloud/local/time/clock.ts'
import { type LocalCloud, localCloud } from '../../../../cloud/local/cloud.ts'
import { inProcessRuntime } from '../../../../cloud/local/runtime/in-process-runtime.ts'
import { parseQuery } from '../../../../cloud/local/protocol/query-protocol.ts'
import { type Clients, clientsAt, placeOf } from '../../../../local/clients.ts'

const minute = 60_000
const t0 = Date.UTC(2026, 0, 1)
let clock: SteppedClock
let cloud: LocalCloud
let cloudwatch: Clients['cloudwatch']
beforeEach(() => {
  clock = steppedClock(t0)
  cloud = localCloud({ clock, runtime: inProcessRuntime({}, clock) })
  cloudwatch = clientsAt(placeOf(cloud.handler, 'ann')).cloudwatch
})
afterEach(() => cloud.close())

const put = (Value: number, atMs: number) =>
  cloudwatch.send(
    new PutMetricDataCommand({
      Namespace: 'Shop',
      MetricData: [{ MetricName: 'Errors', Value, Timestamp: new Date(atMs) }],
    }),
  )
const query = async (Stat: string, startMs: number, endMs: number, Period = 60) => {
  const { MetricDataResults } = await cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(startMs),
      EndTime: new Date(endMs),
      ScanBy: 'TimestampAscending',
      MetricDataQueries: [
        { Id: 'm', MetricStat: { Metric: { Namespace: 'Shop', MetricName: 'Errors' }, Period, Stat } },
      ],
    }),
  )
  const [result] = MetricDataResults ?? []
  return result?.Timestamps?.map((time, index) => [(time.getTime() - t0) / minute, result.Values?.[index]])
}

describe('GetMetricData', () => {
  it('has only minutes with points, from the start until before the end', async () => {
    await clock.advanceTo(t0 + 5 * minute)
    for (const [value, atMs] of [
      [1, 0],
      [2, 30_000],
      [5, 2 * minute],
      [7, 3 * minute],
    ] as const)
      await put(value, t0 + atMs)
    expect(await query('Sum', t0, t0 + 3 * minute)).toEqual([
      [0, 3],
      [2, 5],
    ])
    expect(await query('Sum', t0, t0 + 5 * minute, 300)).toEqual([[0, 15]])
  })

  it.each([
    ['Average', 1.5],
    ['SampleCount', 4],
    ['Minimum', 0],
    ['Maximum', 3],
    ['p50', 1],
    ['p99', 3],
    ['TC(:1)', 2],
    ['TC(1:3)', 2],
  ])('computes %s', async (stat, value) => {
    for (const one of [0, 1, 2, 3]) await put(one, t0)
    expect(await query(stat, t0, t0 + minute)).toEqual([[0, value]])
  })

  it('refuses a window that ends before it begins, and unknown statistics', async () => {
    await expect(query('Sum', t0, t0)).rejects.toMatchObject({ name: 'ValidationException' })
    await put(1, t0)
    await expect(query('IQM', t0, t0 + minute)).rejects.toMatchObject({
      message: expect.stringContaining('not implemented') as string,
    })
    await expect(put(Number.NaN, t0)).rejects.toBeDefined()
  })
})

const alarm = (changes: Partial<PutMetricAlarmCommandInput> = {}) =>
  cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: 'errors',
      Namespace: 'Shop',
      MetricName: 'Errors',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
      Threshold: 5,
      ComparisonOperator: 'GreaterThanThreshold',
      ...changes,
    }),
  )
const state = async (name = 'errors') =>
  (
    await cloudwatch.send(
      new DescribeAlarmsCommand({ AlarmNames: [name], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }),
    )
  ).MetricAlarms?.[0]?.StateValue

describe('an alarm', () => {
  it('fires if M of the last N minutes breach, and recovers when they have passed', async () => {
    await alarm()
    expect(await state()).toBe('INSUFFICIENT_DATA')
    const states: (string | undefined)[] = []
    for (const [index, value] of [9, 0, 9, 0, 0].entries()) {
      await put(value, t0 + index * minute)
      await clock.advanceTo(t0 + (index + 1) * minute)
      states.push(await state())
    }
    // Good minutes may follow the first breach, so AWS waits (alarm-missing-data.test.ts).
    expect(states).toEqual(['INSUFFICIENT_DATA', 'OK', 'ALARM', 'OK', 'OK'])
  })

  it.each([
    ['missing', 'INSUFFICIENT_DATA'],
    ['notBreaching', 'OK'],
    ['breaching', 'ALARM'],
    ['ignore', 'INSUFFICIENT_DATA'],
  ] as const)('treats missing data as %s: %s', async (TreatMissingData, expected) => {
    await alarm({ TreatMissingData })
    await clock.advanceTo(t0 + 4 * minute)
    expect(await state()).toBe(expected)
  })

  it.each([
    ['GreaterThanThreshold', 5, 'OK'],
    ['GreaterThanOrEqualToThreshold', 5, 'ALARM'],
    ['LessThanThreshold', 5, 'OK'],
    ['LessThanOrEqualToThreshold', 5, 'ALARM'],
  ] as const)('compares by %s', async (ComparisonOperator, value, expected) => {
    await alarm({ ComparisonOperator, EvaluationPeriods: 1, DatapointsToAlarm: 1 })
    await put(value, t0)
    await clock.advanceTo(t0 + minute)
    expect(await state()).toBe(expected)
  })

  it('sends every change to the bus, once, in the shape of CloudWatch', async () => {
    await alarm()
    await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'a test' }))
    await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'a test' }))
    const events = cloud.events.recorded().filter((event) => event.source === 'aws.cloudwatch')
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({
      'detail-type': 'CloudWatch Alarm State Change',
      resources: ['arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors'],
      detail: {
        alarmName: 'errors',
        previousState: { value: 'INSUFFICIENT_DATA' },
        state: { value: 'ALARM', reason: 'a test', timestamp: '2026-01-01T00:00:00.000+0000' },
      },
    })
    await expect(
      cloudwatch.send(new SetAlarmStateCommand({ AlarmName: 'nonesuch', StateValue: 'OK', StateReason: 'x' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFound' })
  })

  it('of other alarms fires with them, and is described only on request', async () => {
    await alarm()
    await alarm({ AlarmName: 'latency' })
    await cloudwatch.send(
      new PutCompositeAlarmCommand({
        AlarmName: 'both',
        AlarmRule: 'ALARM("errors") AND (ALARM(latency) OR NOT OK("latency"))',
      }),
    )
    await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'x' }))
    const all = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }))
    expect(all.CompositeAlarms?.[0]).toMatchObject({ AlarmName: 'both', StateValue: 'ALARM' })
    await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: 'latency', StateValue: 'OK', StateReason: 'x' }))
    const plain = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: ['errors', 'both', 'nonesuch'] }))
    expect([plain.MetricAlarms?.length, plain.CompositeAlarms?.length]).toEqual([1, 0])
    await expect(
      cloudwatch.send(new PutCompositeAlarmCommand({ AlarmName: 'bad', AlarmRule: 'ALARM(' })),
    ).rejects.toMatchObject({ name: 'ValidationException' })
  })
})

describe('the query protocol', () => {
  it('is parsed into lists and structures', () => {
    expect(
      parseQuery(
        'Action=PutMetricData&MetricData.member.1.MetricName=a&MetricData.member.1.Dimensions.member.2.Name=y&MetricData.member.1.Dimensions.member.1.Name=x&MetricData.member.2.Value=3',
      ),
    ).toEqual({
      Action: 'PutMetricData',
      MetricData: [{ MetricName: 'a', Dimensions: [{ Name: 'x' }, { Name: 'y' }] }, { Value: '3' }],
    })
  })

  it('is answered in XML, escaped', async () => {
    await alarm({ AlarmDescription: '<b>&"' })
    const body = new TextEncoder().encode('Action=DescribeAlarms&Version=2010-08-01')
    const answer = await cloud.handler({
      method: 'POST',
      path: '/',
      query: new URLSearchParams(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    })
    expect(answer.body).toContain('<MetricAlarms><member><AlarmName>errors</AlarmName>')
    expect(answer.body).toContain('<AlarmDescription>&#60;b&#62;&#38;&#34;</AlarmDescription>')
  })
})
