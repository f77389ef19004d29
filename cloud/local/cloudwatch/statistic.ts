// The statistics that CloudWatch computes over the values of a period (docs/aws.md §2.2).
import { AwsError } from '../protocol/aws-error.ts'

/** A value, and how many times it was observed. */
export type Observed = { readonly value: number; readonly count: number }

export const simpleStatistics = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum']
const number = String.raw`\d+(?:\.\d{1,10})?`
const range = String.raw`\((?:${number}%?)?:(?:${number}%?)?\)`
const extended = new RegExp(`^(?:p${number}|IQM|(?:tm|wm|tc|ts)${number}|(?:TM|WM|TC|TS|PR)${range})$`)

/** Whether CloudWatch knows the statistic. Not all of them are implemented here. */
export const isStatistic = (stat: string): boolean => simpleStatistics.includes(stat) || extended.test(stat)

/** @throws AwsError for a statistic that is not implemented */
export function compute(points: readonly Observed[], stat: string): number {
  const count = points.reduce((sum, point) => sum + point.count, 0)
  const total = points.reduce((sum, point) => sum + point.value * point.count, 0)
  switch (stat) {
    case 'Sum':
      return total
    case 'SampleCount':
      return count
    case 'Average':
      return total / count
    case 'Minimum':
      return points.reduce((least, point) => Math.min(least, point.value), Infinity)
    case 'Maximum':
      return points.reduce((most, point) => Math.max(most, point.value), -Infinity)
    default:
      return ranked(points, stat, count)
  }
}

function ranked(points: readonly Observed[], stat: string, count: number): number {
  const percentile = /^p([0-9]{1,2}(?:\.[0-9]{1,10})?|100)$/.exec(stat)
  if (percentile !== null) {
    const rank = (Number(percentile[1]) / 100) * count
    let seen = 0
    const sorted = [...points].sort((a, b) => a.value - b.value)
    for (const point of sorted) if ((seen += point.count) >= rank) return point.value
    return sorted.at(-1)?.value ?? 0
  }
  // Trimmed count: how many values are in the range, low end exclusive, high end inclusive.
  const trimmed = /^TC\(([0-9.]*):([0-9.]*)\)$/.exec(stat)
  if (trimmed !== null) {
    const low = trimmed[1] === '' ? -Infinity : Number(trimmed[1])
    const high = trimmed[2] === '' ? Infinity : Number(trimmed[2])
    return points.filter(({ value }) => value > low && value <= high).reduce((sum, point) => sum + point.count, 0)
  }
  throw new AwsError('ValidationError', `The statistic ${stat} is not implemented in the embedded cloud.`)
}
