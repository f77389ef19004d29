// The page of one service: how it stands and what may be done, what is left of its error budgets and who spent them, and its
// history, in which a way back says what it undid.
import { counted } from '../../core/counted.ts'
import { oneLine } from '../../core/foreign-text.ts'
import { isUrgent } from '../../core/view/needs.ts'
import type { ServiceView } from '../../core/view/service-view.ts'
import { orderForm } from '../action.ts'
import { type Frame, framed, timeTag } from '../frame.ts'
import { html, type Html, nothing } from '../html.ts'
import { needCard, needWords } from '../need-card.ts'
import { actions, age, personWords, releaseLink, trafficBar } from '../parts.ts'
import { observedSection } from './observed-section.ts'
import { budgetSection } from './budget-section.ts'
import { historySection } from './history-section.ts'

const wordsMost = 500
const definitionMost = 30_000

/** @returns an HTML document */
export function servicePage(view: ServiceView, frame: Frame): string {
  const body = html`<h1>${view.service}</h1>
    <div id="summary" data-live>${summary(view)}</div>
    <div id="needs" class="needs" data-live>${needs(view, frame)}</div>
    <div id="live" data-live>${live(view)}</div>
    <div id="observed" data-live>${view.observed === undefined ? nothing : observedSection(view.observed)}</div>
    <div id="orders" data-live>${orders(view, frame)}</div>
    <div id="budgets" data-live>${view.budgets.length === 0 ? nothing : budgetSection(view)}</div>
    <div id="history" data-live>${historySection(view)}</div>
    ${definition(view)}`
  return framed(frame, view.service, body)
}

function summary(view: ServiceView): Html {
  const { tile, nowMs, owner, runbook, applied } = view
  const [first] = tile.needs
  const badge =
    first !== undefined
      ? html`<span class="state ${tile.needs.some(isUrgent) ? 'bad' : 'hold'}">${needWords[first.kind]}</span>`
      : tile.unknown.length > 0
        ? html`<span class="state hold">something is not known</span>`
        : tile.live !== undefined
          ? html`<span class="state">${tile.live.standing === 'held' ? 'held' : 'releasing'}</span>`
          : html`<span class="state good">${tile.isObserved ? 'observed' : 'quiet'}</span>`
  const runs = tile.isObserved
    ? `Others move its aliases, and Tidegate only looks.${tile.runs === undefined ? '' : ` Last seen at ${oneLine(tile.runs.versions, wordsMost)}.`}`
    : tile.runs === undefined
      ? 'What runs is not known.'
      : `Runs ${oneLine(tile.runs.versions, wordsMost)}${tile.runs.sinceMs === undefined ? '' : ` for ${age(tile.runs.sinceMs, nowMs)}`}.`
  const facts = [
    ...(owner === undefined ? [html`No owner is defined.`] : [html`Owner: ${oneLine(owner, wordsMost)}.`]),
    runbook === undefined
      ? html`No runbook is defined.`
      : html`<a href="${safeLink(runbook)}" rel="noreferrer">Runbook</a>`,
    ...(applied === undefined
      ? []
      : [html`Definition applied by ${personWords(applied.by)} ${age(applied.atMs, nowMs)} ago.`]),
  ]
  return html`<p class="sentence">${badge} ${runs}</p>
    <p class="fact">${facts}</p>
    ${view.watch === undefined ? nothing : html`<p class="fact" id="watch">${oneLine(view.watch, wordsMost)}</p>`}
    ${view.warm.map((sentence) => html`<p class="fact warm">${oneLine(sentence, wordsMost)}</p>`)}
    ${
      tile.unknown.length === 0
        ? nothing
        : html`<div class="notice hold">
            Not known:
            <ul class="plain-list">
              ${tile.unknown.slice(0, 8).map((sentence) => html`<li>${oneLine(sentence, wordsMost)}</li>`)}
            </ul>
          </div>`
    }`
}

/** The schema takes https addresses only; whatever else is stored leads nowhere. */
const safeLink = (address: string): string => (address.startsWith('https://') ? address : '#')

const needs = ({ tile, service, nowMs }: ServiceView, frame: Frame): readonly Html[] =>
  (tile.needs.length === 0 ? [] : [html`<h2>What needs a person</h2>`]).concat(
    tile.needs.map((need, index) => needCard(frame, { ...need, service }, `need-${index}`, nowMs)),
  )

function live({ tile }: ServiceView): Html {
  const { live: release, waiting } = tile
  const behind = waiting === 0 ? nothing : html`<p class="fact">${counted(waiting, 'release')} waiting.</p>`
  if (release === undefined) return behind
  return html`<h2>Live release</h2>
    <article class="card">
      <h3>${releaseLink(release.releaseId, release.versions || release.releaseId)}</h3>
      <p>${oneLine(release.sentence, wordsMost)}</p>
      ${trafficBar(release)}
      <p class="fact">Asked for by ${release.by === undefined ? 'an event' : personWords(release.by)}.</p>
    </article>
    ${behind}`
}

function orders(view: ServiceView, frame: Frame): Html {
  const { service, functions, putBack, noPutBack, isStopped } = view
  if (frame.who === undefined) return nothing
  if (view.tile.isObserved && noPutBack !== undefined) return html`<p class="soft">${noPutBack}</p>`
  // The card above has the same button already.
  const isOffered = view.tile.needs.some((need) =>
    need.actions.some((one) => one.kind === 'order' && one.route === 'roll-back'),
  )
  const [only, ...others] = functions
  return html`<h2>Act</h2>
    ${isOffered || putBack === undefined ? nothing : actions(frame, 'put-back', service, [putBack])}
    ${noPutBack === undefined ? nothing : html`<p class="soft">${noPutBack}</p>`}
    ${
      only === undefined
        ? nothing
        : others.length > 0
          ? html`<p class="soft">Release several functions at once on the command line:</p>
              <pre>tidegate release ${service} --version FUNCTION=VERSION …</pre>`
          : orderForm(frame, 'release', {
              route: 'start',
              service,
              label: 'Release this version',
              asks: { name: 'version', label: `Version of ${oneLine(only, 80)}`, pattern: '[1-9][0-9]{0,9}' },
              reason: 'asked for on the page',
            })
    }
    ${
      isStopped
        ? view.tile.needs.some(({ kind }) => kind === 'stopped')
          ? nothing
          : orderForm(frame, 'start-line', { route: 'start-line', service, label: 'Start the line' })
        : orderForm(frame, 'stop-line', {
            route: 'stop-line',
            service,
            label: 'Stop the line',
            reason: 'no release until we know more',
            danger: true,
          })
    }`
}

function definition({ definition: text, nowMs, applied }: ServiceView): Html {
  if (text === undefined) return nothing
  return html`<h2>Definition</h2>
    ${applied === undefined ? nothing : html`<p class="fact">Applied ${timeTag(applied.atMs)}, ${age(applied.atMs, nowMs)} ago.</p>`}
    <details id="definition">
      <summary>As it is stored, in normal form</summary>
      <pre>
${text
          .slice(0, definitionMost)
          .split('\n')
          .map((one) => html`${one}`)}</pre>
    </details>`
}
