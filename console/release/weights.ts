// The bar of a release: which weights are planned, which is set, and which share the candidate was really served.
import { scaleLinear } from 'd3-scale'
import type { ReleaseView } from '../../core/view/release/release-view.ts'
import { formatDuration } from '../../core/duration.ts'
import { quoted } from '../../core/foreign-text.ts'
import { html, type Html, nothing } from '../html.ts'
import { pairs } from './words.ts'

const width = 1000
const height = 34
const x = scaleLinear().domain([0, 10_000]).range([0, width])
const percent = (bp: number): string => `${bp / 100} %`

type Weights = Pick<ReleaseView, 'plan' | 'setBp' | 'shares' | 'served' | 'oneWay'>

const servedWords = ({ served }: Weights): string =>
  served.kind === 'unknown'
    ? `not known: ${served.because}`
    : `${percent(served.shareBp)} of ${served.requests} requests in the last ${formatDuration((served.toMs - served.fromMs) / 1000)} that were read`

const oneWayWords = ({ beforeBp, isPassed }: NonNullable<Weights['oneWay']>): string =>
  isPassed ? `passed before ${percent(beforeBp)}: there is no way back` : `before ${percent(beforeBp)}, not passed yet`

export function weightsPart(view: Weights): Html {
  const { plan, setBp, shares, served, oneWay } = view
  const step = oneWay === undefined ? '' : ` One-way step: ${oneWayWords(oneWay)}.`
  const label = `Set: ${percent(setBp)}.${step} Served: ${servedWords(view)}. Planned: ${plan.map(({ weightBp }) => percent(weightBp)).join(', ')}.`
  const mark =
    served.kind === 'unknown'
      ? nothing
      : html`<line class="mark" x1="${x(served.shareBp)}" x2="${x(served.shareBp)}" y1="0" y2="${height}" />`
  return html`<svg
      class="weights"
      viewBox="0 0 ${width} ${height}"
      preserveAspectRatio="none"
      role="img"
      aria-label="${label.slice(0, 600)}"
    >
      <rect class="track" width="${width}" height="${height}" />
      <rect class="set" width="${x(setBp)}" height="${height}" />
      ${plan.filter(({ weightBp }) => weightBp < 10_000).map(({ weightBp }) => html`<line class="bound" x1="${x(weightBp)}" x2="${x(weightBp)}" y1="0" y2="${height}" />`)}
      ${oneWay === undefined ? nothing : oneWayMark(oneWay)} ${mark}
    </svg>
    ${planList(plan)}
    ${pairs([
      ...(oneWay === undefined
        ? []
        : [
            { name: 'one-way step', words: `${oneWayWords(oneWay)} (line with a foot). Why: ${quoted(oneWay.reason)}` },
          ]),
      {
        name: 'set',
        words: `${percent(setBp)} of the traffic on the candidate${shares === undefined ? '' : `: ${shares}`}`,
      },
      { name: 'served', words: `${servedWords(view)}${served.kind === 'unknown' ? '' : ' (broken line)'}` },
    ])}`
}

/** Not told by its colour alone: it has a foot that points to where it goes on. */
const oneWayMark = ({ beforeBp, isPassed }: NonNullable<Weights['oneWay']>): Html => {
  const at = x(beforeBp)
  return html`<path class="door${isPassed ? '' : ' ahead'}" d="M${at} 0V${height - 2}H${Math.min(width, at + 24)}" />`
}

const stepsMost = 14
const stateWords = { done: 'done: ', left: 'ended at: ', now: 'now: ', next: 'next: ', ahead: '' } as const

function planList(plan: ReleaseView['plan']): Html {
  const at = Math.max(0, plan.findIndex(({ state }) => state === 'now' || state === 'next') - 3)
  const from = Math.max(0, Math.min(at, plan.length - stepsMost))
  const shown = plan.slice(from, from + stepsMost)
  const more = plan.length - shown.length
  return html`<ol class="plan" aria-label="Plan">
    ${shown.map(({ wave, weightBp, bakeSeconds, state }) => {
      const share = `${wave === undefined ? '' : `${wave} `}${percent(weightBp)} for ${formatDuration(bakeSeconds)}`
      const words = `${stateWords[state]}${bakeSeconds === 0 ? 'promoted' : share}`
      return state === 'now' || state === 'next' ? html`<li aria-current="step">${words}</li>` : html`<li>${words}</li>`
    })}
    ${more === 0 ? nothing : html`<li>and ${more} more steps</li>`}
  </ol>`
}
