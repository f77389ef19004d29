// Small parts that the pages about a release share: a chip, a list of pairs, orders as forms.
import type { Order } from '../../core/view/release/steering.ts'
import type { Tone } from '../../core/view/release/told.ts'
import { orderForm } from '../action.ts'
import type { Frame } from '../frame.ts'
import { clockWords } from '../../core/view/release/moment.ts'
import { html, type Html, nothing } from '../html.ts'

const classes: Readonly<Record<Tone, string>> = { good: 'good', bad: 'bad', hold: 'hold', plain: '' }
const signs: Readonly<Record<Tone, string>> = { good: '✓ ', bad: '✕ ', hold: '‖ ', plain: '' }

/** A word in a box, with a sign before it: the colour says nothing that these do not. */
export const chip = (word: string, tone: Tone): Html =>
  html`<span class="state ${classes[tone]}"
    >${signs[tone] === '' ? nothing : html`<span aria-hidden="true">${signs[tone]}</span>`}${word}</span
  >`

/** What a signal says. */
export const verdictTones = { pass: 'good', fail: 'bad', unknown: 'hold', excluded: 'plain' } as const

/** A time of today is shown without its date. */
export const clockTag = (ms: number, nowMs: number): Html =>
  html`<time datetime="${new Date(ms).toISOString()}">${clockWords(ms, nowMs)}</time>`

type Pair = { readonly name: string; readonly words: string }
export const pairs = (all: readonly Pair[]): Html =>
  html`<dl class="pairs">
    ${all.map(
      ({ name, words }) =>
        html`<dt>${name}</dt>
          <dd>${words}</dd>`,
    )}
  </dl>`

/** @param id unique on the page */
export const formOf = (frame: Frame, id: string, { route, service, label, says, reason, danger }: Order): Html =>
  orderForm(frame, id, {
    route,
    service,
    label,
    says,
    ...(reason === undefined ? {} : { reason }),
    ...(danger === undefined ? {} : { danger }),
  })

/** As many parts as fit into so many bytes, from the first on. @returns how many do not */
export function fitting(
  parts: readonly Html[],
  bytesMost: number,
): { readonly shown: readonly Html[]; readonly left: number } {
  const shown: Html[] = []
  let bytes = 0
  for (const part of parts) {
    bytes += Buffer.byteLength(part.html)
    if (bytes > bytesMost) break
    shown.push(part)
  }
  return { shown, left: parts.length - shown.length }
}
