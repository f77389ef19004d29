// What is left of a service's error budgets: the burn-down of each, how fast it burns, and the releases that spent it.
import { counted } from '../../core/counted.ts'
import { endedWords } from '../../core/release/head.ts'
import { oneLine } from '../../core/foreign-text.ts'
import { leftWords } from '../../core/view/needs.ts'
import type { BudgetView, ServiceView } from '../../core/view/service-view.ts'
import { timeTag } from '../frame.ts'
import { html, type Html, nothing } from '../html.ts'
import { releaseLink } from '../parts.ts'
import { burnDownPicture } from './burn-down-picture.ts'
import { type Cell, stackedTable } from '../table.ts'

const spendersMost = 8

export const budgetSection = ({ budgets }: ServiceView): Html =>
  html`<h2>Error budgets</h2>
    <div class="cards two">
      ${budgets.map((one) =>
        'because' in one
          ? html`<article class="card unknown">
              <h3>${one.slo}<span class="state hold">not known</span></h3>
              <p>${oneLine(one.because, 400)}</p>
            </article>`
          : card(one),
      )}
    </div>`

function card(budget: BudgetView): Html {
  const { slo, words, knownToMs, good, bad, whole, rates, line } = budget
  const left = line.at(-1)?.leftShare ?? (whole > 0 ? 1 - bad / whole : undefined)
  const badge = left === undefined || good + bad === 0 ? 'no requests' : leftWords(left)
  return html`<article class="card">
    <h3>${slo}<span class="state ${left !== undefined && left <= 0 ? 'bad' : ''}">${badge}</span></h3>
    <p class="fact">
      ${words}. ${rounded(bad)} bad of ${rounded(good + bad)}; ${rounded(whole)} may be bad in the whole window.
    </p>
    ${line.length === 0 ? nothing : burnDownPicture(budget)}
    <p class="fact">
      Burn rate ${rates.map(({ hours, rate }) => `${hours} h: ${rate === undefined ? '–' : rounded(rate)}`).join(' · ')}
      (1 uses the budget up exactly at the end). Counted up to ${timeTag(knownToMs)}. The broken line is an even pace; a
      long mark is a release that was rolled back, or spent some of it.
    </p>
    ${spenders(budget)}
  </article>`
}

function spenders({ slo, spending, bad }: BudgetView): Html {
  const { charged, unknown, unassigned } = spending
  if (charged.length + unknown.length === 0) return html`<p class="fact">No release in the window spent any of it.</p>`
  const sure = charged.filter((one) => one.sure)
  const rest = charged.filter((one) => !sure.slice(0, spendersMost).includes(one))
  const others = rest.reduce((sum, one) => sum + one.bad, 0)
  const spent = (what: string | Html, count: number, words: string): readonly Cell[] => [
    what,
    { number: rounded(count) },
    words,
  ]
  const rows = [
    ...sure
      .slice(0, spendersMost)
      .map(({ releaseId, bad: count, error, outcome, putBack }) =>
        spent(
          html`${releaseLink(releaseId)} ${outcome === undefined ? '' : endedWords(outcome, putBack)}`,
          count,
          `± ${rounded(error)}, more than chance explains`,
        ),
      ),
    ...(rest.length === 0 ? [] : [spent(counted(rest.length, 'other release'), others, 'together')]),
    ...(unknown.length === 0
      ? []
      : [[counted(unknown.length, 'release'), { number: 'not known' }, oneLine(unknown[0]?.because ?? '', 200)]]),
    ...(charged.length === 0 ? [] : [spent('No release', unassigned, `of ${rounded(bad)} in the window`)]),
  ]
  return stackedTable({ of: `who spent ${slo}`, heads: ['Spent by', { number: 'Bad requests' }, 'How sure'], rows })
}

const rounded = (value: number): string => String(Math.round(value * 10) / 10)
