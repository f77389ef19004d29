// Small parts that several pages have in common.
import { formatDuration } from '../core/duration.ts'
import { nameWords, oneLine } from '../core/foreign-text.ts'
import type { Action } from '../core/view/needs.ts'
import type { LiveView } from '../core/view/live-view.ts'
import { leftWords } from '../core/view/needs.ts'
import { wholeBp } from '../core/service/routing.ts'
import { orderForm } from './action.ts'
import type { Frame } from './frame.ts'
import { html, type Html, inPath, nothing } from './html.ts'

/** Relative times on the page are exact enough: `3d4h`. */
export const age = (sinceMs: number, nowMs: number): string => formatDuration(Math.max(0, nowMs - sinceMs) / 1000)

export const serviceLink = (name: string): Html => html`<a href="/service/${inPath(name)}">${name}</a>`

/** @param words default: the id itself */
export const releaseLink = (releaseId: string, words = releaseId): Html =>
  html`<a href="/release/${inPath(releaseId)}">${oneLine(words, 120)}</a>`

const barWidth = 200

/** The candidate's share of the traffic, with a tick at each weight of the plan. */
export function trafficBar({ weightBp, plannedBp }: Pick<LiveView, 'weightBp' | 'plannedBp'>): Html {
  const x = (bp: number): number => Math.round((bp / wholeBp) * barWidth)
  const ticks = plannedBp
    .filter((bp) => bp < wholeBp)
    .slice(0, 20)
    .map((bp) => html`<line class="tick" x1="${x(bp)}" x2="${x(bp)}" y1="0" y2="10" />`)
  return html`<span class="line"
    ><svg viewBox="0 0 ${barWidth} 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="whole" width="${barWidth}" height="10" />
      <rect class="share" width="${x(weightBp)}" height="10" />
      ${ticks}</svg
    ><span>${weightBp / 100} % on the new version</span></span
  >`
}

/** What is left of an error budget, from nothing to all of it. */
export function budgetBar(leftShare: number | undefined): Html {
  if (leftShare === undefined) return html`<span class="state hold">not known</span>`
  const width = Math.round(Math.min(1, Math.max(0, leftShare)) * barWidth)
  return html`<span class="line"
    ><svg viewBox="0 0 ${barWidth} 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="whole" width="${barWidth}" height="10" />
      <rect class="${leftShare > 0 ? 'share' : 'short'}" width="${leftShare > 0 ? width : barWidth}" height="10" /></svg
    ><span>${leftWords(leftShare)}</span></span
  >`
}

/** What may be done first. Where nobody can press a button, only what can be typed. */
export function actions(
  frame: Frame,
  id: string,
  service: string | undefined,
  some: readonly Action[],
): readonly Html[] {
  return some.map((action, index) => {
    if (action.kind === 'command')
      return html`<details id="${id}-${index}">
        <summary>${action.label}</summary>
        <pre>${action.command}</pre>
      </details>`
    if (action.kind === 'look')
      return html`<p><a href="/service/${inPath(service ?? '')}#${action.section}">${action.label}</a></p>`
    if (frame.who === undefined) return nothing
    const { kind: _, ...form } = action
    return orderForm(frame, `${id}-${index}`, { ...form, service })
  })
}

/** `?show=person`: the value of one field of the page's own query. */
export const asked = ({ path }: Pick<Frame, 'path'>, name: string): string | undefined =>
  new URLSearchParams(path.split('?')[1] ?? '').get(name) ?? undefined

export const personWords = (name: string): string => nameWords(oneLine(name, 120))

/** A sentence with commands of ours in backticks, as the terminal has it. */
export const codeIn = (sentence: string): readonly Html[] =>
  sentence
    .split(/`(tidegate [\w -]+)`/)
    .map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`))
