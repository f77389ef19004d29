// The page of all services: those that need a person first, as cards that say why; then what is moving; then everything else, as
// tiles that are small enough for hundreds of them to be seen together.
import { counted } from '../../core/counted.ts'
import { endedWords } from '../../core/release/head.ts'
import { oneLine, quoted, withStop } from '../../core/foreign-text.ts'
import { type FleetView, type Standing, standings, type Tile } from '../../core/view/fleet-view.ts'
import { isUrgent, leftWords } from '../../core/view/needs.ts'
import { uncheckedSentence } from '../../core/view/on-call-view.ts'
import { type Frame, framed } from '../frame.ts'
import { html, type Html, inPath, nothing } from '../html.ts'
import { needWords } from '../need-card.ts'
import { actions, age, asked, releaseLink, serviceLink, trafficBar } from '../parts.ts'
import { stackedTable } from '../table.ts'

/** More cards than these are no glance any more, and the page would be too large. The others are tiles. */
const cardsMost = 30
const wordsMost = 240
/** The rest is what a validator says of a damaged item. */
const unknownMost = 130
const queueMost = 60

const names: Readonly<Record<Standing, string>> = {
  person: 'Needs a person',
  unknown: 'Something is not known',
  moving: 'Releasing',
  quiet: 'Quiet',
}

/** @returns an HTML document */
export function fleetPage(view: FleetView, frame: Frame): string {
  const show = standings.find((one) => one === asked(frame, 'show'))
  const body = html`<h1>Fleet</h1>
    <div id="summary" data-live>${summary(view)}${stoppedNotice(view, frame)}${filters(view, show)}</div>
    <div id="tiles" data-live>${view.tiles.length === 0 ? empty : sections(view, show)}</div>
    <div id="queues" data-live>${queues(view)}</div>`
  return framed(frame, 'Fleet', body)
}

const empty: Html = html`<p>There is no service yet. Write down what is released, and apply it:</p>
  <pre>tidegate apply services/checkout.yaml</pre>
  <p class="soft">docs/start.md has a definition to begin with.</p>`

const countOf = ({ tiles }: FleetView, standing: Standing): number =>
  tiles.filter((tile) => tile.standing === standing).length

/** What a filter shows: of those that release, also those that need a person. */
const isShown = (tile: Tile, show: Standing): boolean =>
  show === 'moving' ? tile.live !== undefined || tile.waiting > 0 : tile.standing === show

function summary(view: FleetView): Html {
  const [person, unknown, moving] = [countOf(view, 'person'), countOf(view, 'unknown'), countOf(view, 'moving')]
  const all = counted(view.tiles.length, 'service')
  const urgent = view.tiles.filter(({ needs }) => needs.some(isUrgent)).length
  const live = view.tiles.filter((tile) => tile.live !== undefined).length
  const first =
    person > 0
      ? html`${urgent === 0 ? nothing : html`<span class="state bad">${urgent} of ${all} ${urgent === 1 ? 'needs' : 'need'} a person now</span> `}${person === urgent ? nothing : html`<span class="state hold">${person - urgent} can wait a little</span>`}`
      : unknown + view.unknown.length + view.unchecked > 0
        ? html`Of what can be read, nothing needs a person. <span class="state hold">Not everything is known</span>`
        : html`<span class="state good">Nothing needs a person</span>`
  const rest = [
    `${all}, ${counted(live, 'live release')}`,
    ...(moving > live ? [`${moving - live} waiting`] : []),
    ...(unknown > 0 ? [`of ${counted(unknown, 'service')} something is not known`] : []),
  ]
  return html`<p class="sentence">${first} <span class="soft">${rest.join(' · ')}</span></p>
    ${view.unchecked === 0 ? nothing : html`<p class="fact">${uncheckedSentence(view.unchecked)}</p>`}
    ${view.unknown.map((sentence) => html`<p class="notice hold">${oneLine(sentence, wordsMost)}</p>`)}
    ${view.outages.map(
      ({ part, sinceMs }) =>
        html`<p class="notice bad">${part} has not answered for ${age(sinceMs, view.nowMs)}. Releases wait for it.</p>`,
    )}`
}

function stoppedNotice({ stopped, nowMs }: FleetView, frame: Frame): Html {
  if (stopped === undefined) return nothing
  return html`<div class="notice bad">
    Every release is stopped, for ${age(stopped.sinceMs, nowMs)}:
    ${withStop(quoted(oneLine(stopped.reason, wordsMost), stopped.by))}
    ${actions(frame, 'start-all', undefined, [
      { kind: 'order', route: 'start-every-line', label: 'Start every line', says: {} },
    ])}
  </div>`
}

function filters(view: FleetView, show: Standing | undefined): Html {
  const link = (href: string, words: string, isHere: boolean): Html =>
    isHere
      ? html`<li><a href="${href}" aria-current="true">${words}</a></li>`
      : html`<li><a href="${href}">${words}</a></li>`
  return html`<nav aria-label="Which services">
    <ul class="filters">
      ${link('/', `All ${view.tiles.length}`, show === undefined)}
      ${standings.map((one) => link(`/?show=${one}`, `${names[one]} ${view.tiles.filter((tile) => isShown(tile, one)).length}`, show === one))}
    </ul>
  </nav>`
}

