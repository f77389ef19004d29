// What the custom widgets of the CloudWatch dashboards show: parts of the pages, as HTML in somebody else's page. CloudWatch
// takes out scripts, and gives tables its own style (docs/aws.md §2.7). Nothing can be pressed here: a dashboard may be shared
// with people who have no account.
import { endedWords, type Head, movedVersions } from '../../core/release/head.ts'
import { oneLine } from '../../core/foreign-text.ts'
import { budgetRows } from '../../core/view/budget-rows.ts'
import { onCallView } from '../../core/view/on-call-view.ts'
import type { ReleaseView } from '../../core/view/release/release-view.ts'
import type { FleetNow } from '../../core/view/service-now.ts'
import type { Frame } from '../frame.ts'
import { timeTag } from '../frame.ts'
import { html, type Html, nothing } from '../html.ts'
import { onCallParts } from '../on-call/on-call-page.ts'
import { budgetBar } from '../parts.ts'
import { releaseParts } from '../release/release-page.ts'
import { row, table } from '../table.ts'

const rowsMost = 40
const wordsMost = 200

// CloudWatch shows widgets in its own colours, dark or light: nothing here relies on either.
const style = `
.tidegate { font-size: 13px; line-height: 1.45; overflow-wrap: anywhere; }
.tidegate .state { border: 1px solid currentColor; border-radius: 6px; padding: 0 6px; font-weight: 600; }
.tidegate .line svg { width: 120px; height: 10px; vertical-align: middle; margin-right: 8px; }
.tidegate .whole { fill: #9aa7b6; fill-opacity: 0.45; } .tidegate .share { fill: #4b7bec; } .tidegate .short { fill: #c8352f; }
.tidegate .tick, .tidegate .bound { stroke: currentColor; }
.tidegate .weights { width: 100%; height: 20px; } .tidegate .track { fill: #9aa7b6; fill-opacity: 0.45; } .tidegate .set { fill: #4b7bec; }
.tidegate .mark { stroke: currentColor; stroke-width: 6; stroke-dasharray: 6 4; }
.tidegate .bound { stroke-width: 2; } .tidegate svg .tick { stroke-opacity: 0.35; }
.tidegate svg text { fill: currentColor; font-size: 12px; }
.tidegate td { vertical-align: top; }
`

/** Links of the pages lead nowhere from here. */
const linksOfPages = /<a href="\/[^"]*"[^>]*>(.*?)<\/a>/gs

/** @returns HTML that stands in a dashboard */
export const widgetOf = (body: Html): string =>
  html`<style>
      ${{ html: style }}
    </style>
    <div class="tidegate">${{ html: body.html.replaceAll(linksOfPages, '$1') }}</div>`.html

/** A frame in which nobody can press a button. */
const widgetFrame = (nowMs: number): Frame => ({ path: '/', where: '', who: undefined, nowMs, formToken: '' })

export const liveWidget = (now: FleetNow): Html => onCallParts(onCallView(now), widgetFrame(now.nowMs))

export function releasesWidget({ services, unknown }: FleetNow): Html {
  const all = services.flatMap(({ heads }) => heads).toSorted((a, b) => b.requestedAtMs - a.requestedAtMs)
  const unread = services.filter((one) => one.unknown.length > 0).length
  return html`${notKnown(unread, unknown)}
  ${
    all.length === 0
      ? html`<p>No release yet.</p>`
      : table({
          of: 'releases',
          heads: ['Asked for (UTC)', 'Service', 'Versions', 'Ended', 'Why'],
          rows: all.slice(0, rowsMost).map(releaseRow),
        })
  }`
}

const releaseRow = (head: Head): Html => {
  const { requestedAtMs, service, outcome, because = '', backFrom, putBack } = head
  return row(
    timeTag(requestedAtMs),
    service,
    Object.entries(movedVersions(head))
      .slice(0, 5)
      .map(([name, { stable, candidate }]) => html`${name} ${stable} → ${candidate}<br />`),
    `${outcome === undefined ? 'under way' : endedWords(outcome, putBack)}${backFrom === undefined ? '' : ` (undid ${backFrom})`}`,
    oneLine(because, wordsMost),
  )
}

/** What CI said about the candidate; a field that nobody reported is not known. */
export type Reported = {
  readonly tests?: { readonly passed: number; readonly failed: number; readonly skipped: number }
  readonly because?: string
}

export function releaseWidget(view: ReleaseView | undefined, functionName: string, { tests, because }: Reported): Html {
  if (view === undefined) return html`<p>No service has released ${functionName}.</p>`
  const words =
    tests === undefined
      ? `not known: ${because ?? 'nobody who may say it has reported any'}`
      : `${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped`
  return html`${releaseParts(view)}
    <p><b>Tests in CI:</b> ${oneLine(words, wordsMost)}</p>
    <p>Everything that was decided: <code>tidegate log ${view.id}</code></p>`
}

const burnWords = { page: 'fast: somebody is paged', ticket: 'slowly', no: 'no' } as const

export function budgetsWidget(now: FleetNow): Html {
  const rows = budgetRows(now.services)
  const unread = now.services.filter(({ service }) => service === undefined).length
  return html`${notKnown(unread, now.unknown)}
  ${
    rows.length === 0
      ? html`<p>No service has an SLO.</p>`
      : table({
          of: 'error budgets',
          heads: ['Service', 'SLO', 'Budget left', 'Burns'],
          rows: rows
            .slice(0, rowsMost)
            .map(({ service, slo, leftShare, burning, because }) =>
              row(
                service,
                slo,
                html`${budgetBar(leftShare)}${because === undefined ? '' : oneLine(because, wordsMost)}`,
                burnWords[burning],
              ),
            ),
        })
  }
  ${rows.length > rowsMost ? html`<p>And ${rows.length - rowsMost} more, of which more is left.</p>` : nothing}`
}

const notKnown = (services: number, sentences: readonly string[]): readonly Html[] => [
  ...sentences.slice(0, 5).map((sentence) => html`<p><b>Not known:</b> ${oneLine(sentence, wordsMost)}</p>`),
  ...(services === 0 ? [] : [html`<p><b>Not known:</b> not everything of ${services} services could be read.</p>`]),
]
