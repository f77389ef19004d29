// A log on a terminal, whole or as it comes: what repeats is told once (core/view/release/timeline.ts).
import { minuteMs } from '../../core/time.ts'
import type { ReleaseEvent } from '../../core/release/event.ts'
import type { Verdict } from '../../core/verdict/evidence/evidence.ts'
import { type Group, grouped, sameAs, type Step, unfolded, withoutNumbers } from '../../core/view/release/timeline.ts'
import type { Line } from '../backend/line.ts'
import { clockTime, lookLine, signalLine, storyLine } from './events.ts'

/** The whole log. What repeats is one line, with its latest words: `held ×14 until 2:24`. */
export const logLines = (events: readonly ReleaseEvent[]): readonly Line[] => grouped(unfolded(events)).map(groupLine)

/** What happened, beside where the release stands now: without looks that decided nothing, and without preliminaries. */
export const happenings = (events: readonly ReleaseEvent[]): readonly Line[] =>
  grouped(unfolded(events))
    .filter(({ first }) => {
      const { type } = first.event
      return type === 'judged' ? sameAs(first) === undefined : type !== 'carried' && type !== 'moveIntended'
    })
    .map(groupLine)

function groupLine({ first, last, times }: Group): Line {
  const { event, after } = last
  if (times === 1) return storyLine(event, after)
  const until = clockTime(event.atMs - after.requestedAtMs).trim()
  return storyLine(event, after, { more: `×${times} until ${until}: `, fromMs: first.event.atMs })
}

/** As long as nothing new is said, a person and a pipeline hear this often that it is still so. */
const stillEveryMs = 15 * minuteMs

type Said = { readonly sinceMs: number; saidAtMs: number; times: number }

/**
 * Tells events as they come.
 * @param evidence a line for each signal of a look, instead of one sentence
 * @returns the lines of an event; none if all of it was just said
 */
export function telling(evidence: boolean): (step: Step) => readonly Line[] {
  let said = new Map<string, Said>()
  /** How often it was said in this stretch, if it is time to say it. */
  const due = (key: string, atMs: number): Said | undefined => {
    const known = said.get(key)
    const now = known ?? { sinceMs: atMs, saidAtMs: atMs, times: 0 }
    said.set(key, now)
    now.times += 1
    if (known !== undefined && atMs - known.saidAtMs < stillEveryMs) return undefined
    now.saidAtMs = atMs
    return now
  }
  return (step) => {
    const { event, after } = step
    const key = sameAs(step)
    const found = key === undefined ? { sinceMs: event.atMs, times: 1 } : due(key, event.atMs)
    const isWhole = key === undefined || (found !== undefined && found.times > 1)
    const signals =
      evidence && event.type === 'judged' && event.verdict.kind !== 'fail'
        ? event.verdict.signals.filter((one) => due(signalKey(one), event.atMs) !== undefined || isWhole)
        : []
    if (key === undefined) said = new Map()
    if (found === undefined && signals.length === 0) return []
    if (signals.length > 0 && event.type === 'judged')
      return [lookLine(event, after), ...signals.map((signal) => signalLine(signal, ' '.repeat(18)))]
    const { sinceMs, times } = found ?? { sinceMs: event.atMs, times: 1 }
    const more = times === 1 ? '' : `×${times} since ${clockTime(sinceMs - after.requestedAtMs).trim()}: `
    return [storyLine(event, after, { more, fromMs: event.atMs })]
  }
}

const signalKey = ({ kind, because }: Verdict['signals'][number]): string => `signal ${kind} ${withoutNumbers(because)}`
