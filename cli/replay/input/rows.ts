// Our own form of a file: one row for each minute, with the counts of both versions. Anything wrong in it is a Problem that names
// the location: replaying half a file would be worse than nothing.
import { Problem } from '../../../core/problem.ts'
import type { WeightedMinute } from '../../../bench/rivals/recorded.ts'
import { numberIn, type Row, wholeIn, wrong } from './table.ts'
import { minuteOfMs, shownValue, timeOf } from './times.ts'
import { estimatedWeights, type WeightUnit, weightsOf, weightsWords } from './weights.ts'
import { own } from '../../../core/own.ts'

/** A signal besides errors: events in each minute, or the mean of each minute. */
export type FileSignal = {
  readonly kind: 'count' | 'mean'
  readonly stable: readonly number[]
  readonly candidate: readonly number[]
}

export type ReplayFile = {
  /** The number of the first minute: of the file's own numbering, or since 1970. */
  readonly firstMinute: number
  /** Minutes have a time. */
  readonly isTimed: boolean
  readonly minutes: readonly WeightedMinute[]
  readonly signals: ReadonlyMap<string, FileSignal>
  /** One sentence for whatever of the input is not used, or is an estimate. */
  readonly notes: readonly string[]
}

const counts = ['stable_invocations', 'stable_bad', 'candidate_invocations', 'candidate_bad'] as const
const required: readonly string[] = ['minute', ...counts]
export const minutesMax = 100_000
/** Names of the column of the minute. */
const timeColumns = /^(?:minute|time|timestamp|date|datetime|@timestamp|_time)$/i
const weightColumns: Readonly<Record<string, WeightUnit>> = {
  weight: 'percent',
  weight_percent: 'percent',
  weight_bp: 'bp',
}

export const timeColumnOf = (columns: readonly string[]): string | undefined =>
  columns.find((name) => timeColumns.test(name))

/** Whether the columns are those of this form, even if some are missing. */
export const isOwnForm = (columns: readonly string[]): boolean =>
  columns.some((name) => counts.some((one) => one === columnName(name)))

/** `errors` is another word for `bad`. */
const columnName = (name: string): string => name.replace(/^(stable|candidate)_errors$/, '$1_bad')

/** Of two spellings of one column, neither is chosen. */
function renamed(place: string, cells: Row['cells']): Row['cells'] {
  const names = Object.keys(cells)
  const twice = names.find((name) => columnName(name) !== name && names.includes(columnName(name)))
  if (twice !== undefined) throw wrong(place, `the columns ${twice} and ${columnName(twice)} say the same`)
  return Object.fromEntries(Object.entries(cells).map(([name, value]) => [columnName(name), value]))
}

/** @throws Problem `replay_invalid`, `replay_resolution`, `replay_too_large` */
export function minutesOfRows(given: readonly Row[], file: string): ReplayFile {
  const rows = given.map(({ place, cells }) => ({ place, cells: renamed(place, cells) }))
  if (rows.length === 0) throw wrong(file, 'it has no minutes')
  if (rows.length > minutesMax)
    throw new Problem('replay_too_large', `${file}: it has ${rows.length} minutes; at most ${minutesMax} are read.`)
  const columns = Object.keys(rows[0]?.cells ?? {})
  const time = timeColumnOf(columns) ?? 'minute'
  for (const name of [time, ...counts]) {
    if (!columns.includes(name)) throw wrong(file, `the column ${name} is missing; required are ${required.join(', ')}`)
  }
  const weights = columns.filter((name) => Object.hasOwn(weightColumns, name))
  if (weights.length > 1) throw wrong(file, `the columns ${weights.join(' and ')} say the same`)
  const signalColumns = columns.filter((name) => name !== time && !required.includes(name) && !weights.includes(name))
  const series = new Map(signalColumns.map((name) => [name, signalColumn(name, file)] as const))
  rows.forEach((row) => checkColumns(row, columns))
  const { numbers, isTimed } = minuteNumbers(rows, time)
  const minutes = rows.map((row) => countsIn(row))
  const [weight] = weights
  const weightBps =
    weight === undefined
      ? estimatedWeights(minutes)
      : weightsOf(rows, minutes, weight, own(weightColumns, weight) ?? 'percent')
  return {
    firstMinute: numbers[0] ?? 0,
    isTimed,
    minutes: minutes.map((minute, index) => ({ ...minute, weightBp: weightBps[index] ?? 1 })),
    signals: signalsOf(rows, series, file),
    notes: weight === undefined && new Set(weightBps).size > 1 ? [weightsWords(weightBps)] : [],
  }
}

