// Answers that Application Signals may give and the embedded cloud does not: partial errors, gaps, nonsense. None of them is a
// budget.
import { ApplicationSignalsClient } from '@aws-sdk/client-application-signals'
import { describe, expect, it } from 'vitest'
import { awsBudgetReports } from '../../cloud/aws/budget-reports.ts'
import { canned, config, failure } from './canned.ts'
import { expectProblem, t0Ms } from './samples.ts'

// The shape of docs/aws.md §2.6.
const report = (Name: string, more: object = {}) => ({
  Arn: `arn:aws:application-signals:us-east-1:123456789101:slo/${Name}`,
  Name,
  EvaluationType: 'PeriodBased',
  BudgetStatus: 'OK',
  Attainment: 100,
  TotalBudgetSeconds: 6048,
  BudgetSecondsRemaining: 6048,
  Sli: { SliMetric: { MetricDataQueries: [] }, MetricThreshold: 1, ComparisonOperator: 'LessThan' },
  Goal: {
    Interval: { RollingInterval: { DurationUnit: 'DAY', Duration: 7 } },
    AttainmentGoal: 99,
    WarningThreshold: 50,
  },
  ...more,
})
const read = async (answer: unknown, ...ids: string[]) => {
  const [client, sent] = canned(new ApplicationSignalsClient(config), [answer])
  return { reports: await awsBudgetReports(client).read(ids, t0Ms), sent }
}
const requests = { EvaluationType: 'RequestBased', TotalBudgetSeconds: undefined, BudgetSecondsRemaining: undefined }

describe('a budget report', () => {
  it('is in seconds for periods and in requests for requests, and may be overspent', async () => {
    const over = report('over', {
      ...requests,
      BudgetStatus: 'BREACHED',
      TotalBudgetRequests: 40,
      BudgetRequestsRemaining: -2,
    })
    const answer = { Timestamp: new Date(t0Ms), Reports: [over, report('seconds')], Errors: [] }
    const { reports, sent } = await read(answer, report('seconds').Arn, 'over')
    expect(reports).toEqual([
      { status: 'ok', atMs: t0Ms, unit: 'seconds', total: 6048, left: 6048, attainmentPercent: 100, goalPercent: 99 },
      {
        status: 'breached',
        atMs: t0Ms,
        unit: 'requests',
        total: 40,
        left: -2,
        attainmentPercent: 100,
        goalPercent: 99,
      },
    ])
    expect(sent[0]?.input).toEqual({ SloIds: [report('seconds').Arn, 'over'], Timestamp: new Date(t0Ms) })
  })

  it.each([
    ['is insufficient data', report('a', { BudgetStatus: 'INSUFFICIENT_DATA' }), /INSUFFICIENT_DATA/],
    ['has a status that nobody knows', report('a', { BudgetStatus: 'FINE' }), /FINE/],
    ['has no status', report('a', { BudgetStatus: undefined }), /no status/],
    ['has a status by accident', report('a', { BudgetStatus: 'constructor' }), /constructor/],
    ['does not say what is left', report('a', { BudgetSecondsRemaining: undefined }), /no sense/],
    ['has nothing to spend', report('a', { TotalBudgetSeconds: 0, BudgetSecondsRemaining: 0 }), /no sense/],
    ['has more left than there was', report('a', { BudgetSecondsRemaining: 7000 }), /no sense/],
    ['has numbers that are none', report('a', { BudgetSecondsRemaining: NaN }), /no sense/],
    ['has attained more than everything', report('a', { Attainment: 101 }), /no sense/],
    ['counts in another unit than it says', report('a', { EvaluationType: 'RequestBased' }), /no sense/],
  ])('that %s is unknown', async (_, one, because) => {
    const { reports } = await read({ Reports: [one], Errors: [] }, 'a')
    expect(reports).toEqual([{ status: 'unknown', atMs: t0Ms, because: expect.stringMatching(because) as string }])
  })

  it('that failed or is missing leaves the others known', async () => {
    const Errors = [{ Name: 'b', Arn: 'x', ErrorCode: 'ResourceNotFoundException', ErrorMessage: 'SLO b not found' }]
    const { reports } = await read({ Reports: [report('a'), report('b')], Errors }, 'a', 'b', 'c')
    expect(reports).toMatchObject([
      { status: 'ok' },
      { status: 'unknown', because: expect.stringContaining('SLO b not found') as string },
      { status: 'unknown', because: expect.stringContaining('no report') as string },
    ])
    expect((await read({}, 'a')).reports).toMatchObject([{ status: 'unknown' }])
  })

  it('is requested in calls of at most 50, each SLO once', async () => {
    const ids = Array.from({ length: 60 }, (_, index) => `slo-${index}`)
    const [client, sent] = canned(new ApplicationSignalsClient(config), [{}, {}])
    expect(await awsBudgetReports(client).read([...ids, ...ids], t0Ms)).toHaveLength(120)
    expect(sent.map(({ input }) => (input['SloIds'] as unknown[]).length)).toEqual([50, 10])
  })

  it.each([
    ['AccessDeniedException', 'permission_denied'],
    ['ThrottlingException', 'aws_throttled'],
    ['ServiceUnavailable', 'aws_unavailable'],
  ] as const)('that is refused with %s is a Problem', async (name, code) => {
    await expectProblem(code, read(failure(name), 'a'))
  })
})
