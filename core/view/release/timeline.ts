// The events of a release's log in order, for the CLI and the pages. What repeats is told once: looks and gates that answer the
// same as before, while nothing else happens. What decides is always told.
import { advance, replay } from '../../release/advance.ts'
import type { ReleaseEvent } from '../../release/event.ts'
import { bakeEndMs } from '../../release/next.ts'
import type { Release } from '../../release/release.ts'
import { isUnderWay } from '../../release/transitions.ts'
import type { Readings, Verdict } from '../../verdict/evidence/evidence.ts'
import { tell, type Told } from './told.ts'

/** An event with the state of the release before and after it. */
export type Step = {
  readonly event: ReleaseEvent
  readonly before: Release | undefined
  readonly after: Release
  /** The number of the look, from 1. */
  readonly look?: number
}

/** Each event with its states. Only the last state has the readings: to carry them along takes most of the time of a fold. */
export function unfolded(events: readonly ReleaseEvent[]): readonly Step[] {
  const steps: Step[] = []
  const readings: Readings[] = []
  let last: { readonly light?: Verdict | undefined; readonly whole?: Verdict } = {}
  let before: Release | undefined
  let looks = 0
  for (const event of events) {
    const light = withoutReadings(event)
    const after = before === undefined ? replay([light]) : advance(before, light)
    // A release that is over takes no look any more.
    if (event.type === 'judged' && before !== undefined && isUnderWay(before.state)) {
      if (event.verdict.readings !== undefined) readings.push(event.verdict.readings)
      last = { light: after?.verdict, whole: event.verdict }
    }
    if (event.type === 'judged') looks += 1
    if (after !== undefined) steps.push({ event, before, after, ...(event.type === 'judged' ? { look: looks } : {}) })
    before = after
  }
  const { light, whole } = last
  return steps.map((step, index) =>
    index < steps.length - 1 ? step : { ...step, after: withReadings(step.after, readings, light, whole) },
  )
}

const withReadings = (
  release: Release,
  readings: readonly Readings[],
  light: Verdict | undefined,
  whole: Verdict | undefined,
): Release => ({
  ...release,
  readings,
  ...(whole !== undefined && light !== undefined && release.verdict === light ? { verdict: whole } : {}),
})

function withoutReadings(event: ReleaseEvent): ReleaseEvent {
  if (event.type !== 'judged') return event
  const { readings: _, ...verdict } = event.verdict
  return { ...event, verdict }
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
export function sameAs({ event, before, after }: Step): string | undefined {
  const isRoutine = event.type === 'judged' || (event.type === 'gated' && !event.allowed)
  if (!isRoutine || before === undefined || decides(before, after)) return undefined
  if (event.type === 'gated') return `held ${event.gates.join()} ${withoutNumbers(event.because)}`
  return `${event.verdict.kind} ${place(event.atMs, after)} ${withoutNumbers(event.verdict.because)}`
}

const decides = (before: Release, after: Release): boolean =>
  (before.state !== after.state && JSON.stringify(before.state) !== JSON.stringify(after.state)) ||
  before.paused?.atMs !== after.paused?.atMs ||
  before.ending !== after.ending

/** A look says something else once the bake is over. */
const place = (atMs: number, release: Release): string => {
  const endMs = bakeEndMs(release)
  return endMs === undefined || endMs > atMs ? 'bakes' : 'held'
}

/** Several steps that say the same. */
export type Group = { readonly first: Step; readonly last: Step; readonly times: number }

export function grouped(steps: readonly Step[]): readonly Group[] {
  const groups: Group[] = []
  let stretch = new Map<string, number>()
  for (const step of steps) {
    const key = sameAs(step)
    const at = key === undefined ? undefined : stretch.get(key)
    const known = at === undefined ? undefined : groups[at]
    if (at !== undefined && known !== undefined) {
      groups[at] = { ...known, last: step, times: known.times + 1 }
      continue
    }
    if (key === undefined) stretch = new Map()
    else stretch.set(key, groups.length)
    groups.push({ first: step, last: step, times: 1 })
  }
  return groups
}

export type TimelineRow = Told & {
  readonly fromMs: number
  /** When the last of several was. */
  readonly toMs?: number
  readonly times: number
  /** The number of the look, from 1; of several, the last. */
  readonly look?: number
}

/** Of several that say the same, the latest words. */
export const timelineOf = (steps: readonly Step[]): readonly TimelineRow[] =>
  grouped(steps).map(({ first, last, times }) => ({
    ...tell(last.event, last.after),
    ...(last.look === undefined ? {} : { look: last.look }),
    fromMs: first.event.atMs,
    ...(times === 1 ? {} : { toMs: last.event.atMs }),
    times,
  }))
