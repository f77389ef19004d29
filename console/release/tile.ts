// A tile for each signal, with a small picture of how the candidate and stable went, look by look.
import { scaleLinear } from 'd3-scale'
import { area, line } from 'd3-shape'
import type { SignalTile, TilePoint } from '../../core/view/release/signal-tiles.ts'
import { html, type Html, nothing } from '../html.ts'
import { chip, verdictTones } from './words.ts'

const width = 280
const height = 90
const pad = 4

/** @param index among the tiles of the page */
export function tilePart(tile: SignalTile, index: number): Html {
  const compared =
    tile.candidate === undefined || tile.kind === 'excluded'
      ? nothing
      : html`<p>candidate <b>${tile.candidate}</b> · stable <b>${tile.stable ?? 'not known'}</b></p>
          <p class="soft">${[tile.times, tile.tolerance].filter((one) => one !== undefined).join('; ')}</p>`
  return html`<article class="card tile">
    <h3>
      <span>${tile.signal}${tile.advisory ? ' (never decides)' : ''}</span>${chip(tile.kind, verdictTones[tile.kind])}
    </h3>
    ${compared} ${tile.kind === 'excluded' ? nothing : coursePart(tile)}
    ${tile.toRollBack === undefined ? nothing : meter('to putting it back', tile.toRollBack, tile.toRollBack.share >= 1 ? 'full' : 'some')}
    ${tile.toPass === undefined ? nothing : meter('to a pass', tile.toPass, tile.toPass.share >= 1 ? 'enough' : 'some')}
    ${tile.missing === undefined ? (tile.candidate === undefined || tile.kind === 'excluded' ? html`<p>${tile.because}</p>` : meaning(tile, index)) : html`<p><b>Missing:</b> ${tile.missing}</p>`}
  </article>`
}

/** What a verdict means, beyond its numbers. */
const meaning = ({ because }: SignalTile, index: number): Html =>
  html`<details id="words-${index}">
    <summary>in words</summary>
    <p>${because}</p>
  </details>`

const meter = (
  name: string,
  { share, words }: { readonly share: number; readonly words: string },
  fill: 'full' | 'enough' | 'some',
): Html =>
  html`<div>
    <p class="soft">${name}: ${words}</p>
    <svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="8" />
      <rect class="${fill}" width="${Math.round(share * 1000) / 10}" height="8" />
    </svg>
  </div>`

const short = (value: number): number => Math.round(value * 10) / 10
const isShown = (value: number | undefined): value is number => value !== undefined && Number.isFinite(value)

/** Two lines, and a band where the candidate's may be by the interval of the ratio. Nothing, where there are no two points. */
function coursePart({ signal, points, candidate, stable }: SignalTile): Html {
  const lines = points.filter((one) => isShown(one.candidate) || isShown(one.stable))
  const [first, last] = [lines[0], lines.at(-1)]
  if (first === undefined || last === undefined || lines.length < 2) return nothing
  const highest = Math.max(...lines.flatMap((one) => [one.candidate ?? 0, one.stable ?? 0]))
  // An interval that is still very wide would make both lines flat: it is cut off at the top.
  if (highest === 0) return nothing
  const top = Math.max(
    highest * 1.5,
    Math.min(highest * 3, ...lines.flatMap(({ high }) => (isShown(high) ? [high] : []))),
  )
  const x = scaleLinear([first.atMs, last.atMs], [pad, width - pad])
  const y = scaleLinear([0, top], [height - pad, pad]).clamp(true)
  const course = (of: 'candidate' | 'stable'): string =>
    line<TilePoint>()
      .defined((one) => isShown(one[of]))
      .x((one) => short(x(one.atMs)))
      .y((one) => short(y(one[of] ?? 0)))(lines) ?? ''
  const band =
    area<TilePoint>()
      .defined(({ low, high }) => isShown(low) || isShown(high))
      .x((one) => short(x(one.atMs)))
      .y0(({ low }) => short(y(low ?? 0)))
      .y1(({ high }) => short(y(isShown(high) ? high : top)))(lines) ?? ''
  const label = `${signal} over ${lines.length} looks: candidate ${candidate ?? 'not known'}, stable ${stable ?? 'not known'} at the end`
  return html`<svg
    class="course"
    viewBox="0 0 ${width} ${height}"
    preserveAspectRatio="none"
    role="img"
    aria-label="${label}"
  >
    <title>${label}</title>
    <path class="band" d="${band}" />
    <line class="floor" x1="${pad}" x2="${width - pad}" y1="${height - pad}" y2="${height - pad}" />
    <path class="stable" d="${course('stable')}" />
    <path class="candidate" d="${course('candidate')}" />
  </svg>`
}
