// The report of the delivery measures, as one file that can be kept and sent: the parts of the page about delivery, without links
// to other pages, forms or a script.
import type { DeliveryView } from '../../core/view/delivery-view.ts'
import { deliveryParts } from './delivery-parts.ts'
import { timeTag } from '../frame.ts'
import { html } from '../html.ts'
import { pageStyle } from '../style.ts'

const shown = { releasesMost: 500, servicesMost: 1000, hasPages: false }

/** @returns an HTML document */
export const reportPage = (view: DeliveryView): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${view.title}: measures of delivery</title>
        <style>
          ${{ html: pageStyle }}
        </style>
      </head>
      <body>
        <main>
          <h1>${view.title}: measures of delivery</h1>
          <p class="fact">${timeTag(view.period.fromMs)} to ${timeTag(view.period.toMs)} UTC</p>
          ${deliveryParts(view, shown)}
        </main>
        <footer>
          <p>
            Made by tidegate report from the release log. A bar is a day (of up to 31) or a week; a grey line at the
            bottom is a part without a value. The broken line is the target. Unknown is not good: it says what is
            missing.
          </p>
        </footer>
      </body>
    </html>`.html
