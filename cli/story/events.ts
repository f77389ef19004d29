// A release's log on a terminal: one line for each event, with the time since the request. Pages have the same words.
import type { ReleaseEvent } from '../../core/release/event.ts'
import { isOwn } from '../../core/release/head.ts'
import { toldShareBp, type Release } from '../../core/release/release.ts'
import type { Verdict } from '../../core/verdict/evidence/evidence.ts'
import * as view from '../../core/view/release/told.ts'
import type { Line, Piece, Tone } from '../backend/line.ts'
import { bar } from './weights.ts'

/** `m:ss` since the release was requested. */
export function clockTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  return `${String(Math.floor(seconds / 60)).padStart(3)}:${String(seconds % 60).padStart(2, '0')}`
}

/** The colours of a terminal for the tones of all that is shown. */
export const tones: Readonly<Record<view.Tone, Tone>> = { good: 'good', bad: 'bad', hold: 'caution', plain: 'strong' }

/** What is of interest only to those who look for it. */
const isAside = (event: ReleaseEvent): boolean =>
  event.type === 'carried' || event.type === 'moveIntended' || (event.type === 'gated' && event.allowed)

/**
 * @param after the state of the release after the event
 * @param many what stands before the words of one that stands for many, and when the first of them was
 */
export function storyLine(
  event: ReleaseEvent,
  after: Release,
  { more, fromMs }: { readonly more: string; readonly fromMs: number } = { more: '', fromMs: event.atMs },
): Line {
  const told = view.tell(event, after)
  const tone = isAside(event) ? 'faint' : told.tone === 'plain' ? undefined : tones[told.tone]
  const words = event.type === 'moved' ? bar(toldShareBp(after)) : wordsOf(told)
  return { head: headOf(fromMs, after, told.what, tone), rest: [more + words] }
}

/** Whose act it was has no column of its own here. */
function wordsOf({ words, by }: view.Told): string {
  if (by === undefined) return words
  if (isOwn(by)) return `${words} (${by})`
  return words === '' ? `by ${by}` : `by ${by}: ${words}`
}

const headOf = (atMs: number, { requestedAtMs }: Release, what: string, tone: Tone | undefined): readonly Piece[] => {
  const text = what.padEnd(9)
  return [`${clockTime(atMs - requestedAtMs)}  `, tone === undefined ? text : { text, tone }, ' ']
}

const verdictTones = { pass: 'good', fail: 'bad', unknown: 'caution', excluded: 'faint' } as const

/** A look's line where each signal has one of its own. */
export const lookLine = ({ atMs, verdict }: Extract<ReleaseEvent, { type: 'judged' }>, after: Release): Line => ({
  head: headOf(atMs, after, verdict.kind, verdictTones[verdict.kind]),
  rest: [`${lookWords(verdict)}${view.timeLeft(atMs, after)}`],
})

function lookWords({ kind, because, signals }: Verdict): string {
  if (kind === 'pass') return 'the evidence is enough'
  const unknown = signals.filter((one) => one.kind === 'unknown').length
  return unknown === 0 ? because : `${unknown} of ${signals.length} signals unknown`
}

/** One signal of a verdict. Its words name it. */
export const signalLine = ({ kind, because }: Verdict['signals'][number], before = '  '): Line => ({
  head: [before, { text: kind.padEnd(8), tone: verdictTones[kind] }, ' '],
  rest: [because],
})
