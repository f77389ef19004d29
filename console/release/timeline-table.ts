// The events of a release as a table. The latest are always shown; of a long log, as many of the others as a page may hold.
import type { TimelineRow } from '../../core/view/release/timeline.ts'
import { html, type Html, nothing } from '../html.ts'
import { chip, clockTag, fitting } from './words.ts'

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
  return html`<div class="wide" tabindex="0" role="region" aria-label="Table of events">
    <table class="timeline narrow">
      <thead>
        <tr>
          <th scope="col">when</th>
          <th scope="col">what</th>
          <th scope="col">who</th>
          <th scope="col">why</th>
        </tr>
      </thead>
      <tbody>
        ${first}${leftOut}${shown.toReversed()}
      </tbody>
    </table>
  </div>`
}

function rowPart({ fromMs, toMs, times, what, tone, words, by, look }: TimelineRow, nowMs: number, path: string): Html {
  const until = toMs === undefined ? nothing : html` to ${clockTag(toMs, nowMs)}, ×${times}`
  const seen = look === undefined ? nothing : html` <a href="${path}?look=${look}">evidence</a>`
  return html`<tr>
    <td>${clockTag(fromMs, nowMs)}${until}</td>
    <td>${chip(what, tone)}</td>
    <td>${by ?? ''}</td>
    <td>${words}${seen}</td>
  </tr>`
}
