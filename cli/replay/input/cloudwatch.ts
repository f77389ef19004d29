// What `aws cloudwatch get-metric-data` and `get-metric-statistics` print, and the SDKs return. The first has any number of
// series, with the Id and the Label of the query and no dimensions; times are ISO 8601 (AWS CLI) or seconds (the API itself). The
// second has one series, whose Label is the metric's name alone (docs/aws.md §2.3).
import { Problem } from '../../../core/problem.ts'
import { type Found, isObject, pointsOf, type Series } from './series.ts'
import { shownValue } from './times.ts'
import { wrong } from './table.ts'

export const isMetricData = (value: unknown): boolean => isObject(value) && Array.isArray(value['MetricDataResults'])
export const isStatistics = (value: unknown): boolean => isObject(value) && Array.isArray(value['Datapoints'])

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '')
const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

function count(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw wrong(what, `${shownValue(value)} must be a number from 0`)
}

/** @throws Problem `replay_invalid`, `replay_resolution` */
export function metricData(value: Readonly<Record<string, unknown>>, file: string): Found {
  if (textIn(value['NextToken']) !== '')
    throw wrong(file, 'it is one page of several (NextToken): fetch them all, without --max-items and --no-paginate')
  const series = listIn(value['MetricDataResults']).map((result: unknown, index): Series => {
    const found = isObject(result) ? result : {}
    const names = [textIn(found['Id']), textIn(found['Label'])].filter((name) => name !== '')
    const what = `${file}, series ${shownValue(names.join(' ') || index + 1)}`
    const status = found['StatusCode']
    if (status !== undefined && status !== 'Complete')
      throw wrong(
        what,
        `CloudWatch answered ${shownValue(status)}, so points may be missing: fetch it again, with every page`,
      )
    const [times, values] = [listIn(found['Timestamps']), listIn(found['Values'])]
    if (times.length !== values.length) throw wrong(what, `it has ${times.length} times and ${values.length} values`)
    const pairs = times.map((time, place) => ({ time, value: count(values[place], what) }))
    return { file, origin: 'cloudwatch', names, labels: {}, points: pointsOf(what, pairs) }
  })
  const messages = listIn(value['Messages']).map((one) => (isObject(one) ? textIn(one['Value']) : ''))
  return { series, notes: messages.filter((one) => one !== '').map((one) => `${file}: CloudWatch says: ${one}`) }
}

/** @throws Problem `replay_invalid`, `replay_resolution` */
export function metricStatistics(value: Readonly<Record<string, unknown>>, file: string): Found {
  const label = textIn(value['Label'])
  const what = `${file}, series ${shownValue(label)}`
  const pairs = listIn(value['Datapoints']).map((point: unknown) => {
    const found = isObject(point) ? point : {}
    if (found['Sum'] === undefined) {
      const others = Object.keys(found).filter((name) => name !== 'Timestamp' && name !== 'Unit')
      throw wrong(
        what,
        `it has ${others.join(', ') || 'no statistic'}, and requests are counted by Sum: add --statistics Sum`,
      )
    }
    return { time: found['Timestamp'], value: count(found['Sum'], what) }
  })
  const names = [label].filter((name) => name !== '')
  return { series: [{ file, origin: 'cloudwatch', names, labels: {}, points: pointsOf(what, pairs) }], notes: [] }
}

/** What others of its forms look like, for a sentence about a file that is none of them. @throws Problem `replay_invalid` */
export function refuseRequest(value: Readonly<Record<string, unknown>>, file: string): void {
  if (Array.isArray(value['MetricDataQueries']))
    throw new Problem('replay_invalid', `${file}: it is the question to get-metric-data, not the answer.`)
  if (Array.isArray(value['Metrics']))
    throw new Problem('replay_invalid', `${file}: it is the answer of list-metrics, which has no points.`)
}
