// The evidence of a look, a slider over the looks, and what another policy would have said.
import type { Compared } from '../../core/view/release/other-policy.ts'
import { otherPolicies } from '../../core/view/release/other-policy.ts'
import type { ReleaseView } from '../../core/view/release/release-view.ts'
import type { Frame } from '../frame.ts'
import { html, type Html, nothing } from '../html.ts'
import { tilePart } from './tile.ts'
import { clockTag, fitting } from './words.ts'
import { row, table } from '../table.ts'

const pathOf = ({ path }: Frame): string => path.split('?')[0] ?? ''

// With the other parts, a page stays under 100 kB whatever is in it.
const tilesMost = 30_000

export function evidencePart(view: ReleaseView, frame: Frame): Html {
  const { looks, tiles, compared } = view
  const { shown, left } = fitting(tiles.map(tilePart), tilesMost)
  return html`<section id="looks" data-live>
      <h2>Evidence</h2>
      ${looks.count < 2 ? nothing : slider(view, frame)}
    </section>
    <section id="evidence" data-live>
      <p id="look">${looks.sentence}</p>
      ${
        tiles.length === 0
          ? nothing
          : html`${shown.some((one) => one.html.includes('<svg class="course"')) ? legend : nothing}
              <div class="cards">${shown}</div>`
      }
      ${left === 0 ? nothing : html`<p>${left} more signals are left out here: <code>tidegate status ${view.service}</code> has them.</p>`}
      ${compared === undefined ? nothing : comparedPart(compared, view.nowMs)}
    </section>`
}

const legend = html`<p class="legend">
  In the pictures: the candidate is the thick line, stable the broken one; the band is where the candidate may be, at
  all looks at once.
</p>`

const slider = ({ looks, compared }: ReleaseView, frame: Frame): Html =>
  html`<form class="looks" method="get" action="${pathOf(frame)}">
      <label for="look-number">As of look</label>
      <input type="range" id="look-number" name="look" min="1" max="${looks.count}" value="${looks.shown}" />
      ${compared === undefined ? nothing : html`<input type="hidden" name="policy" value="${compared.policy}" />`}
      <button class="plain">Show</button>
      ${looks.shown === looks.count ? nothing : html`<a href="${pathOf(frame)}">the latest</a>`}
    </form>
    <form class="looks" method="get" action="${pathOf(frame)}">
      <label for="policy">What would another policy have said?</label>
      <select id="policy" name="policy">
        ${otherPolicies.map((one) => (one === compared?.policy ? html`<option selected>${one}</option>` : html`<option>${one}</option>`))}
      </select>
      ${looks.shown === looks.count ? nothing : html`<input type="hidden" name="look" value="${looks.shown}" />`}
      <button class="plain">Compare</button>
    </form>`

const comparedPart = ({ policy, words, sentence, rows, leftOut }: Compared, nowMs: number): Html =>
  html`<h3>If the policy had been ${policy}</h3>
    <p>${sentence} <span class="soft">(${words}; alarms are not replayed)</span></p>
    ${
      rows.length === 0
        ? nothing
        : table({
            of: 'changes',
            className: 'narrow',
            caption: 'Where either changed',
            heads: ['look at', 'was', 'would have been', 'why'],
            rows: rows.map(({ atMs, said, other, because }) =>
              row(clockTag(atMs, nowMs), said, other, because.slice(0, 300)),
            ),
          })
    }
    ${leftOut === 0 ? nothing : html`<p>${leftOut} more changes are left out.</p>`}`
