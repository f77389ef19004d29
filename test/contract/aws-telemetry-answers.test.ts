// Answers that CloudWatch may give and the embedded cloud does not: pages, partial data, nonsense. None of them is evidence.
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { describe, expect, it } from 'vitest'
import { awsTelemetry } from '../../cloud/aws/telemetry.ts'
import type { Question } from '../../core/verdict/evidence/questions.ts'
import { canned, config } from './canned.ts'
import { t0Ms } from './samples.ts'

describe('series', () => {
  const asked = { startMs: t0Ms, endMs: t0Ms + 600_000, periodSeconds: 60 }
  const question = (metric: string): Question => ({
    key: metric,
    namespace: 'AWS/Lambda',
    metric,
    dimensions: { FunctionName: 'orders-api', Resource: 'orders-api:live', ExecutedVersion: '2' },
    stat: 'Sum',
  })
  const questions = [question('Invocations'), question('Errors')]
  const series = (Id: string, StatusCode: string, points: readonly (readonly [number, number])[]) => ({
    Id,
    StatusCode,
    Timestamps: points.map(([minute]) => new Date(t0Ms + minute * 60_000)),
    Values: points.map(([, value]) => value),
  })
  const read = (...pages: unknown[]) => {
    const [client, sent] = canned(new CloudWatchClient(config), pages)
    return { sent, read: () => awsTelemetry(() => client).read(questions, asked) }
  }
  const page = (...results: unknown[]) => ({ MetricDataResults: results })
  const good = series('q1', 'Complete', [])

  it('join pages, in the order of time', async () => {
    const opened = read(
      {
        ...page(
          series('q0', 'PartialData', [
            [3, 30],
            [2, 20],
          ]),
          good,
        ),
        NextToken: 'more',
      },
      page(series('q0', 'Complete', [[0, 5]]), series('q1', 'Complete', [[2, 1]])),
    )
    expect(await opened.read()).toEqual([
      {
        kind: 'points',
        points: [
          { minuteMs: t0Ms, value: 5 },
          { minuteMs: t0Ms + 120_000, value: 20 },
          { minuteMs: t0Ms + 180_000, value: 30 },
        ],
      },
      { kind: 'points', points: [{ minuteMs: t0Ms + 120_000, value: 1 }] },
    ])
    expect(opened.sent[1]?.input['NextToken']).toBe('more')
  })

  it.each([
    ['partial data', page(series('q0', 'PartialData', [[0, 5]]), good), /Invocations of orders-api.*PartialData/],
    ['an internal error', page(series('q0', 'InternalError', [[0, 5]]), good), /Invocations.*InternalError/],
    ['a refusal', page(series('q0', 'Forbidden', []), good), /Forbidden/],
    ['no result', page(good), /Invocations.*no result/],
    ['nothing at all', {}, /no result/],
    ['a value that is no number', page(series('q0', 'Complete', [[0, NaN]]), good), /NaN/],
    ['an infinite value', page(series('q0', 'Complete', [[0, Infinity]]), good), /Infinity/],
    [
      'two points in a minute',
      page(
        series('q0', 'Complete', [
          [0, 5],
          [0, 5],
        ]),
        good,
      ),
      /two points/,
    ],
    ['a point outside the window', page(series('q0', 'Complete', [[10, 5]]), good), /unexpected/],
    ['a point between two minutes', page(series('q0', 'Complete', [[0.5, 5]]), good), /unexpected/],
    ['times without values', page({ ...series('q0', 'Complete', [[0, 5]]), Values: [] }, good), /NaN/],
    [
      'a time that is none',
      page({ ...series('q0', 'Complete', [[0, 5]]), Timestamps: [new Date(NaN)] }, good),
      /without a time/,
    ],
  ])('are not evidence with %s', async (_, answer, because) => {
    const [first] = await read(answer).read()
    expect(first).toMatchObject({ kind: 'unread', because: expect.stringMatching(because) as string })
  })

  it('that could not be read leave the others readable', async () => {
    const answer = page(series('q0', 'Forbidden', []), series('q1', 'Complete', [[1, 2]]))
    const [, errors] = await read(answer).read()
    expect(errors).toEqual({ kind: 'points', points: [{ minuteMs: t0Ms + 60_000, value: 2 }] })
  })

  it('stay refused when a later page is complete', async () => {
    const first = { ...page(series('q0', 'Forbidden', [])), NextToken: 'more' }
    const [reading] = await read(first, page(series('q0', 'Complete', [[0, 5]]), good)).read()
    expect(reading).toMatchObject({ kind: 'unread' })
  })

  it('are requested in calls of at most 500 queries', async () => {
    const many = Array.from({ length: 520 }, (_, index) => question(`Metric${index}`))
    const [client, sent] = canned(new CloudWatchClient(config), [{}, {}])
    const answers = await awsTelemetry(() => client).read(many, asked)
    expect(answers).toHaveLength(520)
    expect(sent.map((one) => (one.input['MetricDataQueries'] as unknown[]).length)).toEqual([500, 20])
  })
})

describe('alarms', () => {
  it('are unclear if their evaluation had trouble, or their state is unknown', async () => {
    const alarms = [
      { AlarmName: 'a', StateValue: 'OK', EvaluationState: 'PARTIAL_DATA', StateReason: 'why' },
      { AlarmName: 'b', StateValue: 'NEW' },
    ]
    const [client, sent] = canned(new CloudWatchClient(config), [
      { MetricAlarms: alarms, NextToken: 'more' },
      { CompositeAlarms: [{ AlarmName: 'c', StateValue: 'ALARM', StateReason: 'x'.repeat(2000) }] },
    ])
    const [a, b, c] = await awsTelemetry(() => client).alarms(['a', 'b', 'c'])
    expect(a).toMatchObject({ state: 'unclear', reason: expect.stringContaining('PARTIAL_DATA') as string })
    expect(b).toMatchObject({ state: 'unclear' })
    expect(c).toEqual({ name: 'c', state: 'alarm', reason: 'x'.repeat(1024) })
    expect(sent[0]?.input['AlarmTypes']).toEqual(['MetricAlarm', 'CompositeAlarm'])
  })
})

describe('alarms that DescribeAlarms did not return', () => {
  it('are missing, and without names there is no call', async () => {
    const [client, sent] = canned(new CloudWatchClient(config), [{ MetricAlarms: [] }])
    const telemetry = awsTelemetry(() => client)
    expect(await telemetry.alarms([])).toEqual([])
    expect(await telemetry.alarms(['nobody'])).toEqual([{ name: 'nobody', state: 'missing' }])
    expect(sent).toHaveLength(1)
  })
})
