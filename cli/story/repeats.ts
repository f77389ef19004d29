// What a log says again and again is told once: looks and gates that answer the same as before, while nothing else happens. What
// decides is always told.
import { advance, replay } from '../../core/release/advance.ts'
import { minuteMs } from '../../core/time.ts'
import type { ReleaseEvent } from '../../core/release/event.ts'
import { bakeEndMs } from '../../core/release/next.ts'
import type { Release } from '../../core/release/release.ts'
import type { Verdict } from '../../core/verdict/evidence/evidence.ts'
import type { Line } from '../backend/line.ts'
import { clockTime, lookLine, signalLine, storyLine } from './events.ts'

type Step = { readonly event: ReleaseEvent; readonly before: Release | undefined; readonly after: Release }

/** Each event with the state of the release before and after it. */
export function unfolded(events: readonly ReleaseEvent[]): readonly Step[] {
  const steps: Step[] = []
  let before: Release | undefined
  for (const event of events) {
    const after = before === undefined ? replay([event]) : advance(before, event)
    if (after !== undefined) steps.push({ event, before, after })
    before = after
  }
  return steps
}

/** Numbers grow from look to look. What is quoted is somebody's, and stays. */
export const withoutNumbers = (text: string): string =>
  text
    .split('"')
    .map((part, index) =>
      index % 2 === 1 ? part : part.replaceAll(/\d+(?:[.,]\d+)*/g, '#').replaceAll(/minutes\b/g, 'minute'),
    )
    .join('"')

/** What an event says if it may be one of many; `undefined` if it stands for itself. */
function sameAs({ event, before, after }: Step): string | undefined {
  const isRoutine = event.type === 'judged' || (event.type === 'gated' && !event.allowed)
  if (!isRoutine || before === undefined || decides(before, after)) return undefined
  if (event.type === 'gated') return `held ${event.gates.join()} ${withoutNumbers(event.because)}`
  return `${event.verdict.kind} ${place(event.atMs, after)} ${withoutNumbers(event.verdict.because)}`
}

const decides = (before: Release, after: Release): boolean =>
  JSON.stringify(before.state) !== JSON.stringify(after.state) || before.paused?.atMs !== after.paused?.atMs

/** A look says something else once the bake is over. */
const place = (atMs: number, release: Release): string => {
  const endMs = bakeEndMs(release)
  return endMs === undefined || endMs > atMs ? 'bakes' : 'held'
}

type Group = { readonly first: Step; last: Step; times: number }

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

function grouped(steps: readonly Step[]): readonly Group[] {
  const told: Group[] = []
  let stretch = new Map<string, Group>()
  for (const step of steps) {
    const key = sameAs(step)
    const known = key === undefined ? undefined : stretch.get(key)
    if (known !== undefined) {
      known.last = step
      known.times += 1
      continue
    }
    const group: Group = { first: step, last: step, times: 1 }
    told.push(group)
    if (key === undefined) stretch = new Map()
    else stretch.set(key, group)
  }
  return told
}

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
