// What kind of export a file is, by its content: its name says nothing. Several files are read as one: get-metric-statistics and
// Prometheus give a file for each series.
import { Problem } from '../../../core/problem.ts'
import { isMetricData, isStatistics, metricData, metricStatistics, refuseRequest } from './cloudwatch.ts'
import { type Span, minutesOfSeries } from './merge.ts'
import { isPrometheus, prometheusRange } from './prometheus.ts'
import { assigned, type Mapping } from './roles.ts'
import { isOwnForm, minutesOfRows, timeColumnOf, type ReplayFile } from './rows.ts'
import { type Found, isObject, pointsOf, type Series } from './series.ts'
import { numberIn, type Row, tableRows, wrong } from './table.ts'
import { shownValue } from './times.ts'
import { own } from '../../../core/own.ts'

/** A file as text. */
type Input = { readonly file: string; readonly text: string }

/** How to understand the input. Only series need it. */
export type Reading = Mapping & Span

const plainly: Reading = { series: new Map(), zeroWhenMissing: false }

type Kind = { readonly rows: readonly Row[] } | Found

/** @throws Problem `replay_invalid`, `replay_ambiguous`, `replay_resolution`, `replay_empty`, `replay_too_large` */
export function parseReplay(inputs: readonly Input[], reading: Reading = plainly): ReplayFile {
  const kinds = inputs.map(({ file, text }) => ({ file, kind: kindOf(text, file) }))
  const [only] = kinds
  if (kinds.length === 1 && only !== undefined && 'rows' in only.kind) {
    refuseUnused(only.file, reading)
    return minutesOfRows(only.kind.rows, only.file)
  }
  const found = kinds.map(({ file, kind }) => {
    if ('rows' in kind) throw wrong(file, 'it has the counts of both versions already; replay it alone')
    return kind
  })
  return replayOfSeries(
    { series: found.flatMap((one) => one.series), notes: found.flatMap((one) => one.notes) },
    reading,
  )
}

export const replayOfSeries = ({ series, notes }: Found, reading: Reading): ReplayFile =>
  minutesOfSeries(assigned(series, reading), notes, reading)

/** An option that changes nothing would be believed to have changed something. */
function refuseUnused(
  file: string,
  { stable, candidate, series, fromMinute, toMinute, zeroWhenMissing }: Reading,
): void {
  const given = [stable, candidate, fromMinute, toMinute].some((one) => one !== undefined) || series.size > 0
  if (given || zeroWhenMissing)
    throw new Problem(
      'call_invalid',
      `${file} has a column for each version: --stable, --candidate, --series, --from, --to and --zero-when-missing are for exports of series.`,
    )
}

function kindOf(text: string, file: string): Kind {
  if (/^\s*[[{]/.test(text)) return kindOfJson(jsonIn(text, file), file)
  const rows = tableRows(text, file)
  const columns = Object.keys(rows[0]?.cells ?? {})
  const time = timeColumnOf(columns)
  return rows.length === 0 || isOwnForm(columns) || time === undefined ? { rows } : seriesOfTable(rows, time, file)
}

function jsonIn(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Problem('replay_invalid', `${file} is not JSON: ${cause instanceof Error ? cause.message : ''}.`, {
      cause,
    })
  }
}

function kindOfJson(value: unknown, file: string): Kind {
  if (isPrometheus(value)) return prometheusRange(value, file)
  if (isObject(value)) {
    if (isMetricData(value)) return metricData(value, file)
    if (isStatistics(value)) return metricStatistics(value, file)
    refuseRequest(value, file)
  }
  // `jq -s` makes a list of several answers.
  if (Array.isArray(value) && value.length > 0 && value.every((one) => isMetricData(one) || isStatistics(one))) {
    const found = value.map((one: unknown) => kindOfJson(one, file)).filter((one) => 'series' in one)
    return { series: found.flatMap((one) => one.series), notes: found.flatMap((one) => one.notes) }
  }
  const rows = isObject(value) ? value['minutes'] : value
  if (!Array.isArray(rows))
    throw wrong(
      file,
      'it must be a list of minutes, an object with such a list as "minutes", or what get-metric-data, get-metric-statistics or query_range answered',
    )
  return {
    rows: rows.map((cells: unknown, index) => {
      const place = `${file}, entry ${index + 1}`
      if (!isObject(cells)) throw wrong(place, `${shownValue(cells)} is not an object`)
      return { place, cells }
    }),
  }
}

const emptyCells: readonly unknown[] = ['', 'null', 'NaN', undefined, null]

/** A table with a column for the time and one for each series, as Grafana and spreadsheets have it. An empty cell is no point. */
function seriesOfTable(rows: readonly Row[], time: string, file: string): Found {
  const columns = Object.keys(rows[0]?.cells ?? {}).filter((name) => name !== time)
  const series = columns.map((name): Series => {
    const pairs = rows.flatMap((row) =>
      emptyCells.some((empty) => empty === own(row.cells, name)) ? [] : [{ time: own(row.cells, time), row }],
    )
    const points = pairs.map(({ time: at, row }) => {
      const value = numberIn(row, name)
      if (value < 0) throw wrong(row.place, `${name} is ${value}; it must be a number from 0`)
      return { time: at, value }
    })
    return { file, origin: 'table', names: [name], labels: {}, points: pointsOf(`${file}, column ${name}`, points) }
  })
  return { series, notes: [] }
}