function sections(view: FleetView, show: Standing | undefined): readonly Html[] {
  let cards = cardsMost
  return standings
    .filter((standing) => show === undefined || standing === show)
    .map((standing) => {
      const tiles = view.tiles.filter((tile) =>
        show === undefined ? tile.standing === standing : isShown(tile, standing),
      )
      if (tiles.length === 0) return show === undefined ? nothing : html`<p>None.</p>`
      const shown = standing === 'quiet' ? [] : tiles.slice(0, cards)
      cards -= shown.length
      const rest = tiles.slice(shown.length)
      return html`<section aria-labelledby="s-${standing}">
        <h2 id="s-${standing}">${names[standing]} (${tiles.length})</h2>
        <div class="cards">${shown.map((tile) => card(tile, view.nowMs))}</div>
        ${rest.length === 0 ? nothing : dense(rest, view.nowMs)}
      </section>`
    })
}

const dense = (tiles: readonly Tile[], nowMs: number): Html =>
  html`<p class="fact">Version · how long it has run · error budget left</p>
    <ul class="tiles">
      ${tiles.map((tile) => smallTile(tile, nowMs))}
    </ul>`

function smallTile(tile: Tile, nowMs: number): Html {
  const { service, standing, runs, budget, failed } = tile
  const facts = [
    ...(tile.isObserved
      ? ['observed', ...(runs === undefined ? [] : [oneLine(runs.versions, 24)])]
      : [
          runs === undefined ? 'version ?' : oneLine(runs.versions, 24),
          runs?.sinceMs === undefined ? 'age ?' : age(runs.sinceMs, nowMs),
        ]),
    ...(budget === undefined ? [] : [budget.leftShare === undefined ? 'budget ?' : leftWords(budget.leftShare)]),
    ...(failed === undefined ? [] : [endedWords(failed.outcome, failed.putBack)]),
    ...tile.needs.slice(0, 1).map(({ kind }) => needWords[kind]),
  ].join(' · ')
  return html`<li class="${standing}"><a href="/service/${inPath(service)}">${service}</a>${facts}</li>`
}

function card(tile: Tile, nowMs: number): Html {
  const { service, standing, needs, unknown, live, failed } = tile
  const isNow = needs.some(isUrgent)
  const badge = { person: isNow ? 'bad' : 'hold', unknown: 'hold', moving: 'plain', quiet: 'good' }[standing]
  const [first] = needs
  const words =
    first === undefined
      ? standing === 'unknown'
        ? 'not known'
        : liveWords[live?.standing ?? 'moving']
      : needWords[first.kind]
  const more = needs.length + unknown.length - 1
  return html`<article class="card ${isNow ? 'urgent' : standing}">
    <h3>${serviceLink(service)}<span class="state ${badge}">${words}</span></h3>
    ${[...needs.map(({ sentence }) => sentence), ...unknown]
      .slice(0, 1)
      .map(
        (sentence) =>
          html`<p>
            ${oneLine(sentence, first === undefined ? unknownMost : wordsMost)}${more > 0 ? ` (and ${more} more)` : ''}
          </p>`,
      )}
    ${
      live === undefined
        ? nothing
        : html`<p>
              ${releaseLink(live.releaseId, live.versions || live.releaseId)}
              ${first?.releaseId === live.releaseId ? '' : oneLine(live.sentence, wordsMost)}
            </p>
            ${trafficBar(live)}`
    }
    ${
      failed === undefined
        ? nothing
        : html`<p class="fact">
            Last release ${releaseLink(failed.releaseId, endedWords(failed.outcome, failed.putBack))}
            ${age(failed.atMs, nowMs)} ago
          </p>`
    }
    <p class="fact">${factsOf(tile, nowMs)}</p>
  </article>`
}

const liveWords = { moving: 'releasing', held: 'held', returning: 'going back' } as const

function factsOf({ runs, budget, waiting, isObserved }: Tile, nowMs: number): string {
  const running = isObserved
    ? `observed: others move it${runs === undefined ? '' : `, last seen at ${oneLine(runs.versions, 80)}`}`
    : runs === undefined
      ? 'what runs is not known'
      : `runs ${oneLine(runs.versions, 80)}${runs.sinceMs === undefined ? '' : ` for ${age(runs.sinceMs, nowMs)}`}`
  const left =
    budget === undefined
      ? 'no error budget'
      : budget.leftShare === undefined
        ? `error budget ${budget.slo}: not known`
        : `error budget ${budget.slo}: ${leftWords(budget.leftShare)}`
  return [running, left, ...(waiting === 0 ? [] : [`${counted(waiting, 'release')} waiting`])].join(' · ')
}

function queues({ queue, groups }: FleetView): Html {
  const waiting = queue.slice(0, queueMost)
  const rows = waiting.map(({ service, releases }) => [
    serviceLink(service),
    { number: releases.length },
    releases.slice(0, 1).map((id) => releaseLink(id)),
  ])
  return html`${
    waiting.length === 0
      ? nothing
      : html`<h2>Waiting for their turn</h2>
          ${stackedTable({ of: 'queues', heads: ['Service', { number: 'Waiting' }, 'Next'], rows })}
          ${queue.length > queueMost ? html`<p class="soft">And ${counted(queue.length - queueMost, 'more service')}.</p>` : nothing}`
  }
  ${groups.length === 0 ? nothing : groupTable(groups)}`
}

function groupTable(groups: FleetView['groups']): Html {
  const heads = ['Group', { number: 'Places taken' }, { number: 'Waiting' }, 'By']
  const rows = groups
    .slice(0, queueMost)
    .map(({ group, max, holders, waiting }) => [
      group,
      { number: `${holders.length} of ${max}` },
      { number: waiting ?? 'not known' },
      holders.slice(0, 5).map((id) => releaseLink(id)),
    ])
  return html`<h2>Concurrency groups</h2>
    ${stackedTable({ of: 'concurrency groups', heads, rows })}`
}
