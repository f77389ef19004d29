// Releases on a line of time, for a custom widget under the graphs of a dashboard. What the picture says with marks, the table
// under it says in words.
import { scaleUtc } from 'd3-scale'
import { counted } from '../../core/counted.ts'
import { formatDuration } from '../../core/duration.ts'
import { oneLine } from '../../core/foreign-text.ts'
import { dayMs } from '../../core/time.ts'
import { drillWord, endedWords, isInPart } from '../../core/release/head.ts'
import type { MarkedMove, MarkedRelease, MarksView } from '../../core/view/marks-view.ts'
import { timeTag } from '../frame.ts'
import { html, type Html, nothing } from '../html.ts'
import { row, table } from '../table.ts'

const wordsMost = 200
const [namesWidth, endsWidth, laneHeight, axisHeight] = [230, 120, 22, 24]
/** Letters are about this wide. */
const letterWidth = 7
const percent = ({ weightBp }: MarkedMove): string => `${weightBp / 100} %`

/**
 * @param view `undefined`: no service has released the function
 * @param width of the widget in pixels, so that a letter is as large as it should be
 */
export function timelineWidget(
  view: MarksView | undefined,
  { functionName = '', width }: { readonly functionName?: string | undefined; readonly width: number },
): Html {
  if (view === undefined) return html`<p>No service has released ${oneLine(functionName, wordsMost)}.</p>`
  const { releases, more, unknown } = view
  return html`${unknown.slice(0, 5).map((sentence) => html`<p><b>Not known:</b> ${oneLine(sentence, wordsMost)}</p>`)}
  ${
    releases.length === 0
      ? html`<p>${unknown.length === 0 ? 'No release' : 'No release that is known'} in this time.</p>`
      : html`${picture(view, width)} ${words(view)}`
  }
  ${more === 0 ? nothing : html`<p>And ${counted(more, 'earlier release')} in this time.</p>`}`
}

function picture({ releases, fromMs, toMs }: MarksView, width: number): Html {
  const [left, right, height] = [namesWidth, width - endsWidth, releases.length * laneHeight]
  const scale = scaleUtc().domain([fromMs, toMs]).range([left, right]).clamp(true)
  const x = (ms: number): number => Math.round(scale(ms) * 10) / 10
  const label = `${counted(releases.length, 'release')} from ${iso(fromMs)} to ${iso(toMs)}: the table says when each began and ended.`
  const format = toMs - fromMs > 2 * dayMs ? day : clock
  const ticks = scale.ticks(Math.max(2, Math.round((right - left) / 110)))
  return html`<svg viewBox="0 0 ${width} ${height + axisHeight}" role="img" aria-label="${label}">
    ${ticks.map(
      (tick) =>
        html`<line class="tick" x1="${x(tick.getTime())}" x2="${x(tick.getTime())}" y1="0" y2="${height}" /><text
            x="${x(tick.getTime())}"
            y="${height + 16}"
            text-anchor="middle"
            >${format(tick.getTime())}</text
          >`,
    )}
    ${releases.map((one, lane) => laneOf(one, { y: lane * laneHeight, x, span: { fromMs, toMs } }))}
  </svg>`
}

type Lane = {
  readonly y: number
  readonly x: (ms: number) => number
  readonly span: Pick<MarksView, 'fromMs' | 'toMs'>
}

function laneOf({ head, versions, untilMs, moves = [] }: MarkedRelease, { y, x, span }: Lane): Html {
  const { requestedAtMs, outcome } = head
  const [from, to] = [x(requestedAtMs), x(untilMs)]
  const seen = moves.filter(({ atMs }) => atMs >= span.fromMs && atMs <= span.toMs)
  const isPast = untilMs > span.toMs
  const good = outcome === undefined || outcome === 'promoted'
  return html`<text x="0" y="${y + 15}"
      >${oneLine(`${head.service} ${versions}`, Math.floor(namesWidth / letterWidth))}</text
    >
    <rect
      class="${good ? 'share' : 'short'}"
      x="${from}"
      y="${y + 5}"
      width="${Math.max(3, Math.round((to - from) * 10) / 10)}"
      height="12"
    >
      <title>${oneLine(head.releaseId, 120)}</title>
    </rect>
    ${seen.map(
      (move) =>
        html`<line class="bound" x1="${x(move.atMs)}" x2="${x(move.atMs)}" y1="${y + 1}" y2="${y + 21}">
          <title>${percent(move)} at ${iso(move.atMs)}</title>
        </line>`,
    )}
    <text x="${Math.max(from + 3, to) + 5}" y="${y + 15}">${isPast ? 'goes on' : shortEnd(head)}</text>`
}

const signs: Readonly<Partial<Record<string, string>>> = { promoted: '✓ ', rolledBack: '↩ ' }

const endWords = (head: MarkedRelease['head']): string =>
  head.outcome === undefined
    ? 'under way'
    : `${isInPart(head) ? '◐ ' : (signs[head.outcome] ?? '✕ ')}${endedWords(head.outcome, head.putBack)}`

/** Beside the line there is little room. */
const shortEnd = (head: MarkedRelease['head']): string =>
  oneLine(
    isInPart(head) ? endWords(head).replace('promoted ', '') : endWords(head),
    Math.floor(endsWidth / letterWidth),
  )

const words = ({ releases }: MarksView): Html =>
  table({
    of: 'releases in this time',
    heads: ['Asked for (UTC)', 'Service', 'Versions', 'Traffic', 'Ended', 'Why'],
    rows: releases.map(({ head, versions, moves, untilMs }) =>
      row(
        timeTag(head.requestedAtMs),
        head.service,
        `${head.drill === true ? drillWord : ''}${versions}`,
        moves === undefined ? 'not read' : moves.map((move) => html`${clock(move.atMs)}: ${percent(move)}<br />`),
        head.outcome === undefined
          ? 'under way'
          : html`${endWords(head)} after ${formatDuration((untilMs - head.requestedAtMs) / 1000)}`,
        oneLine(head.because ?? '', wordsMost),
      ),
    ),
  })

const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 19)
const clock = (ms: number): string => iso(ms).slice(11)
const day = (ms: number): string => iso(ms).slice(5, 10)
