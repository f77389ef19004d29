// Tables of pages: they scroll by themselves where they are wider than a telephone, and by keyboard.
import { html, type Html, nothing, type Part } from './html.ts'

/** Numbers stand to the right. */
type Cell = Part | { readonly number: string | number }

const isNumber = (cell: Cell): cell is { readonly number: string | number } =>
  typeof cell === 'object' && 'number' in cell

export const row = (...cells: readonly Cell[]): Html =>
  html`<tr>
    ${cells.map((cell) => (isNumber(cell) ? html`<td class="number">${cell.number}</td>` : html`<td>${cell}</td>`))}
  </tr>`

type Stacked = {
  readonly of: string
  readonly heads: readonly string[]
  /** As many cells as heads. */
  readonly rows: readonly (readonly Part[])[]
}

/** On a telephone each row is a block of its own, and each cell has its head in front: nothing scrolls sideways. */
export const stackedTable = ({ of, heads, rows }: Stacked): Html =>
  table({
    ...{ of, heads, className: 'stacked' },
    rows: rows.map(
      (cells) =>
        html`<tr>
          ${cells.map((cell, index) => html`<td data-head="${heads[index] ?? ''}">${cell}</td>`)}
        </tr>`,
    ),
  })

type Table = {
  /** What it is a table of, for those who do not see it. */
  readonly of: string
  readonly heads: readonly Cell[]
  readonly rows: readonly Html[]
  /** Its columns are as narrow as their words; the last one has the room. */
  readonly className?: 'narrow' | 'timeline narrow' | 'stacked'
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
