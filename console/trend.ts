// Small charts of a measure: its trend over the parts of a period, and the spread of its values. A part without a value is drawn
// as a gap, never as zero.
import { scaleLinear } from 'd3-scale'
import type { Definition, Measured } from '../core/measures/measures.ts'
import type { Spread } from '../core/measures/result.ts'
import { amount, valueWords } from '../core/measures/words.ts'
import { html, type Html, nothing } from './html.ts'

const width = 280
const height = 56
const pad = 3
const fix = (value: number): number => Math.round(value * 10) / 10
const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

const aimOf = ({ target }: Definition): number | undefined =>
  target === undefined ? undefined : Object.values(target)[0]

/** One bar for each part. The target is a broken line, if it is within the range of the chart. */
export function trendPicture({ definition, trend }: Measured): Html {
  const known = trend.flatMap(({ result: { value } }) => (value.known ? [value.number] : []))
  if (known.length === 0) return nothing
  const [low, high] = [Math.min(0, ...known), Math.max(0, ...known)]
  // Scale shares up to 100 %, so that 95 % looks like nearly all.
  const top = definition.unit === 'share' && low >= 0 && high > 0.25 ? 1 : high
  const y = scaleLinear()
    .domain([low, top === low ? low + 1 : top])
    .range([height - pad, pad])
  const slot = width / trend.length
  const bars = trend.map(({ period, result }, index) => {
    const { value } = result
    const x = fix(index * slot + slot * 0.12)
    const wide = fix(Math.max(1, slot * 0.76))
    const title = html`<title>
      ${day(period.fromMs)}: ${valueWords(definition, result)}${value.known ? ` of ${result.n}` : `, ${value.because}`}
    </title>`
    if (!value.known)
      return html`<g>${title}<rect class="gap" x="${x}" y="${fix(y(0)) - 1}" width="${wide}" height="2" /></g>`
    const [from, to] = [y(0), y(value.number)]
    return html`<g
      >${title}<rect
        class="bar"
        x="${x}"
        y="${fix(Math.min(from, to, from - 1.5))}"
        width="${wide}"
        height="${fix(Math.max(1.5, Math.abs(from - to)))}"
    /></g>`
  })
  const aim = aimOf(definition)
  const line =
    aim === undefined || aim > (y.domain()[1] ?? 0)
      ? nothing
      : html`<line class="aim" x1="0" x2="${width}" y1="${fix(y(aim))}" y2="${fix(y(aim))}" />`
  const label = `${definition.name}, from ${day(trend[0]?.period.fromMs ?? 0)} to ${day(trend.at(-1)?.period.toMs ?? 0)}`
  return html`<svg class="trend" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">${bars}${line}</svg>`
}

/** A line from minimum to maximum, with the median and the 90th percentile marked. */
export function spreadPicture({ unit, name }: Definition, spread: Spread | undefined): Html {
  if (spread === undefined || spread.min === spread.max) return nothing
  const x = scaleLinear()
    .domain([spread.min, spread.max])
    .range([4, width - 4])
  const label = `${name}: least ${amount(unit, spread.min)}, middle ${amount(unit, spread.p50)}, nine of ten within ${amount(unit, spread.p90)}, most ${amount(unit, spread.max)}`
  return html`<svg class="spread" viewBox="0 0 ${width} 14" role="img" aria-label="${label}">
      <title>${label}</title>
      <line class="range" x1="4" x2="${width - 4}" y1="7" y2="7" />
      <line class="most" x1="${fix(x(spread.p50))}" x2="${fix(x(spread.p90))}" y1="7" y2="7" />
      <circle class="middle" cx="${fix(x(spread.p50))}" cy="7" r="4" />
      <circle class="ninety" cx="${fix(x(spread.p90))}" cy="7" r="3" />
    </svg>
    <p class="ends">
      <span>${amount(unit, spread.min)}</span
      ><span>half ${amount(unit, spread.p50)} · 9 of 10 ${amount(unit, spread.p90)}</span
      ><span>${amount(unit, spread.max)}</span>
    </p>`
}
