// The timeline of a release: every event of its log in order. What repeats is one row: looks and gates that answer the same as
// before, while nothing else happens.
import { advance } from '../../release/advance.ts'
import type { ReleaseEvent } from '../../release/event.ts'
import type { Release } from '../../release/release.ts'
import { tell, type Told } from './told.ts'

export type TimelineRow = Told & {
  readonly fromMs: number
  /** When the last of several was. */
  readonly toMs?: number
  readonly times: number
  /** The number of the look, from 1; of several, the last. */
  readonly look?: number
}

/** Numbers grow from look to look. */
const withoutNumbers = (text: string): string => text.replaceAll(/\d+(?:[.,]\d+)*/g, '#')

const decides = (before: Release, after: Release): boolean =>
  before.state !== after.state || before.paused !== after.paused || before.ending !== after.ending

/** What an event says if it may be one of many; `undefined` if it stands for itself. */
function sameAs(event: ReleaseEvent, before: Release | undefined, after: Release): string | undefined {
  if (before === undefined) return undefined
  if (event.type === 'gated' && !event.allowed)
    return decides(before, after) ? undefined : `held ${event.gates.join()} ${withoutNumbers(event.because)}`
  if (event.type !== 'judged' || decides(before, after)) return undefined
  return `look ${event.verdict.kind} ${withoutNumbers(event.verdict.because)}`
}

/** @param first the release after the first event */
export function timelineOf(events: readonly ReleaseEvent[], first: Release): readonly TimelineRow[] {
  const rows: TimelineRow[] = []
  let stretch = new Map<string, number>()
  let before: Release | undefined
  let looks = 0
  for (const event of events) {
    const after = before === undefined ? first : advance(before, event)
    const key = sameAs(event, before, after)
    before = after
    if (event.type === 'judged') looks += 1
    const look = event.type === 'judged' ? { look: looks } : {}
    const place = key === undefined ? undefined : stretch.get(key)
    const known = place === undefined ? undefined : rows[place]
    if (place !== undefined && known !== undefined) {
      rows[place] = { ...known, ...tell(event), ...look, toMs: event.atMs, times: known.times + 1 }
      continue
    }
    if (key === undefined) stretch = new Map()
    else stretch.set(key, rows.length)
    rows.push({ ...tell(event), ...look, fromMs: event.atMs, times: 1 })
  }
  return rows
}
