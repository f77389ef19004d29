// The burn-down of an error budget: what was left in the course of its window, beside an even pace, with the releases in it.
import { scaleLinear, scaleUtc } from 'd3-scale'
import type { BudgetView } from '../../core/view/service-view.ts'
import { leftWords } from '../../core/view/needs.ts'
import { html, type Html } from '../html.ts'

const [width, height] = [640, 180]
const [left, right, top, bottom] = [46, 8, 8, 24]
const fix = (value: number): number => Math.round(value * 10) / 10
const marksMost = 60

export function burnDownPicture({ slo, line, startMs, endMs, knownToMs, marks }: BudgetView): Html {
  const x = scaleUtc()
    .domain([startMs, endMs])
    .range([left, width - right])
  const least = Math.min(0, ...line.map(({ leftShare }) => Math.max(-1, leftShare)))
  const y = scaleLinear()
    .domain([least, 1])
    .range([height - bottom, top])
    .clamp(true)
  const at = (atMs: number): number => fix(Math.min(width - right, Math.max(left, x(atMs))))
  const path = line
    .map(({ atMs, leftShare }, index) => `${index === 0 ? 'M' : 'L'}${at(atMs)} ${fix(y(leftShare))}`)
    .join('')
  const last = line.at(-1)
  const label = `Error budget ${slo}: ${last === undefined ? 'nothing was counted' : leftWords(last.leftShare)} on ${day(knownToMs)}, over a window from ${day(startMs)} to ${day(endMs)}`
  return html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
    <title>${label}</title>
    ${y
      .ticks(4)
      .map(
        (tick) =>
          html`<line class="axis" x1="${left}" x2="${width - right}" y1="${fix(y(tick))}" y2="${fix(y(tick))}" /><text
              x="${left - 6}"
              y="${fix(y(tick)) + 3}"
              text-anchor="end"
              >${Math.round(tick * 100)} %</text
            >`,
      )}
    ${x
      .ticks(5)
      .map(
        (tick) =>
          html`<text x="${at(tick.getTime())}" y="${height - 8}" text-anchor="middle">${day(tick.getTime())}</text>`,
      )}
    <line class="pace" x1="${left}" y1="${fix(y(1))}" x2="${width - right}" y2="${fix(y(0))}" />
    ${marks
      .slice(0, marksMost)
      .map(
        ({ atMs, releaseId, isBad }) =>
          html`<line
            class="${isBad ? 'mark' : 'axis'}"
            x1="${at(atMs)}"
            x2="${at(atMs)}"
            y1="${isBad ? top : height - bottom - 8}"
            y2="${height - bottom}"
            ><title>${releaseId}</title></line
          >`,
      )}
    <path class="left" d="${path}" />
  </svg>`
}

const day = (ms: number): string => new Date(ms).toISOString().slice(5, 10)
