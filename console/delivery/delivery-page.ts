// The page about delivery, for whoever decides: the measures of a period, chosen by its length in days.
import { dayMs } from '../../core/time.ts'
import type { DeliveryView } from '../../core/view/delivery-view.ts'
import { type Frame, framed, timeTag } from '../frame.ts'
import { html, type Html } from '../html.ts'
import { deliveryParts } from './delivery-parts.ts'

const choices = [7, 28, 90, 365]
const shown = { releasesMost: 30, servicesMost: 20, hasPages: true }

/** @returns an HTML document. Nothing of it is live: it is much to read, and changes little */
export function deliveryPage(view: DeliveryView, frame: Frame): string {
  const { fromMs, toMs } = view.period
  const days = Math.round((toMs - fromMs) / dayMs)
  const choice = (one: number): Html =>
    one === days
      ? html`<li><a href="/delivery?days=${one}" aria-current="true">${one} days</a></li>`
      : html`<li><a href="/delivery?days=${one}">${one} days</a></li>`
  const body = html`<h1>Delivery</h1>
    <p class="fact">${view.title}, ${timeTag(fromMs)} to ${timeTag(toMs)}</p>
    <nav aria-label="Period">
      <ul class="filters">
        ${choices.map(choice)}
      </ul>
    </nav>
    ${deliveryParts(view, shown)}
    <p class="fact">
      A bar is a day, of more than 31 days a week; a grey line at the bottom is a part without a value. The broken line
      is the target.
    </p>`
  return framed(frame, 'Delivery', body)
}
