// Follows a release to its end: prints every event as it is written, and returns the exit code for the outcome.
import { advance, replay } from '../../core/release/advance.ts'
import type { ReleaseEvent } from '../../core/release/event.ts'
import { isSettled, type Release } from '../../core/release/release.ts'
import type { Backend } from '../backend/backend.ts'
import type { Screen } from '../backend/screen.ts'
import { evidenceLines, storyLine } from '../backend/story.ts'

export type WatchOptions = {
  readonly everyMs: number
  /** Resolves when it is time to look again; false if the user interrupted. */
  readonly pause: (ms: number) => Promise<boolean>
  readonly evidence?: boolean
}

/** @returns the release as it ended, or as it was when the user interrupted; `undefined` if it had not begun */
export async function watch(
  backend: Pick<Backend, 'journal'>,
  screen: Screen,
  releaseId: string,
  options: WatchOptions,
): Promise<Release | undefined> {
  let shown = 0
  for (;;) {
    const { events } = await backend.journal.read(releaseId)
    const release = replay(events)
    // It was just accepted: the entry that names the release is written before its log begins.
    if (release === undefined) {
      if (await options.pause(options.everyMs)) continue
      return undefined
    }
    for (const [event, after] of unfolded(events).slice(shown)) show(screen, event, after, options.evidence === true)
    shown = events.length
    if (isSettled(release) || !(await options.pause(options.everyMs))) return release
  }
}

/** Each event with the state of the release after it. */
export function unfolded(events: readonly ReleaseEvent[]): readonly (readonly [ReleaseEvent, Release])[] {
  const steps: (readonly [ReleaseEvent, Release])[] = []
  let release: Release | undefined
  for (const event of events) {
    release = release === undefined ? replay([event]) : advance(release, event)
    if (release !== undefined) steps.push([event, release])
  }
  return steps
}

function show(screen: Screen, event: ReleaseEvent, after: Release, evidence: boolean): void {
  const lines = evidence && event.type === 'judged' ? evidenceLines(event.verdict) : []
  screen.say([storyLine(event, after), ...lines.map((line) => `                  ${line}`)], {
    release: after.id,
    event,
  })
}
