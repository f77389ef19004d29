// The page of a release whose log is lost: what is known of it all the same, what the controller does about it, and how to put
// its traffic back.
import type { LostView } from '../../core/view/release/lost-view.ts'
import { type Frame, framed } from '../frame.ts'
import { html, nothing } from '../html.ts'
import { serviceLink } from '../parts.ts'
import { backPart } from './steer.ts'
import { chip, pairs } from './words.ts'

/** @returns an HTML document */
export function lostPage(view: LostView, frame: Frame): string {
  const { id, service, title, state, tone, sentence, next, facts, runbook, unknown } = view
  return framed(
    frame,
    title,
    html`<h1>${title}</h1>
      <p class="soft">Release ${id}${service === undefined ? nothing : html` of ${serviceLink(service)}`}</p>
      <p id="sentence" class="sentence" role="status" data-live>${chip(state, tone)} ${sentence}</p>
      <p id="next" data-live>${next} <a href="/runbook#${runbook}">What to do: the runbook</a></p>
      ${
        unknown.length === 0
          ? nothing
          : html`<div class="notice hold">
              Not known:
              <ul class="plain-list">
                ${unknown.map((one) => html`<li>${one}</li>`)}
              </ul>
            </div>`
      }
      <section id="steer" class="steer" data-live>${backPart(view, frame)}</section>
      <section id="about" data-live>
        <h2>What is known of it</h2>
        ${facts.length === 0 ? html`<p class="soft">Nothing.</p>` : pairs(facts)}
        <p class="soft">
          What is left of its log, or what copies of logs have: <code>tidegate log ${id} --verify</code>
        </p>
      </section>`,
  )
}
