// The post-mortem sheet as a page, to read, print and copy from.
import { dateWords } from '../../core/view/release/moment.ts'
import type { PostMortem } from '../../core/view/release/post-mortem.ts'
import type { SignalTile } from '../../core/view/release/signal-tiles.ts'
import { type Frame, framed } from '../frame.ts'
import { html, type Html, nothing } from '../html.ts'
import { timelineTable } from './timeline-table.ts'
import { chip, fitting, pairs, verdictTones } from './words.ts'
import { row, stackedRow, table } from '../table.ts'

const signalsMost = 24_000

/** @returns an HTML document of less than 100 kB */
export function postMortemPage(sheet: PostMortem, frame: Frame): string {
  const { title, id, sentence, facts, timeline, evidence, missing, harm, dayMs } = sheet
  const path = `/release/${encodeURIComponent(id.toWellFormed())}`
  return framed(
    frame,
    `Post-mortem: ${title}`,
    html`<h1>Post-mortem: ${title}</h1>
      <p class="sentence">${sentence}</p>
      <p class="soft">On ${dateWords(dayMs)}; times are of that day where no other is named.</p>
      <p><a href="${path}">The release</a> · <a href="${path}/post-mortem.md" download>as Markdown</a></p>
      <h2>Facts</h2>
      ${pairs(facts)}
      <h2>Harm</h2>
      <p>${harm.soFar}</p>
      ${
        harm.shares.length === 0
          ? nothing
          : html`<ul>
              ${harm.shares.map((share) => html`<li>${share}</li>`)}
            </ul>`
      }
      <h2>Evidence and thresholds</h2>
      <p>${evidence.sentence} ${evidence.thresholds}</p>
      ${signalsTable(evidence.signals)}
      <h2>What was missing</h2>
      ${
        missing.length === 0
          ? html`<p>Nothing that the log knows of.</p>`
          : html`<ul>
              ${missing.map((line) => html`<li>${line}</li>`)}
            </ul>`
      }
      <h2>Timeline</h2>
      ${timelineTable(timeline, id, dayMs, path)}
      <h2>What went well, and what did not</h2>
      <p class="soft">To be filled in.</p>
      <h2>Actions</h2>
      ${actionsTable}`,
  )
}

function signalsTable(signals: readonly SignalTile[]): Html {
  if (signals.length === 0) return nothing
  const heads = ['signal', 'verdict', 'candidate', 'stable', 'compared', 'in words']
  const rows = signals.map(({ signal, kind, candidate, stable, times, tolerance, toRollBack, because }) => {
    const compared = [times, tolerance, toRollBack?.words].filter((one) => one !== undefined).join('; ')
    return stackedRow(heads, [signal, chip(kind, verdictTones[kind]), candidate ?? '', stable ?? '', compared, because])
  })
  const { shown, left } = fitting(rows, signalsMost)
  return html`${table({ of: 'signals', className: 'stacked narrow', heads, rows: shown })}
  ${left === 0 ? nothing : html`<p>${left} more signals are left out here; the Markdown has them.</p>`}`
}

const actionsTable = table({
  of: 'actions',
  heads: ['no.', 'action', 'owner', 'until'],
  rows: [1, 2, 3].map((number) => row(number, '', '', '')),
})
