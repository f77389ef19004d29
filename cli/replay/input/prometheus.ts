// The answer of Prometheus' /api/v1/query_range: {status, data: {resultType: "matrix", result: [{metric, values: [[seconds,
// "value"], ...]}]}}, values as text because JSON has no NaN (prometheus/prometheus, docs/querying/api.md). The data alone, and
// the result alone, are read as well. A raw counter is refused: its points are totals, not counts of a minute.
import { Problem } from '../../../core/problem.ts'
import { type Found, isObject, pointsOf, type Series, seriesWords } from './series.ts'
import { shownValue } from './times.ts'
import { wrong } from './table.ts'

const isSeries = (value: unknown): boolean => isObject(value) && isObject(value['metric'])

export const isPrometheus = (value: unknown): boolean =>
  isObject(value)
    ? (typeof value['status'] === 'string' && ('data' in value || 'error' in value)) ||
      typeof value['resultType'] === 'string'
    : Array.isArray(value) && value.length > 0 && value.every(isSeries)

/** @throws Problem `replay_invalid`, `replay_resolution` */
export function prometheusRange(value: unknown, file: string): Found {
  const envelope = isObject(value) ? value : {}
  if (typeof envelope['error'] === 'string' || envelope['status'] === 'error')
    throw wrong(file, `Prometheus answered with an error: ${shownValue(envelope['error'])}`)
  const data = isObject(envelope['data']) ? envelope['data'] : envelope
  const type = data['resultType']
  if (type !== undefined && type !== 'matrix')
    throw wrong(file, `it is ${shownValue(type)}, the answer to one moment: ask /api/v1/query_range with step=60`)
  const result: unknown = Array.isArray(value) ? value : data['result']
  if (!Array.isArray(result)) throw wrong(file, 'it has no result')
  let missing = 0
  const series = result.map((one: unknown): Series => {
    const found = readSeries(one, file)
    missing += found.missing
    refuseCounter(found.series, file)
    return found.series
  })
  const warnings = Array.isArray(envelope['warnings']) ? envelope['warnings'] : []
  return {
    series,
    notes: [
      ...warnings.map((warning) => `${file}: Prometheus warns: ${shownValue(warning)}`),
      ...(missing === 0 ? [] : [`${file}: ${missing} points are NaN and count as missing.`]),
    ],
  }
}

function readSeries(one: unknown, file: string): { readonly series: Series; readonly missing: number } {
  const found = isObject(one) ? one : {}
  const labels = isObject(found['metric']) ? found['metric'] : {}
  const { __name__: name = '', ...others } = Object.fromEntries(
    Object.entries(labels).map(([key, value]) => [key, typeof value === 'string' ? value : '']),
  )
  const named = { file, origin: 'prometheus' as const, names: name === '' ? [] : [name], labels: others }
  const what = `${file}, series ${seriesWords({ ...named, points: [] })}`
  const values: unknown = found['values']
  if (!Array.isArray(values)) throw wrong(what, 'it has no values by time; histograms cannot be replayed')
  let missing = 0
  const pairs = values.flatMap((pair: unknown) => {
    const [time, text] = Array.isArray(pair) ? (pair as readonly unknown[]) : []
    if (text === 'NaN') {
      missing++
      return []
    }
    const value = typeof text === 'string' && text.trim() !== '' ? Number(text) : text
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
      throw wrong(what, `${shownValue(text)} must be a number from 0`)
    return [{ time, value }]
  })
  return { series: { ...named, points: pointsOf(what, pairs) }, missing }
}

// A count that never falls over this many points, and rises at half of them, is a total.
const longRise = 20

function refuseCounter(series: Series, file: string): void {
  const { names, points } = series
  const [name = ''] = names
  const steps = points.slice(1).map(({ value }, index) => value - (points[index]?.value ?? 0))
  const rises =
    points.length >= longRise &&
    steps.every((step) => step >= 0) &&
    steps.filter((step) => step > 0).length >= steps.length / 2
  if (!name.endsWith('_total') && !rises) return
  const asked = name === '' ? 'METRIC' : name
  throw new Problem(
    'replay_invalid',
    `${file}: ${seriesWords(series)} is a counter, whose points are totals: ask for sum by (version) (increase(${asked}[1m])) with step=60.`,
  )
}
