// Reads a file of counts by minute (CSV or JSON) as evidence. Anything wrong in it is a Problem that names the location:
// replaying half a file would be worse than nothing.
import { parse } from 'csv-parse/sync'
import { Problem } from '../../core/problem.ts'
import type { WeightedMinute } from '../../bench/rivals/recorded.ts'
import { firstLine } from '../backend/text-file.ts'

/** A signal besides errors: events in each minute, or the mean of each minute. */
export type FileSignal = {
  readonly kind: 'count' | 'mean'
  readonly stable: readonly number[]
  readonly candidate: readonly number[]
}

export type ReplayFile = {
  /** The number of the first minute in the file. */
  readonly firstMinute: number
  readonly minutes: readonly WeightedMinute[]
  readonly signals: ReadonlyMap<string, FileSignal>
}

const counts = ['stable_invocations', 'stable_bad', 'candidate_invocations', 'candidate_bad'] as const
const required: readonly string[] = ['minute', ...counts]
const rowsMax = 100_000
const countMax = 1e12

type Row = { readonly place: string; readonly cells: Readonly<Record<string, unknown>> }

/** @throws Problem `replay_invalid` */
export function parseReplay(text: string, file: string): ReplayFile {
  const rows = /^\s*[[{]/.test(text) ? jsonRows(text, file) : csvRows(text, file)
  if (rows.length === 0) throw wrong(file, 'it has no minutes')
  if (rows.length > rowsMax) throw wrong(file, `it has ${rows.length} minutes; at most ${rowsMax} are allowed`)
  const columns = Object.keys(rows[0]?.cells ?? {})
  for (const name of required) {
    if (!columns.includes(name)) throw wrong(file, `the column ${name} is missing; required are ${required.join(', ')}`)
  }
  const signalColumns = columns.filter((name) => !required.includes(name) && name !== 'weight')
  const series = new Map(signalColumns.map((name) => [name, signalColumn(name, file)] as const))
  const firstMinute = whole(rows[0], 'minute')
  rows.forEach((row, index) => {
    checkColumns(row, columns)
    checkOrder(row, whole(row, 'minute'), firstMinute + index)
  })
  return {
    firstMinute,
    minutes: rows.map((row) => minuteOf(row, columns.includes('weight'))),
    signals: signalsOf(rows, series, file),
  }
}

const wrong = (place: string, what: string): Problem => new Problem('replay_invalid', `${place}: ${what}.`)
const shown = (value: unknown): string => `"${typeof value === 'string' ? value : JSON.stringify(value)}"`.slice(0, 60)

function csvRows(text: string, file: string): readonly Row[] {
  try {
    const records: { readonly record: Record<string, string>; readonly info: { readonly lines: number } }[] = parse(
      text,
      { columns: headOf(file), delimiter: [',', ';', '\t'], trim: true, skip_empty_lines: true, info: true },
    )
    return records.map(({ record, info }) => ({ place: `${file}, line ${info.lines}`, cells: record }))
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem('replay_invalid', `${file} is not CSV: ${firstLine(error)}.`, { cause: error })
  }
}

const headOf =
  (file: string) =>
  (names: readonly string[]): string[] => {
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined) throw wrong(file, `the column ${shown(twice)} is there twice`)
    return [...names]
  }

function jsonRows(text: string, file: string): readonly Row[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new Problem('replay_invalid', `${file} is not JSON: ${cause instanceof Error ? cause.message : ''}.`, {
      cause,
    })
  }
  const rows = isObject(value) ? value['minutes'] : value
  if (!Array.isArray(rows))
    throw wrong(file, 'it must be a list of minutes, or an object with such a list as "minutes"')
  return rows.map((cells: unknown, index) => {
    const place = `${file}, entry ${index + 1}`
    if (!isObject(cells)) throw wrong(place, `${shown(cells)} is not an object`)
    return { place, cells }
  })
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The built-in signals besides errors, and whether each is a count or a mean in each minute. */
export const ownSignals = {
  latency: 'count',
  throttles: 'count',
  cost: 'mean',
  coldStarts: 'mean',
  memory: 'mean',
} as const satisfies Readonly<Record<string, FileSignal['kind']>>
const isOwn = (name: string): name is keyof typeof ownSignals => Object.hasOwn(ownSignals, name)

/** Parses `latency:stable_bad`, with or without the prefix `signal:`. */
function signalColumn(name: string, file: string) {
  const parts = /^(?:signal:)?([A-Za-z][A-Za-z0-9-]{0,29}):(stable|candidate)_(bad|mean)$/.exec(name)
  if (parts === null) {
    const wanted = `${required.join(', ')}, weight, NAME:stable_bad, NAME:candidate_bad, NAME:stable_mean, NAME:candidate_mean`
    throw wrong(file, `the column ${shown(name)} is not known; known are ${wanted}`)
  }
  const [, signal = '', arm, what] = parts
  const kind = what === 'bad' ? 'count' : 'mean'
  if (signal === 'errors')
    throw wrong(file, `the column ${shown(name)} is written stable_bad or candidate_bad: errors have no name`)
  if (isOwn(signal) && ownSignals[signal] !== kind) {
    const right = ownSignals[signal] === 'count' ? 'bad' : 'mean'
    throw wrong(file, `the column ${shown(name)} is written ${signal}:stable_${right} and ${signal}:candidate_${right}`)
  }
  // The allowed names of custom signals. A misspelled built-in signal gets a suggestion.
  if (!isOwn(signal) && !/^[a-z][a-z0-9-]*$/.test(signal)) {
    const meant = Object.keys(ownSignals).find((one) => one.toLowerCase() === signal.toLowerCase())
    const words = meant === undefined ? 'a signal of your own has lower-case letters, digits and -' : `write ${meant}`
    throw wrong(file, `there is no signal for the column ${shown(name)}; ${words}`)
  }
  return { signal, arm: arm === 'stable' ? 'stable' : 'candidate', kind } as const
}

function checkColumns({ place, cells }: Row, columns: readonly string[]): void {
  const names = Object.keys(cells)
  const more = names.find((name) => !columns.includes(name))
  const less = columns.find((name) => !names.includes(name))
  if (more !== undefined) throw wrong(place, `${shown(more)} is not among the fields of the first entry`)
  if (less !== undefined) throw wrong(place, `${less} is missing`)
}

function checkOrder({ place }: Row, minute: number, wanted: number): void {
  if (minute === wanted) return
  if (minute - wanted === 59 || minute - wanted === 59_999)
    throw wrong(
      place,
      `minute ${minute} comes after ${wanted - 1}: minutes are numbered consecutively, not in seconds or milliseconds`,
    )
  if (minute < wanted) throw wrong(place, `minute ${minute} comes after minute ${wanted - 1}: twice, or out of order`)
  throw wrong(place, `minute ${wanted} is missing before minute ${minute}; write it with zeros if nothing was invoked`)
}

function numberIn(row: Row | undefined, name: string): number {
  const value = row?.cells[name]
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof number === 'number' && Number.isFinite(number)) return number
  throw wrong(row?.place ?? '', `${name} is ${shown(value ?? '')}; it must be a number`)
}

