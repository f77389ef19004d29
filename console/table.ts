// Tables of pages: they scroll by themselves where they are wider than a telephone, and by keyboard.
import { html, type Html, nothing, type Part } from './html.ts'

/** Numbers stand to the right. */
export type Cell = Part | { readonly number: string | number }

const isNumber = (cell: Cell): cell is { readonly number: string | number } =>
  typeof cell === 'object' && 'number' in cell

export const row = (...cells: readonly Cell[]): Html =>
  html`<tr>
    ${cells.map((cell) => (isNumber(cell) ? html`<td class="number">${cell.number}</td>` : html`<td>${cell}</td>`))}
  </tr>`

type Stacked = Omit<Table, 'rows' | 'className'> & {
  /** As many cells as heads. */
  readonly rows: readonly (readonly Cell[])[]
}

/** On a telephone each row is a block of its own, and each cell has its head in front: nothing scrolls sideways. */
export const stackedTable = ({ rows, ...rest }: Stacked): Html =>
  table({ ...rest, className: 'stacked', rows: rows.map((cells) => stackedRow(rest.heads, cells)) })

/** A row of a table whose class is `stacked`. */
export const stackedRow = (heads: readonly Cell[], cells: readonly Cell[]): Html =>
  html`<tr>
    ${cells.map((cell, index) => {
      const head = heads[index] ?? ''
      const name = isNumber(head) ? head.number : head
      return isNumber(cell)
        ? html`<td class="number" data-head="${name}">${cell.number}</td>`
        : html`<td data-head="${name}">${cell}</td>`
    })}
  </tr>`

type Table = {
  /** What it is a table of, for those who do not see it. */
  readonly of: string
  readonly heads: readonly Cell[]
  readonly rows: readonly Html[]
  /** Its columns are as narrow as their words; the last one has the room. */
  readonly className?: 'narrow' | 'timeline narrow' | 'stacked' | 'stacked narrow'
  readonly caption?: string
}

export const table = ({ of, heads, rows, className, caption }: Table): Html =>
  html`<div class="wide" tabindex="0" role="region" aria-label="Table of ${of}">
    <table class="${className ?? ''}">
      ${
        caption === undefined
          ? nothing
          : html`<caption class="soft">
              ${caption}
            </caption>`
      }
      <thead>
        <tr>
          ${heads.map((head) => (isNumber(head) ? html`<th scope="col" class="number">${head.number}</th>` : html`<th scope="col">${head}</th>`))}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`
