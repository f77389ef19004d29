// Tables as text: CSV with commas, semicolons or tabs. Which one it is, the line of the head says. A first line such as `sep=;`,
// as spreadsheets write it, is read.
import { parse } from 'csv-parse/sync'
import { Problem } from '../../../core/problem.ts'
import { firstLine } from '../../backend/text-file.ts'
import { shownValue } from './times.ts'
import { own } from '../../../core/own.ts'

/** `place`: the file and the line, for sentences. */
export type Row = { readonly place: string; readonly cells: Readonly<Record<string, unknown>> }

export const wrong = (place: string, what: string): Problem => new Problem('replay_invalid', `${place}: ${what}.`)

/** @throws Problem `replay_invalid` */
export function tableRows(text: string, file: string): readonly Row[] {
  const announced = /^sep=([,;\t])\r?\n/.exec(text)
  const rest = text.slice(announced?.[0].length ?? 0)
  const delimiter = announced?.[1] ?? delimiterOf(rest)
  try {
    const records: { readonly record: Record<string, string>; readonly info: { readonly lines: number } }[] = parse(
      rest,
      { columns: headOf(file), delimiter, trim: true, skip_empty_lines: true, info: true },
    )
    const first = announced === null ? 0 : 1
    return records.map(({ record, info }) => ({ place: `${file}, line ${info.lines + first}`, cells: record }))
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem('replay_invalid', `${file} is not CSV: ${firstLine(error)}.`, { cause: error })
  }
}

/** The one of the three that the first line has most of, outside quotes. */
function delimiterOf(text: string): string {
  const head = (/^\s*([^\r\n]*)/.exec(text)?.[1] ?? '').replace(/"[^"]*"/g, '')
  const count = (delimiter: string): number => head.split(delimiter).length
  return [',', ';', '\t'].reduce((best, one) => (count(one) > count(best) ? one : best))
}

const headOf =
  (file: string) =>
  (names: readonly string[]): string[] => {
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined) throw wrong(file, `the column ${shownValue(twice)} is there twice`)
    return [...names]
  }

/** @param value a cell, or a value of JSON. @throws Problem `replay_invalid` */
export function numberIn({ place, cells }: Row, name: string): number {
  const value = own(cells, name)
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof number === 'number' && Number.isFinite(number)) return number
  const hint =
    typeof value === 'string' && /^\d+,\d+$/.test(value) ? ', written with a point and without separators' : ''
  throw wrong(place, `${name} is ${shownValue(value ?? '')}; it must be a number${hint}`)
}

export const countMax = 1e12

/** @throws Problem `replay_invalid` */
export function wholeIn(row: Row, name: string): number {
  const number = numberIn(row, name)
  if (Number.isInteger(number) && number >= 0 && number <= countMax) return number
  throw wrong(row.place, `${name} is ${number}; it must be a whole number from 0`)
}