/** The number of each row's minute. They are all in one unit, and there is no gap. */
function minuteNumbers(rows: readonly Row[], column: string): { numbers: readonly number[]; isTimed: boolean } {
  let unit: string | undefined
  const numbers = rows.map(({ place, cells }) => {
    const read = timeOf(own(cells, column))
    if ('wrong' in read) throw wrong(place, `${column} is ${shownValue(own(cells, column) ?? '')}: ${read.wrong}`)
    if (unit !== undefined && unit !== read.unit)
      throw wrong(place, `${column} is ${shownValue(own(cells, column))}, in another unit than the rows before`)
    unit = read.unit
    return minuteOfMs(read.atMs)
  })
  const [first = 0, second = 0, third = 0] = numbers
  rows.forEach((row, index) => {
    const minute = numbers[index] ?? 0
    if (minute === first + index) return
    const apart = index === 1 && second - first > 1 && third - second === second - first
    if (apart)
      throw new Problem('replay_resolution', `${row.place}: the rows are ${second - first} minutes apart, not one.`)
    throw wrong(row.place, orderSentence(minute, first + index))
  })
  return { numbers, isTimed: unit !== 'number' }
}

function orderSentence(minute: number, wanted: number): string {
  const missed = minute - wanted + 1
  // Minutes that are numbered in seconds or milliseconds.
  if (missed === 60 || missed === 60_000)
    return `minute ${minute} comes after ${wanted - 1}: minutes are numbered consecutively, not in seconds or milliseconds`
  if (minute < wanted) return `minute ${minute} comes after minute ${wanted - 1}: twice, or out of order`
  return `minute ${wanted} is missing before minute ${minute}; write it with zeros if nothing was invoked`
}

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
    throw wrong(file, `the column ${shownValue(name)} is not known; known are ${wanted}`)
  }
  const [, signal = '', arm, what] = parts
  const kind = what === 'bad' ? 'count' : 'mean'
  if (signal === 'errors')
    throw wrong(file, `the column ${shownValue(name)} is written stable_bad or candidate_bad: errors have no name`)
  if (isOwn(signal) && ownSignals[signal] !== kind) {
    const right = ownSignals[signal] === 'count' ? 'bad' : 'mean'
    throw wrong(
      file,
      `the column ${shownValue(name)} is written ${signal}:stable_${right} and ${signal}:candidate_${right}`,
    )
  }
  // The allowed names of custom signals. A misspelled built-in signal gets a suggestion.
  if (!isOwn(signal) && !/^[a-z][a-z0-9-]*$/.test(signal)) {
    const meant = Object.keys(ownSignals).find((one) => one.toLowerCase() === signal.toLowerCase())
    const words = meant === undefined ? 'a signal of your own has lower-case letters, digits and -' : `write ${meant}`
    throw wrong(file, `there is no signal for the column ${shownValue(name)}; ${words}`)
  }
  return { signal, arm: arm === 'stable' ? 'stable' : 'candidate', kind } as const
}

function checkColumns({ place, cells }: Row, columns: readonly string[]): void {
  const names = Object.keys(cells)
  const more = names.find((name) => !columns.includes(name))
  const less = columns.find((name) => !names.includes(name))
  if (more !== undefined) throw wrong(place, `${shownValue(more)} is not among the fields of the first entry`)
  if (less !== undefined) throw wrong(place, `${less} is missing`)
}

function countsIn(row: Row): WeightedMinute {
  const [stableInvocations = 0, stableBad = 0, candidateInvocations = 0, candidateBad = 0] = counts.map((name) =>
    wholeIn(row, name),
  )
  if (stableBad > stableInvocations) throw wrong(row.place, 'stable_bad is more than stable_invocations')
  if (candidateBad > candidateInvocations) throw wrong(row.place, 'candidate_bad is more than candidate_invocations')
  return { stableInvocations, stableBad, candidateInvocations, candidateBad }
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
        const value = kind === 'count' ? wholeIn(row, name) : numberIn(row, name)
        if (signal === 'latency' && value > wholeIn(row, `${arm}_invocations`))
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
