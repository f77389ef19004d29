// The page of one release, for the person on call at night: what it does now, what may be done, and why it is so.
import type { ReleaseView } from '../../core/view/release/release-view.ts'
import { type Frame, framed } from '../frame.ts'
import { html, type Html, nothing } from '../html.ts'
import { evidencePart } from './evidence.ts'
import { steerPart } from './steer.ts'
import { timelineTable } from './timeline-table.ts'
import { weightsPart } from './weights.ts'
import { tilePart } from './tile.ts'
import { chip, fitting, pairs } from './words.ts'

/** @returns an HTML document of less than 100 kB */
export function releasePage(view: ReleaseView, frame: Frame): string {
  const { now, title, service } = view
  return framed(
    frame,
    title,
    html`<h1>${title}</h1>
      <p class="soft">
        Release ${view.id} of <a href="/service/${encodeURIComponent(service.toWellFormed())}">${service}</a>
      </p>
      <p id="sentence" class="sentence" role="status" data-live>
        ${chip(now.state, now.tone)} ${now.sentence}${moreOf(now)}
      </p>
      <p id="jump" data-live>
        ${view.back.order === undefined ? nothing : html`<a class="jump" href="#put-back">${view.back.order.label}</a>`}
        ${view.runbook === undefined ? nothing : html`<a href="/runbook#${view.runbook}">What to do: the runbook</a>`}
      </p>
      <div class="release">
        <section id="now" data-live>
          <h2>Traffic</h2>
          ${weightsPart(view)} ${harmPart(view)}
        </section>
        <div class="side">${steerPart(view, frame)} ${aboutPart(view)}</div>
        ${evidencePart(view, frame)}
        <section id="timeline" data-live>
          <h2>Timeline</h2>
          ${timelineTable(view.timeline, view.id, view.nowMs)}
        </section>
      </div>`,
  )
}

/** What a widget has room for: where it stands, the traffic, and the evidence of the last look. Nothing can be pressed. */
export const releaseParts = (view: ReleaseView): Html =>
  html`<h3>${view.title}</h3>
    <p>${chip(view.now.state, view.now.tone)} ${view.now.sentence}${moreOf(view.now)}</p>
    ${weightsPart(view)} ${harmPart(view)}
    <h3>Evidence</h3>
    <p>${view.looks.sentence}</p>
    ${fitting(view.tiles.map(tilePart), widgetTilesMost).shown} ${pairs(view.facts)} ${linksPart(view)}`

const moreOf = ({ more }: ReleaseView['now']): Html =>
  more === '' ? nothing : html` <span class="soft">${more}</span>`

const widgetTilesMost = 30_000

const linksPart = ({ links }: Pick<ReleaseView, 'links'>): readonly Html[] =>
  links.map(({ label, href }) => html`<li><a href="${href}" rel="noreferrer">${label}</a></li>`)

function harmPart({ harm }: ReleaseView): Html {
  return html`<h2>Harm so far</h2>
    <p>
      ${harm.tone === 'plain' ? nothing : chip(harm.tone === 'bad' ? 'harm' : 'not known', harm.tone)} ${harm.soFar}
    </p>
    ${
      harm.shares.length === 0
        ? nothing
        : html`<ul>
            ${harm.shares.map((share) => html`<li>${share}</li>`)}
          </ul>`
    }
    ${harm.ifAllFails === undefined ? nothing : html`<p class="soft"><b>If it failed totally now:</b> ${harm.ifAllFails}</p>`}`
}

function aboutPart({ facts, links, id, isSettled }: ReleaseView): Html {
  const sheet = isSettled
    ? html`<li><a href="/release/${encodeURIComponent(id.toWellFormed())}/post-mortem">Post-mortem sheet</a></li>`
    : nothing
  return html`<section id="about" data-live>
    <h2>About it</h2>
    ${pairs(facts)}
    <ul>
      ${sheet}
      <li><a href="/runbook">Runbook of Tidegate</a></li>
      ${linksPart({ links })}
    </ul>
    <p class="soft">Everything that was decided: <code>tidegate log ${id}</code></p>
  </section>`
}
