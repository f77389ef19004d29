// What people have to replay: the answers of CloudWatch and Prometheus. The forms are those of the vendors' own examples, with
// other numbers.
import { describe, expect, it } from 'vitest'
import { parseReplay } from '../../cli/replay/input/read.ts'
import {
  counts,
  countsOf,
  iso,
  labels,
  plain,
  read,
  type Reading,
  refused,
  roles,
  seconds,
  startMs,
  versions,
} from './exported.ts'

/** As the API reference of GetMetricData shows an answer: newest first. */
function metricData(
  names: readonly string[],
  how: { time?: (minute: number) => unknown; more?: object; as?: string } = {},
) {
  const { time = iso, more = {}, as = 'Label' } = how
  return {
    Messages: [],
    MetricDataResults: names.map((name, index) => ({
      Id: `q${index}`,
      Label: 'x',
      [as]: name,
      StatusCode: 'Complete',
      Timestamps: counts.map((_, minute) => time(minute)).reverse(),
      Values: counts.map((row) => row[index] ?? row[1]).reverse(),
    })),
    ...more,
  }
}

describe('get-metric-data', () => {
  it.each([
    ['Ids that are roles', metricData(roles, { as: 'Id' }), plain],
    ['labels with versions', metricData(labels), versions],
    ['labels of a SEARCH', metricData(labels.map((one) => `checkout checkout:live ${one}`)), versions],
    ['seconds, as the API answers', metricData(labels, { time: seconds }), versions],
    [
      'words in labels',
      metricData(['baseline requests', 'baseline failures', 'canary requests', 'canary failures']),
      plain,
    ],
    [
      'chosen series',
      metricData(['a', 'b', 'c', 'd']),
      {
        ...plain,
        series: new Map([
          ['stable_invocations', 'a'],
          ['stable_bad', 'b'],
          ['candidate_invocations', 'c'],
          ['candidate_bad', 'd'],
        ]),
      } satisfies Reading,
    ],
    ['several answers in a list', [metricData(labels.slice(0, 2)), metricData(['', '', ...labels.slice(2)])], versions],
  ])('is read with %s', (_, text, reading) => {
    const found = read(text, reading)
    expect(countsOf(found)).toEqual(counts)
    expect(found).toMatchObject({ firstMinute: startMs / 60_000, isTimed: true })
  })

  it.each([
    ['which is which', metricData(labels), plain, 'replay_ambiguous', /"q0 \(41 Invocations\)".* could be of either/],
    [
      'the default labels',
      metricData(['Invocations', 'Errors', 'Invocations', 'Errors']),
      plain,
      'replay_ambiguous',
      /either/,
    ],
    [
      'two of the same',
      metricData([...labels, '42 Errors again']),
      versions,
      'replay_ambiguous',
      /Several series could be candidate_bad/,
    ],
    [
      'a rate for a count',
      metricData(['41 Invocations', '41 Error rate', labels[2], labels[3]]),
      versions,
      'replay_ambiguous',
      /no series is clearly stable_bad/,
    ],
    [
      'one page of several',
      metricData(labels, { more: { NextToken: 'x' } }),
      versions,
      'replay_invalid',
      /one page of several/,
    ],
    [
      'five minutes',
      metricData(labels, { time: (minute) => iso(5 * minute) }),
      versions,
      'replay_resolution',
      /5 minutes apart/,
    ],
    [
      'ten seconds',
      metricData(labels, { time: (minute) => seconds(0) + 10 * minute }),
      versions,
      'replay_resolution',
      /several points in the minute/,
    ],
    [
      'times without a zone',
      metricData(labels, { time: (minute) => iso(minute).slice(0, 19) }),
      versions,
      'replay_invalid',
      /no time zone/,
    ],
    [
      'numbered minutes',
      metricData(labels, { time: (minute) => minute }),
      versions,
      'replay_invalid',
      /no time since 1970/,
    ],
    [
      'half of the versions',
      metricData(labels),
      { ...plain, stable: '41' },
      'call_invalid',
      /both --stable and --candidate/,
    ],
    [
      'the same version twice',
      metricData(labels),
      { ...plain, stable: '41', candidate: '41' },
      'call_invalid',
      /are both 41/,
    ],
    ['the question', { MetricDataQueries: [] }, plain, 'replay_invalid', /the question to get-metric-data/],
    [
      'a name that is not there',
      metricData(labels),
      { ...plain, series: new Map([['stable_bad', 'z']]) } satisfies Reading,
      'call_invalid',
      /No series is called "z"/,
    ],
  ] as const)('is refused for %s', (_, text, reading, code, words) => {
    refused(code, words, () => read(text, reading))
  })

  it('is refused when a series has another number of times than of values', () => {
    const results = metricData(labels).MetricDataResults.map((one) => ({ ...one, Values: [...one.Values, 1] }))
    refused('replay_invalid', /12 times and 13 values/, () => read({ MetricDataResults: results }, versions))
  })

  it.each(['PartialData', 'Forbidden', 'InternalError'])('is refused when a series is %s', (StatusCode) => {
    const answer = metricData(labels)
    const results = answer.MetricDataResults.map((one, index) => (index === 2 ? { ...one, StatusCode } : one))
    refused('replay_invalid', /CloudWatch answered/, () => read({ MetricDataResults: results }, versions))
  })
})

