// A line of text on a terminal: escaped, then coloured, then wrapped at the terminal's width. Colour never says what the words do
// not say. A pipe gets the words alone, each line in one row.
import { styleText } from 'node:util'
import stringWidth from 'string-width'
import wrapAnsi from 'wrap-ansi'
import { oneLine } from '../../core/foreign-text.ts'

/** What a piece means. */
export type Tone = 'good' | 'bad' | 'caution' | 'faint' | 'strong'
export type Piece = string | { readonly text: string; readonly tone: Tone }

/** `rest` is wrapped beside `head`, so that what follows stands in a column of its own. */
type Columns = { readonly head: readonly Piece[]; readonly rest: readonly Piece[] }
/** What people copy, such as a command: never broken by us, because the terminal breaks it and copies it whole. */
type AsIs = { readonly asIs: string }
/** The first row has the headings. Each column is as wide as its widest cell. */
type Table = { readonly table: readonly (readonly string[])[] }
/** Of a text, the spaces that it begins with are the head. */
export type Line = string | Columns | AsIs | Table

/** How wide the output is, if it is a terminal's, and whether it shows colours. */
export type Surface = {
  readonly columns?: number
  readonly isColoured: boolean
  /** No row is wider than the terminal. Otherwise the terminal breaks long words itself, and copies them whole. */
  readonly breaksWords?: boolean
}

export const pipe: Surface = { isColoured: false }

const formats = {
  good: 'green',
  bad: ['red', 'bold'],
  caution: 'yellow',
  faint: 'dim',
  strong: 'bold',
} as const satisfies Readonly<Record<Tone, Parameters<typeof styleText>[0]>>

/** Escapes what is others': the line breaks and colours between pieces are ours, those within are somebody else's. */
const painted = (pieces: readonly Piece[], { isColoured }: Surface): string =>
  pieces
    .map((piece) => {
      if (typeof piece === 'string') return oneLine(piece)
      const text = oneLine(piece.text)
      return isColoured ? styleText(formats[piece.tone], text, { validateStream: false }) : text
    })
    .join('')

function partsOf(line: string | Columns): Columns {
  if (typeof line !== 'string') return line
  const spaces = /^ */.exec(line)?.[0] ?? ''
  return { head: [spaces], rest: [line.slice(spaces.length)] }
}

/** Where a head is too wide to stand beside anything, what follows stands below it. */
const indent = 4
const narrowest = 10

/** The rows that a line takes. */
export function rowsOf(line: Line, surface: Surface): readonly string[] {
  if (typeof line === 'object' && 'asIs' in line) return [painted([line.asIs], surface)]
  if (typeof line === 'object' && 'table' in line) return tableRows(line, surface)
  const { head, rest } = partsOf(line)
  const [left, right] = [painted(head, surface), painted(rest, surface)]
  const { columns, breaksWords = false } = surface
  if (columns === undefined) return [left + right]
  const width = stringWidth(left)
  if (width <= columns / 2) return beside(left, width, wrapped(right, columns - width, breaksWords))
  const [first = '', ...more] = wrapped(left, columns - indent, breaksWords)
  const below = [...more, ...(right === '' ? [] : wrapped(right, columns - indent, breaksWords))]
  return [first.trimEnd(), ...below.map((row) => ' '.repeat(indent) + row)]
}

/** A terminal that is too narrow for the table gets each row as a block: its first cell, and below it the others. */
function tableRows({ table: [headings = [], ...rows] }: Table, surface: Surface): readonly string[] {
  const widths = headings.map((heading, column) =>
    Math.max(...[heading, ...rows.map((row) => row[column] ?? '')].map((cell) => stringWidth(oneLine(cell)))),
  )
  const isFitting = widths.reduce((sum, width) => sum + width + 2, -2) <= (surface.columns ?? Number.POSITIVE_INFINITY)
  if (isFitting) {
    const oneRow = (row: readonly string[]) => row.map((cell, column) => padded(oneLine(cell), widths[column] ?? 0))
    return [headings, ...rows].map((row) => oneRow(row).join('  ').trimEnd())
  }
  const label = Math.max(...headings.slice(1).map((heading) => heading.length)) + 2
  return rows.flatMap(([name = '', ...cells]) => [
    ...rowsOf(`${headings[0] ?? ''} ${name}`, surface),
    ...cells.flatMap((cell, column) => {
      const head = ' '.repeat(indent) + padded(headings[column + 1] ?? '', label)
      return cell === '' ? [] : rowsOf({ head: [head], rest: [cell] }, surface)
    }),
  ])
}

const wrapped = (text: string, columns: number, hard: boolean): readonly string[] =>
  wrapAnsi(text, Math.max(narrowest, columns), { hard }).split('\n')

const beside = (left: string, width: number, [first = '', ...more]: readonly string[]): readonly string[] => [
  left + first,
  ...more.map((row) => ' '.repeat(width) + row),
]

/** Padded to a number of columns, in which a wide character takes two. */
export const padded = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - stringWidth(oneLine(text))))
