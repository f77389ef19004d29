// Follows a release to its end: on a terminal as a view of all of it, elsewhere as lines, as the events are written.
import { replay } from '../../core/release/advance.ts'
import type { ReleaseEvent } from '../../core/release/event.ts'
import { isSettled, type Release } from '../../core/release/release.ts'
import type { Backend } from '../backend/backend.ts'
import type { Screen, Terminal } from '../backend/screen.ts'
import { fullScreen } from '../story/full-screen.ts'
import { liveRows } from '../story/live.ts'
import { nextCommands, nowLine } from '../story/now.ts'
import { unfolded } from '../../core/view/release/timeline.ts'
import { logLines, telling } from '../story/repeats.ts'

export type WatchOptions = {
  readonly everyMs: number
  /** Resolves when it is time to look again; false if the user interrupted. */
  readonly pause: (ms: number) => Promise<boolean>
  /** A line for each signal of a look. */
  readonly evidence?: boolean
  /** Takes all of the terminal, if there is one. */
  readonly live?: boolean
}

type Ports = Pick<Backend, 'journal' | 'clock'>
type Watched = { readonly release: Release; readonly events: readonly ReleaseEvent[] }

/** @returns the release as it ended, or as it was when the user interrupted; `undefined` if it had not begun */
export async function watch(
  backend: Ports,
  screen: Screen,
  releaseId: string,
  options: WatchOptions,
): Promise<Release | undefined> {
  const { terminal } = screen
  if (options.live === true && terminal !== undefined) return watchLive(backend, screen, terminal, releaseId, options)
  const tell = telling(options.evidence === true)
  let shown = 0
  const last = await follow(backend, releaseId, options, ({ release, events }) => {
    for (const step of unfolded(events).slice(shown)) {
      const data = { release: release.id, event: step.event }
      const lines = screen.json ? [] : tell(step)
      if (screen.json || lines.length > 0) screen.say(lines, data)
    }
    shown = events.length
  })
  if (last !== undefined && options.live === true) screen.next(...nextCommands(last.release))
  return last?.release
}

/** The embedded cloud's time may be ahead of this machine's; the log's last event shows it. */
export const nowIn = ({ clock }: Pick<Backend, 'clock'>, events: readonly ReleaseEvent[]): number =>
  Math.max(clock.nowMs(), events.at(-1)?.atMs ?? 0)

async function watchLive(
  backend: Ports,
  screen: Screen,
  terminal: Terminal,
  releaseId: string,
  options: WatchOptions,
): Promise<Release | undefined> {
  const view = fullScreen(terminal)
  const seen = ({ release, events }: Watched) => ({ release, events, nowMs: nowIn(backend, events) })
  let last: Watched | undefined
  try {
    last = await follow(backend, releaseId, options, (watched) =>
      view.show((size) => liveRows(seen(watched), { ...size, isColoured: terminal.isColoured })),
    )
  } finally {
    view.close()
  }
  if (last === undefined) return undefined
  // What stays on the terminal is the whole story.
  const stands = nowLine(last.release, nowIn(backend, last.events))
  const goesOn = isSettled(last.release) ? [] : ['It goes on without being watched.']
  screen.note([...logLines(last.events), stands, ...goesOn])
  const again = isSettled(last.release) ? [] : [`tidegate watch ${last.release.service.name}`]
  screen.next(...new Set([...again, ...nextCommands(last.release)]))
  return last.release
}

/** Reads the log until the release has ended or the user interrupts. */
async function follow(
  { journal }: Ports,
  releaseId: string,
  { pause, everyMs }: WatchOptions,
  show: (watched: Watched) => void,
): Promise<Watched | undefined> {
  for (;;) {
    const { events } = await journal.read(releaseId)
    const release = replay(events)
    // If it was just accepted, the entry that names the release is there before its log begins.
    if (release !== undefined) {
      const watched = { release, events }
      show(watched)
      if (isSettled(release) || !(await pause(everyMs))) return watched
    } else if (!(await pause(everyMs))) return undefined
  }
}
