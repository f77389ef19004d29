// The pictures of a measure: its trend over the parts of a period, with axes, and the spread of its values. A part without a
// value is drawn as a gap, never as zero.
import { scaleLinear } from 'd3-scale'
import type { MeasureView } from '../../core/view/delivery-view.ts'
import { amount } from '../../core/measures/words.ts'
import { html, type Html, nothing } from '../html.ts'

const [width, height] = [300, 84]
const [left, right, top, bottom] = [44, 2, 8, 16]
const fix = (value: number): number => Math.round(value * 10) / 10
const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
const short = (ms: number): string => day(ms).slice(5)

/** One bar for each part. The target is a broken line, if it is within the range of the chart. */
export function trendPicture({ name, unit, target, trend }: MeasureView): Html {
  const known = trend.flatMap(({ value }) => value?.number ?? [])
  if (known.length === 0) return nothing
  const [low, high] = [Math.min(0, ...known), Math.max(0, ...known)]
  // Scale shares up to 100 %, so that 95 % looks like nearly all.
  const most = unit === 'share' && low >= 0 && high > 0.25 ? 1 : high
  const end = most === low ? low + 1 : most
  const y = scaleLinear()
    .domain([low, end])
    .range([height - bottom, top])
  const slot = (width - left - right) / trend.length
  const zero = y(0)
  const bars = trend.map(({ fromMs, value }, index) => {
    const place = { x: fix(left + index * slot + slot * 0.12), wide: fix(Math.max(1, slot * 0.76)) }
    if (value === undefined)
      return html`<rect class="gap" x="${place.x}" y="${fix(zero) - 1}" width="${place.wide}" height="2" />`
    const [from, to] = [Math.min(zero, y(value.number), zero - 1.5), Math.abs(zero - y(value.number))]
    return html`<rect x="${place.x}" y="${fix(from)}" width="${place.wide}" height="${fix(Math.max(1.5, to))}"
      ><title>${short(fromMs)}: ${value.words}</title></rect
    >`
  })
  const aim = target?.number
  const [first, last] = [trend[0]?.fromMs ?? 0, trend.at(-1)?.toMs ?? 0]
  const label = `${name}, from ${day(first)} to ${day(last)}: least ${amount(unit, Math.min(...known))}, most ${amount(unit, Math.max(...known))}`
  return html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
    ${[low, end].map((tick) => axis(fix(y(tick)), amount(unit, tick)))}
    <g class="bar">${bars}</g>
    ${aim === undefined || aim > end ? nothing : html`<line class="aim" x1="${left}" x2="${width}" y1="${fix(y(aim))}" y2="${fix(y(aim))}" />`}
    <text x="${left}" y="${height - 3}">${day(first)}</text>
    <text x="${width - right}" y="${height - 3}" text-anchor="end">${day(last)}</text>
  </svg>`
}

const axis = (y: number, words: string): Html =>
  html`<line class="axis" x1="${left}" x2="${width}" y1="${y}" y2="${y}" /><text
      x="${left - 4}"
      y="${y + 3}"
      text-anchor="end"
      >${words}</text
    >`

/** A line from the least to the most, with p50 and p90 marked. */
export function spreadPicture({ name, spread }: MeasureView): Html {
  if (spread === undefined || spread.min.number === spread.max.number) return nothing
  const { min, p50, p90, max } = spread
  const x = scaleLinear()
    .domain([min.number, max.number])
    .range([4, width - 4])
  const at = (one: typeof p50): number => fix(x(one.number))
  const label = `${name}: least ${min.words}, p50 ${p50.words}, p90 ${p90.words}, most ${max.words}`
  return html`<svg class="chart" viewBox="0 0 ${width} 14" role="img" aria-label="${label}">
      <line class="range" x1="4" x2="${width - 4}" y1="7" y2="7" />
      <line class="most" x1="${at(p50)}" x2="${at(p90)}" y1="7" y2="7" />
      <circle class="middle" cx="${at(p50)}" cy="7" r="4" />
      <circle class="ninety" cx="${at(p90)}" cy="7" r="3" />
    </svg>
    <p class="fact">least ${min.words} · ● p50 ${p50.words} · ○ p90 ${p90.words} · most ${max.words}</p>`
}