function whole(row: Row | undefined, name: string): number {
  const number = numberIn(row, name)
  if (Number.isInteger(number) && number >= 0 && number <= countMax) return number
  throw wrong(row?.place ?? '', `${name} is ${number}; it must be a whole number from 0`)
}

function minuteOf(row: Row, isWeighted: boolean): WeightedMinute {
  const [stableInvocations, stableBad, candidateInvocations, candidateBad] = counts.map((name) => whole(row, name))
  const minute = {
    stableInvocations: stableInvocations ?? 0,
    stableBad: stableBad ?? 0,
    candidateInvocations: candidateInvocations ?? 0,
    candidateBad: candidateBad ?? 0,
  }
  if (minute.stableBad > minute.stableInvocations) throw wrong(row.place, 'stable_bad is more than stable_invocations')
  if (minute.candidateBad > minute.candidateInvocations)
    throw wrong(row.place, 'candidate_bad is more than candidate_invocations')
  if (!isWeighted) return minute
  const weight = numberIn(row, 'weight')
  if (weight <= 0 || weight > 100) throw wrong(row.place, `weight is ${weight}; it must be a percentage above 0`)
  return { ...minute, weightBp: Math.round(weight * 100) }
}

type Column = ReturnType<typeof signalColumn>

function signalsOf(
  rows: readonly Row[],
  series: ReadonlyMap<string, Column>,
  file: string,
): ReadonlyMap<string, FileSignal> {
  const found = new Map<string, FileSignal>()
  for (const { signal, kind } of series.values()) {
    if (found.has(signal)) continue
    const values = (arm: Column['arm']): readonly number[] => {
      const [name] = [...series].find(([, one]) => one.signal === signal && one.arm === arm && one.kind === kind) ?? []
      if (name === undefined) throw wrong(file, `${signal} has no column for ${arm}`)
      return rows.map((row) => {
        const value = kind === 'count' ? whole(row, name) : numberIn(row, name)
        if (signal === 'latency' && value > whole(row, `${arm}_invocations`))
          throw wrong(row.place, `${name} is more than ${arm}_invocations`)
        return value
      })
    }
    if ([...series.values()].some((one) => one.signal === signal && one.kind !== kind))
      throw wrong(file, `${signal} is both counted and a mean`)
    found.set(signal, { kind, stable: values('stable'), candidate: values('candidate') })
  }
  return found
}
