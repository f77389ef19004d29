// What needs a person, as a card: what it is, since when, and what to do first.
import { oneLine } from '../core/foreign-text.ts'
import { isUrgent, type Need } from '../core/view/needs.ts'
import type { Frame } from './frame.ts'
import { html, type Html, nothing } from './html.ts'
import { actions, age, releaseLink, serviceLink } from './parts.ts'

const wordsMost = 400

export const needWords: Readonly<Record<Need['kind'], string>> = {
  lost: 'log lost',
  returning: 'going back',
  burning: 'budget burns fast',
  approval: 'waits for approval',
  paused: 'paused',
  drift: 'drift',
  spent: 'budget spent',
  stopped: 'stopped',
  burningSlowly: 'budget burns',
}

/** @param id unique on the page */
export const needCard = (frame: Frame, need: Need & { readonly service: string }, id: string, nowMs: number): Html =>
  html`<article class="card ${isUrgent(need) ? 'urgent' : 'person'}">
    <h3>
      ${serviceLink(need.service)}<span class="state ${isUrgent(need) ? 'bad' : 'hold'}">${needWords[need.kind]}</span>
    </h3>
    <p>${oneLine(need.sentence, wordsMost)}</p>
    <p class="fact">
      ${need.sinceMs === undefined ? nothing : html`For ${age(need.sinceMs, nowMs)}. `}${need.releaseId === undefined ? nothing : html`Release ${releaseLink(need.releaseId)}`}
    </p>
    ${actions(frame, id, need.service, need.actions)}
  </article>`
