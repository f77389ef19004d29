// The page of whoever is on call: what needs a person first, each with what to do first; then what is live, what failed lately,
// and which budgets burn. What is not known is said in the first sentence: it is never taken for quiet.
import { counted } from '../../core/counted.ts'
import { endedWords } from '../../core/release/head.ts'
import { oneLine, quoted } from '../../core/foreign-text.ts'
import type { Sent } from '../../core/message/sent.ts'
import { severityOf } from '../../core/page.ts'
import { isUrgent } from '../../core/view/needs.ts'
import type { OnCallView } from '../../core/view/on-call-view.ts'
import { type Frame, framed, timeTag } from '../frame.ts'
import { html, type Html, nothing } from '../html.ts'
import { needCard } from '../need-card.ts'
import { actions, age, budgetBar, personWords, releaseLink, serviceLink, trafficBar } from '../parts.ts'
import { stackedTable } from '../table.ts'

const needsMost = 30
const rowsMost = 40
const wordsMost = 400

/** @returns an HTML document */
export const onCallPage = (view: OnCallView, frame: Frame): string =>
  framed(
    frame,
    'On call',
    html`<h1>On call</h1>
      ${onCallParts(view, frame)}`,
  )

/** What the page says, without its frame: for a widget, too. */
export const onCallParts = (view: OnCallView, frame: Frame): Html =>
  html`<div id="summary" data-live>${summary(view)}</div>
    <div id="needs" class="needs" data-live>${urgent(view, frame)}</div>
    <div id="unknown" data-live>${unknowns(view)}</div>
    <div id="live" data-live>${liveTable(view)}</div>
    <div id="failed" data-live>${failedTable(view)}</div>
    <div id="budgets" data-live>${budgetTable(view)}</div>
    <div id="messages" data-live>${messageTable(view)}</div>`

function summary({ needs, outages, stopped, unknown, live, services }: OnCallView): Html {
  const now = needs.filter(isUrgent).length + outages.length
  const later = needs.length + outages.length - now + (stopped === undefined ? 0 : 1)
  const known =
    now + later > 0
      ? html`${now === 0 ? nothing : html`<span class="state bad">${counted(now, 'thing needs', 'things need')} you now</span> `}${later === 0 ? nothing : html`<span class="state hold">${later} can wait a little</span>`}`
      : unknown.length > 0
        ? html`Nothing of what can be read needs you, but
            <span class="state hold">${counted(unknown.length, 'thing is', 'things are')} not known</span>: see below.`
        : html`<span class="state good">Nothing needs you</span>`
  return html`<p class="sentence">
    ${known}
    <span class="soft"
      >${counted(services, 'service')},
      ${counted(live.length, 'live release')}${now + later > 0 && unknown.length > 0 ? `, ${counted(unknown.length, 'thing')} not known` : ''}.</span
    >
  </p>`
}

function unknowns({ unknown }: OnCallView): Html {
  if (unknown.length === 0) return nothing
  const item = ({ service, sentence }: OnCallView['unknown'][number]): Html =>
    html`<li>${service === undefined ? nothing : html`${serviceLink(service)}: `}${oneLine(sentence, wordsMost)}</li>`
  const first = unknown.slice(0, 5)
  const rest = unknown.slice(5, rowsMost)
  return html`<div class="notice hold">
    Not known, and so not counted as well:
    <ul class="plain-list">
      ${first.map(item)}
    </ul>
    ${
      rest.length === 0
        ? nothing
        : html`<details id="more-unknown">
            <summary>And ${unknown.length - first.length} more</summary>
            <ul class="plain-list">
              ${rest.map(item)}
            </ul>
          </details>`
    }
  </div>`
}

function urgent({ needs, outages, stopped, nowMs }: OnCallView, frame: Frame): readonly Html[] {
  const shown = needs.slice(0, needsMost)
  const count = needs.length + outages.length + (stopped === undefined ? 0 : 1)
  return [
    ...(count === 0 ? [] : [html`<h2>What needs you</h2>`]),
    ...outages.map(
      ({ part, sinceMs, because, toldAtMs }) =>
        html`<article class="card urgent">
          <h2>${part}<span class="state bad">away</span></h2>
          <p>It has not answered for ${age(sinceMs, nowMs)}: ${oneLine(because, wordsMost)}</p>
          <p class="fact">
            ${toldAtMs === undefined ? 'Nobody was paged yet.' : 'Somebody was paged.'} Releases wait for it. Put
            traffic back by hand if customers are hurt: the release's page has the command.
          </p>
        </article>`,
    ),
    ...(stopped === undefined
      ? []
      : [
          html`<article class="card urgent">
            <h2>Every line<span class="state bad">stopped</span></h2>
            <p>For ${age(stopped.sinceMs, nowMs)}: ${quoted(stopped.reason, stopped.by, wordsMost)}</p>
            ${actions(frame, 'start-all', undefined, [
              { kind: 'order', route: 'start-every-line', label: 'Start every line', says: {} },
            ])}
          </article>`,
        ]),
    ...shown.map((need, index) => needCard(frame, need, `need-${index}`, nowMs)),
    ...(needs.length > needsMost
      ? [html`<p>And ${counted(needs.length - needsMost, 'more')}: see <a href="/?show=person">the fleet</a>.</p>`]
      : []),
  ]
}

