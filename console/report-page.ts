// The report of the delivery measures as one self-contained page: first a sentence with the missed targets, then a card for each
// measure with its trend and spread, then a table of all services.
import type { Period } from '../core/measures/facts.ts'
import { definitions, type Measured } from '../core/measures/measures.ts'
import { basisWords, detailWords, standing, targetWords, valueWords } from '../core/measures/words.ts'
import { html, type Html, nothing } from './html.ts'
import { reportStyle } from './report-style.ts'
import { spreadPicture, trendPicture } from './trend.ts'

export type Report = {
  readonly period: Period
  /** The name of one service, or of all together. */
  readonly title: string
  readonly overall: readonly Measured[]
  /** One entry for each service; empty when the report covers a single service. */
  readonly services: readonly { readonly name: string; readonly measured: readonly Measured[] }[]
}

const moment = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')

/** @returns an HTML document */
export function reportPage({ period, title, overall, services }: Report): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}: measures of delivery</title>
        <style>
          ${{ html: reportStyle }}
        </style>
      </head>
      <body>
        <main>
          <h1>${title}: measures of delivery</h1>
          <p class="when">${moment(period.fromMs)} to ${moment(period.toMs)} UTC</p>
          <p class="sum">${summary(overall)}</p>
          <div class="cards">${overall.map(card)}</div>
          ${services.length === 0 ? nothing : table(services)}
          <footer>
            Made by tidegate report from the release log. A bar is a day (of up to 31) or a week; a grey line at the
            bottom is a part without a value. A broken line is what is aimed at. Unknown is not good: it says what is
            missing.
          </footer>
        </main>
      </body>
    </html> `
  return page.html
}

/** What a person on call wants to know first. */
function summary(overall: readonly Measured[]): string {
  const aimed = overall.filter(({ definition }) => definition.target !== undefined)
  const names = (wanted: 'met' | 'missed' | undefined): readonly string[] =>
    aimed
      .filter(({ definition, result }) => standing(definition, result) === wanted)
      .map(({ definition }) => definition.name)
  const [missed, unknown] = [names('missed'), names(undefined)]
  return [
    missed.length === 0 ? `Nothing that is aimed at is missed.` : `Missed: ${missed.join(', ')}.`,
    `Met: ${names('met').length} of ${aimed.length}.`,
    ...(unknown.length === 0 ? [] : [`Not known: ${unknown.join(', ')}.`]),
  ].join(' ')
}

function card(measured: Measured): Html {
  const { definition, result } = measured
  return html`<section class="card ${result.value.known ? '' : 'unknown'}">
    <h3><b>${definition.id}</b>${definition.name}</h3>
    <div class="top"><span class="value">${valueWords(definition, result)}</span>${badge(measured)}</div>
    ${trendPicture(measured)} ${result.value.known ? spreadPicture(definition, result.spread) : nothing}
    <p class="how">${basisWords(result)}</p>
    <p class="what">${definition.sentence}</p>
  </section>`
}

function badge({ definition, result }: Measured): Html {
  if (definition.target === undefined) return nothing
  const stands = standing(definition, result)
  const words = `${stands === undefined ? '' : `${stands}: `}${targetWords(definition)}`
  return html`<span class="aimed ${stands ?? ''}">${words}</span>`
}

function table(services: Report['services']): Html {
  const heads = definitions.map(({ id, name }) => html`<th title="${name}">${id}</th>`)
  const rows = services.map(
    ({ name, measured }) =>
      html`<tr>
        <td>${name}</td>
        ${measured.map(({ definition, result }) => html`<td class="${result.value.known ? (standing(definition, result) ?? '') : 'none'}" title="${detailWords(definition, result)}">${result.value.known ? valueWords(definition, result) : '–'}</td>`)}
      </tr>`,
  )
  return html`<h2>Each service</h2>
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th>service</th>
            ${heads}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>`
}
