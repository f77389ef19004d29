// The history of a service, newest first: what was released by whom and why, how it ended, and what undid what.
import { endedWords, isInPart } from '../../core/release/head.ts'
import { formatDuration } from '../../core/duration.ts'
import { oneLine, withStop } from '../../core/foreign-text.ts'
import type { Outcome } from '../../core/release/event.ts'
import type { HistoryRow, ServiceView } from '../../core/view/service-view.ts'
import { timeTag } from '../frame.ts'
import { html, type Html, inPath, nothing } from '../html.ts'
import { personWords, releaseLink } from '../parts.ts'
import { type Cell, stackedTable } from '../table.ts'

const wordsMost = 240

export function historySection({ history, unread, next, isLater, service }: ServiceView): Html {
  const newest = `/service/${inPath(service)}`
  return html`<h2>History</h2>
    ${unread.map((sentence) => html`<p class="notice hold">${oneLine(sentence, wordsMost)}</p>`)}
    ${history.length === 0 ? html`<p class="soft">No release yet.</p>` : stackedTable({ of: 'releases', heads, rows: history.map(historyRow) })}
    ${
      next === undefined && isLater === undefined
        ? nothing
        : html`<nav class="pages-on" aria-label="History">
            ${isLater === undefined ? nothing : html`<a href="${newest}">Newest</a>`}
            ${next === undefined ? nothing : html`<a href="${newest}?next=${inPath(next)}">Older</a>`}
          </nav>`
    }`
}

const heads = ['Asked for', 'Release', 'By', 'Ended', 'Why']

const standing = (outcome: Outcome | undefined): string =>
  outcome === undefined
    ? ''
    : outcome === 'promoted' || outcome === 'alreadyReleased'
      ? 'good'
      : outcome === 'superseded'
        ? ''
        : 'bad'

function historyRow(one: HistoryRow): readonly Cell[] {
  const { releaseId, requestedAtMs, settledAtMs, outcome, phase, versions, by, source, because, burned, putBack } = one
  const took = settledAtMs === undefined ? '' : ` after ${formatDuration((settledAtMs - requestedAtMs) / 1000)}`
  const said = [
    ...(because === undefined ? [] : [burned.length === 0 ? because : withStop(because)]),
    ...burned.map(({ slo, bad }) => `It spent ${Math.round(bad * 10) / 10} bad requests of ${slo}.`),
  ].join(' ')
  return [
    timeTag(requestedAtMs),
    html`${releaseLink(releaseId, oneLine(versions, 80) || releaseId)}${one.isDrill === true ? html`<br /><b>Drill</b>: a rehearsal of the way back` : nothing}${one.undid === undefined ? nothing : html`<br /><b>Put back</b>: undid ${releaseLink(one.undid)}`}${one.undoneBy === undefined ? nothing : html`<br />Undone by ${releaseLink(one.undoneBy)}`}`,
    html`${by === undefined ? `an event (${source})` : personWords(by)}${one.commit === undefined ? nothing : html`<br /><code>${oneLine(one.commit, 12)}</code>`}`,
    html`<span class="state ${isInPart(one) ? 'hold' : standing(outcome)}"
        >${outcome === undefined ? `under way: ${phase}` : oneLine(endedWords(outcome, putBack), 80)}</span
      >${took}`,
    html`${one.reason === undefined ? nothing : html`Asked: ${one.reason}<br />`}${oneLine(said, wordsMost)}`,
  ]
}