function liveTable({ live, nowMs }: OnCallView): Html {
  if (live.length === 0)
    return html`<h2>Live releases</h2>
      <p class="soft">None.</p>`
  const rows = live
    .slice(0, rowsMost)
    .map((one) => [
      serviceLink(one.service),
      html`${releaseLink(one.releaseId, one.versions || one.releaseId)}<br /><span class="soft"
          >${age(one.requestedAtMs, nowMs)} ago</span
        >`,
      trafficBar(one),
      html`${one.standing === 'held' ? html`<span class="state hold">held</span> ` : nothing}${oneLine(one.sentence, wordsMost)}`,
      one.by === undefined ? 'an event' : personWords(one.by),
    ])
  return html`<h2>Live releases (${live.length})</h2>
    ${stackedTable({ of: 'live releases', heads: ['Service', 'Release', 'Traffic', 'Now', 'By'], rows })}
    ${live.length > rowsMost ? html`<p>And ${live.length - rowsMost} more.</p>` : nothing}`
}

function failedTable({ failed, nowMs }: OnCallView): Html {
  if (failed.length === 0)
    return html`<h2>Failed in the last day</h2>
      <p class="soft">No last release of a service.</p>`
  const rows = failed
    .slice(0, rowsMost)
    .map(({ service, releaseId, outcome, putBack, because, atMs }) => [
      serviceLink(service),
      releaseLink(releaseId),
      html`${endedWords(outcome, putBack)}<br /><span class="soft">${age(atMs, nowMs)} ago</span>`,
      oneLine(because, wordsMost),
    ])
  return html`<h2>Failed in the last day (${failed.length})</h2>
    ${stackedTable({ of: 'failed releases', heads: ['Service', 'Release', 'Ended', 'Why'], rows })}`
}

const burnChips = {
  page: html`<span class="state bad">fast: page</span>`,
  ticket: html`<span class="state hold">slowly: ticket</span>`,
  no: html`no`,
} as const

function budgetTable({ budgets }: OnCallView): Html {
  if (budgets.length === 0)
    return html`<h2>Error budgets</h2>
      <p class="soft">None that is known burns or is half spent.</p>`
  const rows = budgets
    .slice(0, rowsMost)
    .map(({ service, slo, leftShare, burning }) => [
      serviceLink(service),
      slo,
      budgetBar(leftShare),
      burnChips[burning],
    ])
  return html`<h2>Error budgets that burn, or are half spent</h2>
    ${stackedTable({ of: 'error budgets', heads: ['Service', 'Error budget', 'Left', 'Burns'], rows })}`
}

const channelWords = { topic: 'subscribers', chat: 'chat' } as const

/** The runbook has a section for each kind. */
function messageTable({ messages, nowMs }: OnCallView): Html {
  if (messages === undefined) return nothing
  const title = html`<h2>Recent messages</h2>`
  if (messages.length === 0)
    return html`${title}
      <p class="soft">None was sent in the last 30 days.</p>`
  const rows = messages.map((sent) => [
    html`${timeTag(sent.atMs)}<br /><span class="soft">${age(sent.atMs, nowMs)} ago</span>`,
    about(sent),
    html`${oneLine(sent.subject, wordsMost)}<br /><a href="/runbook#${sent.kind}">${sent.kind}</a>`,
    `${severityOf(sent.kind)}, to ${sent.to.map((channel) => channelWords[channel]).join(' and ')}`,
  ])
  return html`${title} ${stackedTable({ of: 'recent messages', heads: ['Sent', 'About', 'What', 'To'], rows })}`
}

function about({ service, releaseId }: Sent): Html {
  if (service === undefined) return releaseId === undefined ? html`all services` : releaseLink(releaseId)
  return html`${serviceLink(service)}${releaseId === undefined ? nothing : html`<br />${releaseLink(releaseId)}`}`
}
