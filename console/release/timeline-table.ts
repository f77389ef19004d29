// The events of a release as a table. The latest are always shown; of a long log, as many of the others as a page may hold.
import type { TimelineRow } from '../../core/view/release/timeline.ts'
import { html, type Html, nothing } from '../html.ts'
import { chip, clockTag, fitting } from './words.ts'
import { row, table } from '../table.ts'

const bytesMost = 32_000

/** @param path of the release's page, if this is another one */
export function timelineTable(rows: readonly TimelineRow[], releaseId: string, nowMs: number, path = ''): Html {
  const [first, ...rest] = rows.map((row) => rowPart(row, nowMs, path))
  if (first === undefined) return nothing
  const { shown, left } = fitting(rest.toReversed(), bytesMost)
  const leftOut =
    left === 0
      ? nothing
      : html`<tr>
          <td colspan="4">${left} rows are left out here. The whole log: <code>tidegate log ${releaseId}</code></td>
        </tr>`
  return table({
    of: 'events',
    className: 'timeline narrow',
    heads: ['when', 'what', 'who', 'why'],
    rows: [first, leftOut, ...shown.toReversed()],
  })
}

function rowPart({ fromMs, toMs, times, what, tone, words, by, look }: TimelineRow, nowMs: number, path: string): Html {
  const until = toMs === undefined ? nothing : html` to ${clockTag(toMs, nowMs)}, ×${times}`
  const seen = look === undefined ? nothing : html` <a href="${path}?look=${look}">evidence</a>`
  return row(html`${clockTag(fromMs, nowMs)}${until}`, chip(what, tone), by ?? '', html`${words}${seen}`)
}
