// What a period of delivery looks like, on the page and in the report that is saved: the same parts, in the same order.
import { endedWords, isInPart } from '../../core/release/head.ts'
import { formatDuration } from '../../core/duration.ts'
import { oneLine } from '../../core/foreign-text.ts'
import { amount } from '../../core/measures/words.ts'
import type { DeliveryView, ReleaseRow } from '../../core/view/delivery-view.ts'
import { timeTag } from '../frame.ts'
import { html, type Html, nothing } from '../html.ts'
import { budgetBar, codeIn, personWords, releaseLink, serviceLink } from '../parts.ts'
import { measureCards, servicesTable, summarySentence } from './measure-cards.ts'
import { type Cell, stackedTable } from '../table.ts'

type Shown = {
  /** How many releases and services are listed. */
  readonly releasesMost: number
  readonly servicesMost: number
  /** Whether there are pages of services and releases to lead to. */
  readonly hasPages: boolean
}

export const deliveryParts = (view: DeliveryView, shown: Shown): Html =>
  html`${summarySentence(view.measures)} ${view.without.length === 0 ? nothing : without(view)}
    <h2>Measures</h2>
    ${measureCards(view.measures)} ${business(view, shown)} ${budgets(view, shown)}
    <h2>Drills</h2>
    <p>${codeIn(view.drills)}</p>
    ${servicesTable(view.services, shown.servicesMost, shown.hasPages)} ${releases(view, shown)}`

const without = (view: DeliveryView): Html =>
  html`<div class="notice hold">
    Without these, which cannot be read; nothing here counts them:
    <ul class="plain-list">
      ${view.without.slice(0, 10).map(({ service, because }) => html`<li>${service}: ${oneLine(because, 200)}</li>`)}
    </ul>
    ${view.without.length > 10 ? html`<p>And ${view.without.length - 10} more.</p>` : nothing}
  </div>`

const named = (service: string, { hasPages }: Shown): Html => (hasPages ? serviceLink(service) : html`${service}`)

function releases({ releases: all }: DeliveryView, shown: Shown): Html {
  const some = all.slice(0, shown.releasesMost)
  if (some.length === 0)
    return html`<h2>Releases</h2>
      <p class="soft">None ended in the period.</p>`
  const heads = [
    ...['Ended', 'Service', 'Release', 'Outcome', 'By'],
    ...['Lead time', 'Took'].map((number) => ({ number })),
  ]
  return html`<h2>Releases (${all.length})</h2>
    ${stackedTable({ of: 'releases', heads, rows: some.map((one) => releaseLine(one, shown)) })}
    ${all.length > some.length ? html`<p class="soft">And ${all.length - some.length} older ones.</p>` : nothing}`
}

function releaseLine(one: ReleaseRow, shown: Shown): readonly Cell[] {
  const { service, releaseId, atMs, outcome, versions, by, leadSeconds, tookSeconds, incidents } = one
  const good = (outcome === 'promoted' && !isInPart(one)) || outcome === 'alreadyReleased'
  const what = oneLine(versions, 60) || releaseId
  const notes = [
    ...(one.isWayBack ? ['a way back'] : []),
    ...(one.undoneBy === undefined ? [] : ['undone later']),
    ...(incidents === 0 ? [] : [`${incidents} incident${incidents === 1 ? '' : 's'}`]),
  ].join(', ')
  const seconds = (took: number | undefined) => ({ number: took === undefined ? '–' : formatDuration(took) })
  return [
    outcome === undefined ? 'live' : timeTag(atMs),
    named(service, shown),
    shown.hasPages ? releaseLink(releaseId, what) : what,
    html`${outcome === undefined ? 'under way' : html`<span class="${good || outcome === 'superseded' ? '' : 'missed'}">${endedWords(outcome, one.putBack)}</span>`}${notes === '' ? '' : ` (${notes})`}`,
    by === undefined ? 'an event' : personWords(by),
    seconds(leadSeconds),
    seconds(tookSeconds),
  ]
}

function budgets({ budgets: all }: DeliveryView, shown: Shown): Html {
  if (all.length === 0) return nothing
  const some = all.slice(0, shown.servicesMost)
  const unknown = all.filter(({ leftShare }) => leftShare === undefined).length
  const missing = unknown === 0 ? '' : ` Of ${unknown} of ${all.length} it is not known; they come last.`
  const rows = some.map(({ service, slo, leftShare, because }) => [
    named(service, shown),
    slo,
    html`${budgetBar(leftShare)}${because === undefined ? '' : ` ${oneLine(because, 160)}`}`,
  ])
  return html`<h2>Error budgets now</h2>
    <p class="fact">What is left of the whole window, the least first.${missing}</p>
    ${stackedTable({ of: 'error budgets', heads: ['Service', 'Error budget', 'Left'], rows })}
    ${all.length > some.length ? html`<p class="soft">And ${all.length - some.length} more.</p>` : nothing}`
}

function business({ business: all }: DeliveryView, shown: Shown): Html {
  if (all.length === 0)
    return html`<h2>Business metrics after releases</h2>
      <p class="soft">No promoted release was compared by a metric of its own (signals.custom of a definition).</p>`
  const rows = all
    .slice(0, shown.servicesMost)
    .map(({ service, signal, change, releases: count, worse }) => [
      named(service, shown),
      signal,
      { number: amount('change', change) },
      { number: count },
      worse,
    ])
  const heads = ['Service', 'Metric', { number: 'Change' }, { number: 'Releases' }, 'Worse is']
  return html`<h2>Business metrics after releases</h2>
    <p class="fact">
      The new version against the one before, at the last look of what was promoted; p50 over the releases.
    </p>
    ${stackedTable({ of: 'business metrics', heads, rows })}`
}