describe('get-metric-statistics', () => {
  const statistics = (index: number, statistic = 'Sum') => ({
    Label: index % 2 === 0 ? 'Invocations' : 'Errors',
    // AWS answers in no order.
    Datapoints: counts
      .map((row, minute) => ({ Timestamp: iso(minute).replace('+00:00', 'Z'), [statistic]: row[index], Unit: 'Count' }))
      .sort((a, b) => (a.Timestamp.slice(-3) < b.Timestamp.slice(-3) ? -1 : 1)),
  })
  const inputs = (statistic?: string) =>
    roles.map((role, index) => ({
      file: `out/${role.replace('_', '-')}.json`,
      text: JSON.stringify(statistics(index, statistic)),
    }))

  it('has one series a file, and the name of the file says which', () => {
    expect(countsOf(parseReplay(inputs()))).toEqual(counts)
  })

  it('is refused without Sum, and with a series too few', () => {
    refused('replay_invalid', /it has Average, and requests are counted by Sum/, () => parseReplay(inputs('Average')))
    refused('replay_ambiguous', /no series is clearly candidate_bad/, () => parseReplay(inputs().slice(0, 3)))
  })
})

describe('query_range of Prometheus', () => {
  const matrix = (
    labelsOf: (index: number) => object,
    value = (row: readonly number[], index: number): unknown => String(row[index]),
  ) => ({
    status: 'success',
    data: {
      resultType: 'matrix',
      result: roles.map((_, index) => ({
        metric: labelsOf(index),
        values: counts.map((row, minute) => [seconds(minute) + 0.781, value(row, index)]),
      })),
    },
  })
  // As YACE and as Asserts' exporter call CloudWatch's series, and as an application's own counters look.
  const yace = (index: number) => ({
    __name__: `aws_lambda_${index % 2 === 0 ? 'invocations' : 'errors'}_sum`,
    dimension_ExecutedVersion: index < 2 ? '41' : '42',
  })
  const asserts = (index: number) => ({
    __name__: `aws_lambda_${index % 2 === 0 ? 'invocations' : 'errors'}_sum`,
    d_executed_version: index < 2 ? '41' : '42',
    d_function_name: 'checkout-42',
  })
  const own = (index: number) => ({ kind: index % 2 === 0 ? 'requests' : 'errors', version: index < 2 ? '41' : '42' })

  it.each([
    ['YACE', matrix(yace)],
    ["Asserts' exporter", matrix(asserts)],
    ['an application', matrix(own)],
    ['data alone', matrix(yace).data],
    ['the result alone', matrix(yace).data.result],
  ])('is read from %s', (_, text) => {
    expect(countsOf(read(text, versions))).toEqual(counts)
  })

  it('has one file a metric where increase() drops the name, and the name of the file says which', () => {
    // What is the same in all of them, such as the name of the function, says nothing.
    const labelsOf = (index: number) => ({ function: 'errors-canary', version: index < 2 ? '41' : '42' })
    const { result } = matrix(labelsOf).data
    const input = (file: string, from: number) => ({ file, text: JSON.stringify([result[from], result[from + 2]]) })
    expect(countsOf(parseReplay([input('invocations.json', 0), input('errors.json', 1)], versions))).toEqual(counts)
  })

  it('leaves out a version that is neither of the two, whatever else its labels say, and says so', () => {
    const { data } = matrix(yace)
    const other = { metric: { ...yace(3), dimension_ExecutedVersion: '40', track: 'canary' }, values: [] }
    const found = read({ status: 'success', data: { ...data, result: [...data.result, other] } }, versions)
    expect(countsOf(found)).toEqual(counts)
    expect(found.notes.join(' ')).toMatch(
      /Left out: "aws_lambda_errors_sum\{dimension_ExecutedVersion="40", track="canary"\}"/,
    )
  })

  it('counts NaN as missing, rounds what increase() extrapolates, and says both', () => {
    const text = matrix(yace, (row, index) => (row[3] === 2 && index === 3 ? 'NaN' : String((row[index] ?? 0) * 1.001)))
    const { minutes, notes } = read(text, versions)
    expect(minutes.filter((one) => one.stableInvocations === 0)).toHaveLength(4)
    expect(notes.join(' ')).toMatch(/4 points are NaN.*Left out: 4 minutes.*Rounded to whole requests/)
    const zero = read(text, { ...versions, zeroWhenMissing: true })
    expect(zero.minutes.filter((one) => one.stableInvocations === 0)).toHaveLength(0)
  })

  it.each([
    [
      'versions that are not told apart',
      matrix(yace),
      plain,
      'replay_ambiguous',
      /versions 41, 42, and which is the candidate/,
    ],
    [
      'one version',
      matrix((index) => ({ ...yace(index), dimension_ExecutedVersion: '41' })),
      plain,
      'replay_empty',
      /version 41 is the only one/,
    ],
    [
      'instances',
      matrix((index) => ({ ...yace(index < 3 ? index : 1), instance: String(index) })),
      versions,
      'replay_ambiguous',
      /no series is clearly candidate_bad/,
    ],
    [
      'a counter by its name',
      matrix((index) => ({ ...yace(index), __name__: `errors_${index}_total` })),
      versions,
      'replay_invalid',
      /is a counter.*increase\(errors_0_total\[1m\]\)/,
    ],
    [
      'one moment',
      { status: 'success', data: { resultType: 'vector', result: [] } },
      plain,
      'replay_invalid',
      /query_range with step=60/,
    ],
    [
      'an error',
      { status: 'error', errorType: 'timeout', error: 'query timed out' },
      plain,
      'replay_invalid',
      /"query timed out"/,
    ],
    ['infinity', matrix(yace, () => '+Inf'), versions, 'replay_invalid', /"\+Inf" must be a number/],
    [
      'an empty result',
      { status: 'success', data: { resultType: 'matrix', result: [] } },
      versions,
      'replay_empty',
      /no series/,
    ],
  ] as const)('is refused for %s', (_, text, reading, code, words) => {
    refused(code, words, () => read(text, reading))
  })

  it('is refused for totals that a name does not show', () => {
    const sums = {
      status: 'success',
      data: {
        resultType: 'matrix',
        result: [{ metric: own(0), values: Array.from({ length: 25 }, (_, at) => [seconds(at), String(at * 90)]) }],
      },
    }
    refused('replay_invalid', /is a counter/, () => read(sums, versions))
  })
})
