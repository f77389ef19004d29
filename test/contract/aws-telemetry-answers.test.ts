// What CloudWatch may answer and the embedded cloud does not: pages, partial data, nonsense. None of it is evidence.
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { describe, expect, it } from 'vitest'
import { awsTelemetry } from '../../cloud/aws/telemetry.ts'
import type { CountQuery } from '../../cloud/ports.ts'
import { canned, config } from './canned.ts'
import { t0Ms } from './samples.ts'

const target = { functionName: 'orders-api', alias: 'live' }

describe('counts', () => {
  const query: CountQuery = { ...target, version: '2' }
  const at = (minute: number): Date => new Date(t0Ms + minute * 60_000)
  const series = (Id: string, StatusCode: string, points: readonly (readonly [number, number])[]) => {
    return {
      Id,
      StatusCode,
      Timestamps: points.map(([minute]) => at(minute)),
      Values: points.map(([, value]) => value),
    }
  }
  const counts = (...pages: unknown[]) => {
    const [client, sent] = canned(new CloudWatchClient(config), pages)
    return { sent, read: () => awsTelemetry(client).counts([query], t0Ms, t0Ms + 600_000) }
  }
  const page = (...results: unknown[]) => ({ MetricDataResults: results })
  const good = series('errors0', 'Complete', [])

  it('join pages, in order, with no errors where there is no point', async () => {
    const { read, sent } = counts(
      {
        ...page(
          series('invocations0', 'PartialData', [
            [3, 30],
            [2, 20],
          ]),
          good,
        ),
        NextToken: 'more',
      },
      page(series('invocations0', 'Complete', [[0, 5]]), series('errors0', 'Complete', [[2, 1]])),
    )
    expect(await read()).toEqual([
      {
        kind: 'counts',
        minutes: [
          { minuteMs: t0Ms, invocations: 5, errors: 0 },
          { minuteMs: t0Ms + 120_000, invocations: 20, errors: 1 },
          { minuteMs: t0Ms + 180_000, invocations: 30, errors: 0 },
        ],
      },
    ])
    expect(sent[1]?.input['NextToken']).toBe('more')
  })

  it.each([
    [
      'partial data',
      page(series('invocations0', 'PartialData', [[0, 5]]), good),
      /Invocations.*version 2.*PartialData/,
    ],
    [
      'an internal error',
      page(series('invocations0', 'Complete', [[0, 5]]), series('errors0', 'InternalError', [])),
      /Errors.*InternalError/,
    ],
    ['a refusal', page(series('invocations0', 'Forbidden', []), good), /Forbidden/],
    ['no result', page(series('invocations0', 'Complete', [[0, 5]])), /Errors.*no result/],
    ['nothing at all', {}, /no result/],
    ['a negative count', page(series('invocations0', 'Complete', [[0, -1]]), good), /-1/],
    ['a count that is no number', page(series('invocations0', 'Complete', [[0, NaN]]), good), /NaN/],
    [
      'an infinite count',
      page(series('invocations0', 'Complete', [[0, 5]]), series('errors0', 'Complete', [[0, Infinity]])),
      /Infinity/,
    ],
    [
      'two points in a minute',
      page(
        series('invocations0', 'Complete', [
          [0, 5],
          [0, 5],
        ]),
        good,
      ),
      /two points/,
    ],
    ['a point outside the window', page(series('invocations0', 'Complete', [[10, 5]]), good), /unexpected/],
    ['times without values', page({ ...series('invocations0', 'Complete', [[0, 5]]), Values: [] }, good), /NaN/],
    [
      'errors without invocations',
      page(series('invocations0', 'Complete', []), series('errors0', 'Complete', [[0, 2]])),
      /without any/,
    ],
  ])('are no evidence with %s', async (_, answer, because) => {
    const [read] = await counts(answer).read()
    expect(read).toMatchObject({ kind: 'unread', because: expect.stringMatching(because) as string })
  })

  it('stay refused when a later page is complete', async () => {
    const first = { ...page(series('invocations0', 'Forbidden', [])), NextToken: 'more' }
    const [read] = await counts(first, page(series('invocations0', 'Complete', [[0, 5]]), good)).read()
    expect(read).toMatchObject({ kind: 'unread' })
  })

  it('are asked for in calls of at most 500 queries', async () => {
    const queries = Array.from({ length: 260 }, (_, index) => ({ ...query, version: String(index + 1) }))
    const [client, sent] = canned(new CloudWatchClient(config), [{}, {}])
    const answers = await awsTelemetry(client).counts(queries, t0Ms, t0Ms + 60_000)
    expect(answers).toHaveLength(260)
    expect(sent.map((one) => (one.input['MetricDataQueries'] as unknown[]).length)).toEqual([500, 20])
  })
})

describe('alarms', () => {
  it('are unclear when their evaluation had trouble, or their state has no name', async () => {
    const alarms = [
      { AlarmName: 'a', StateValue: 'OK', EvaluationState: 'PARTIAL_DATA', StateReason: 'why' },
      { AlarmName: 'b', StateValue: 'NEW' },
    ]
    const [client, sent] = canned(new CloudWatchClient(config), [
      { MetricAlarms: alarms, NextToken: 'more' },
      { CompositeAlarms: [{ AlarmName: 'c', StateValue: 'ALARM', StateReason: 'x'.repeat(2000) }] },
    ])
    const [a, b, c] = await awsTelemetry(client).alarms(['a', 'b', 'c'])
    expect(a).toMatchObject({ state: 'unclear', reason: expect.stringContaining('PARTIAL_DATA') as string })
    expect(b).toMatchObject({ state: 'unclear' })
    expect(c).toEqual({ name: 'c', state: 'alarm', reason: 'x'.repeat(1024) })
    expect(sent[0]?.input['AlarmTypes']).toEqual(['MetricAlarm', 'CompositeAlarm'])
  })
})

describe('alarms that nobody described', () => {
  it('are missing, and nobody is asked about no alarms', async () => {
    const [client, sent] = canned(new CloudWatchClient(config), [{ MetricAlarms: [] }])
    const telemetry = awsTelemetry(client)
    expect(await telemetry.alarms([])).toEqual([])
    expect(await telemetry.alarms(['nobody'])).toEqual([{ name: 'nobody', state: 'missing' }])
    expect(sent).toHaveLength(1)
  })
})
