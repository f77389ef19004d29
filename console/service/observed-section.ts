// What others moved of a service that is only observed, and what Tidegate would have done: the totals, and each shift.
import { counted } from '../../core/counted.ts'
import { oneLine } from '../../core/foreign-text.ts'
import type { Finding } from '../../core/observe/report.ts'
import type { ObservedView, ToldShift } from '../../core/view/observed-view.ts'
import { timeTag } from '../frame.ts'
import { html, type Html, nothing } from '../html.ts'
import { stackedTable } from '../table.ts'

const becauseMost = 240
const nameMost = 200

export function observedSection({ days, totals, unnoticed, goesOn, shifts, left, unknown }: ObservedView): Html {
  const [first = '', ...more] = totals
  const badge =
    goesOn > 0
      ? html`<span class="state">${counted(goesOn, 'shift')} under way</span> `
      : unnoticed > 0
        ? html`<span class="state hold">look at ${unnoticed}</span> `
        : nothing
  return html`<h2>What Tidegate would have done</h2>
    <p class="sentence">${badge}${first} <span class="soft">The last ${days} days.</span></p>
    ${more.map((sentence) => html`<p class="fact">${sentence}</p>`)}
    ${unknown.map((sentence) => html`<p class="notice hold">${oneLine(sentence, becauseMost)}</p>`)}
    ${shifts.length === 0 ? nothing : stackedTable({ of: 'shifts by others', heads, rows: shifts.map(shiftRow) })}
    ${left === 0 ? nothing : html`<p class="soft">And ${counted(left, 'older shift')}: <code>tidegate observed</code> lists them.</p>`}`
}

const heads = ['Seen', 'Shift', 'Tidegate', 'What that saves']

const badges: Readonly<Record<Finding, readonly [standing: string, words: string]>> = {
  caught: ['bad', 'would have put it back'],
  missed: ['hold', 'would not have put it back'],
  passed: ['good', 'would have let it through'],
  unknown: ['hold', 'not known'],
  goesOn: ['', 'so far'],
}

function shiftRow(one: ToldShift): readonly Html[] {
  const { beganAtMs, place, stable, candidate, finding, happened, happenedAtMs, foundAtMs, because, saves } = one
  const [standing, words] = badges[finding]
  const at = (ms: number | undefined): Html => (ms === undefined ? nothing : html` at ${timeTag(ms)}`)
  return [
    timeTag(beganAtMs),
    html`<span
      >${oneLine(place, nameMost)}<br />${oneLine(stable, 20)} → ${oneLine(candidate, 20)},
      ${happened}${at(happenedAtMs)}</span
    >`,
    html`<span
      ><span class="state ${standing}">${words}</span
      ><br />${foundAtMs === undefined ? nothing : html`${timeTag(foundAtMs)}: `}${oneLine(because, becauseMost)}</span
    >`,
    saves === undefined ? html`–` : html`${saves}`,
  ]
}
