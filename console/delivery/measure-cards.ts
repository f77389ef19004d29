// The measures of delivery: a sentence with those that miss their target, a card for each, and a table of all services.
import type { DeliveryView, MeasureView } from '../../core/view/delivery-view.ts'
import { html, type Html, nothing } from '../html.ts'
import { serviceLink } from '../parts.ts'
import { spreadPicture, trendPicture } from './measure-pictures.ts'

/** What whoever decides wants to know first. */
export function summarySentence(measures: readonly MeasureView[]): Html {
  const aimed = measures.filter(({ target }) => target !== undefined)
  const named = (wanted: MeasureView['standing']): string =>
    aimed
      .filter((one) => one.standing === wanted)
      .map(({ name }) => name)
      .join(', ')
  const [missed, unknown] = [named('missed'), named(undefined)]
  const met = aimed.filter(({ standing }) => standing === 'met').length
  return html`<p class="sentence">
    ${missed === '' ? html`<span class="state good">No target is missed</span>` : html`<span class="state bad">Missed</span> ${missed}`}
    <span class="soft">${met} of ${aimed.length} targets met.</span>
    ${unknown === '' ? nothing : html`<span class="state hold">Not known</span> ${unknown}`}
  </p>`
}

export const measureCards = (measures: readonly MeasureView[]): Html =>
  html`<div class="cards">${measures.map(card)}</div>`

function card(measure: MeasureView): Html {
  const { id, name, value, basis, sentence } = measure
  return html`<section class="card ${value === undefined ? 'not-known' : ''}">
    <h2>${name} <span class="soft">${id}</span></h2>
    <div class="top"><span class="value">${value?.words ?? 'unknown'}</span>${badge(measure)}</div>
    ${trendPicture(measure)} ${value === undefined ? nothing : spreadPicture(measure)}
    <p class="how">${basis}</p>
    <p class="what">${sentence}</p>
  </section>`
}

function badge({ target, standing }: MeasureView): Html {
  if (target === undefined) return nothing
  return html`<span class="aimed ${standing ?? ''}"
    >${standing === undefined ? '' : `${standing}: `}${target.words}</span
  >`
}

/** Those that miss most targets first. */
export function servicesTable(services: DeliveryView['services'], most: number, hasPages: boolean): Html {
  if (services.length === 0) return nothing
  const missed = ({ measures }: DeliveryView['services'][number]): number =>
    measures.filter(({ standing }) => standing === 'missed').length
  const shown = services.toSorted((a, b) => missed(b) - missed(a)).slice(0, most)
  const heads = shown[0]?.measures.map(({ id }) => html`<th class="number">${id}</th>`) ?? []
  const cell = ({ value, standing, basis }: DeliveryView['services'][number]['measures'][number]): Html =>
    value === undefined
      ? html`<td class="number soft" title="${basis}">unknown</td>`
      : html`<td class="number ${standing ?? ''}">${value.words}${standing === 'missed' ? ' ✗' : ''}</td>`
  return html`<h2>Each service</h2>
    <p class="fact">✗ misses its target. Those that miss most come first.</p>
    <div class="wide" tabindex="0" role="region" aria-label="Measures of each service">
      <table>
        <thead>
          <tr>
            <th class="first">Service</th>
            ${heads}
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            ({ name, measures }) =>
              html`<tr>
                <td class="first">${hasPages ? serviceLink(name) : name}</td>
                ${measures.map(cell)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${services.length > shown.length ? html`<p class="soft">And ${services.length - shown.length} more.</p>` : nothing}`
}
