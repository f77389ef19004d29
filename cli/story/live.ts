// A release as it is now, for a whole terminal: where it stands, its traffic, its signals, its last events, and what may be
// typed.
import type { ReleaseEvent } from '../../core/release/event.ts'
import { candidateWords } from '../../core/service/candidate.ts'
import type { Release } from '../../core/release/release.ts'
import { moment } from '../../core/view/release/moment.ts'
import { type Line, rowsOf } from '../backend/line.ts'
import { signalLine } from './events.ts'
import { nextCommands, nowLine } from './now.ts'
import { happenings } from './repeats.ts'
import { weightLines } from './weights.ts'

type Seen = { readonly release: Release; readonly events: readonly ReleaseEvent[]; readonly nowMs: number }
type Screenful = { readonly columns: number; readonly rows: number; readonly isColoured: boolean }

/** The last events get what is left, and always some. */
const eventRowsLeast = 3

/** @returns as many rows as fit, none wider than the terminal */
export function liveRows(
  { release, events, nowMs }: Seen,
  { columns, rows, isColoured }: Screenful,
): readonly string[] {
  const surface = { columns, isColoured, breaksWords: true }
  const inRows = (lines: readonly Line[]): readonly string[] => lines.flatMap((line) => rowsOf(line, surface))
  const top = inRows([
    {
      head: [{ text: release.service.name, tone: 'strong' }, '  '],
      rest: [
        `${release.id}  ${candidateWords(release.candidate)}  `,
        { text: `as of ${moment(nowMs)}`, tone: 'faint' },
      ],
    },
    nowLine(release, nowMs),
    '',
    ...weightLines(release),
  ])
  const bottom = ['', ...inRows(nextLines(release))]
  const signals = (release.verdict?.signals ?? []).map((signal) => rowsOf(signalLine(signal, ''), surface))
  const room = rows - top.length - bottom.length
  const shownSignals = fitting(signals, room - eventRowsLeast - 2)
  const last = lastOf(
    happenings(events).map((line) => rowsOf(line, surface)),
    room - shownSignals.length - 2,
  )
  return [
    ...top,
    ...(shownSignals.length === 0 ? [] : ['', ...shownSignals]),
    ...(last.length === 0 ? [] : ['', ...last]),
    ...bottom,
  ].slice(0, rows)
}

/** Each signal in full where there is room for all, else each in one row. */
function fitting(signals: readonly (readonly string[])[], room: number): readonly string[] {
  const whole = signals.flat()
  return whole.length <= room ? whole : signals.map(([first = '']) => first).slice(0, Math.max(0, room))
}

/** As many as fit, in full; of a single one that does not fit, its beginning. */
function lastOf(events: readonly (readonly string[])[], room: number): readonly string[] {
  let shown: readonly string[] = []
  for (const rows of events.toReversed()) {
    if (shown.length + rows.length > room) return shown.length === 0 ? rows.slice(0, Math.max(0, room)) : shown
    shown = [...rows, ...shown]
  }
  return shown
}

const nextLines = (release: Release): readonly Line[] =>
  nextCommands(release).map((command, index) => ({
    head: [{ text: index === 0 ? 'next: ' : '      ', tone: 'faint' }],
    rest: [command],
  }))
