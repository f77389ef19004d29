// The command line's output: sentences for people, or one JSON document per line for programs. Whatever a line is made of, it is
// one line of text on the terminal. Exit codes have names.
import { jsonLine } from '../../core/foreign-text.ts'
import { type Line, pipe, rowsOf, type Surface } from './line.ts'

/** Documented in docs/start.md; pipelines rely on them. */
export const exitCodes = {
  done: 0,
  /** The release ended without the candidate being promoted. */
  notReleased: 1,
  /**
   * `tidegate diff` found a difference, `doctor` a problem, `verify-account` an unexpected answer, `log --verify` a changed log,
   * `lost list` an event.
   */
  different: 1,
  /** The call was wrong, or is not possible now. Nothing was changed. */
  refused: 2,
  /** AWS refused or did not answer. */
  aws: 3,
  /** The controller could not move the traffic; the commands to move it by hand were printed. */
  byHand: 4,
  /** The user interrupted; the release goes on. */
  interrupted: 130,
} as const

export type Screen = {
  readonly json: boolean
  /** Prints `lines`, or `data` as JSON. */
  say(lines: Lines, data: unknown): void
  /** Prints to people only. */
  note(lines: Lines): void
  /** What a person may type next. Only a terminal shows it: other programs read what is piped. */
  next(...commands: readonly string[]): void
  /** Where a person looks on: a view may take all of it. */
  readonly terminal?: Terminal | undefined
}

export type Terminal = {
  /** Asked each time: a person may resize it. */
  readonly size: () => { readonly columns: number; readonly rows: number }
  readonly isColoured: boolean
  readonly write: (text: string) => void
  /** @returns what ends the listening */
  readonly onResize: (listener: () => void) => () => void
  /** When the program is told to stop, or ends. @returns what ends the listening */
  readonly onStop: (listener: () => void) => () => void
}

/** What the output goes to. */
export type Output = { readonly surface: () => Surface; readonly terminal?: Terminal | undefined }

type Lines = Line | readonly Line[]

export const shown = (lines: Lines, surface: Surface = pipe): string =>
  (isMany(lines) ? lines : [lines]).flatMap((line) => rowsOf(line, surface)).join('\n')

const isMany = (lines: Lines): lines is readonly Line[] => Array.isArray(lines)

export function screenOn(
  out: (line: string) => void,
  json: boolean,
  { surface, terminal }: Output = { surface: () => pipe },
): Screen {
  const tell = (lines: Lines): void => out(shown(lines, surface()))
  return {
    json,
    say: (lines, data) => (json ? out(jsonLine(data)) : tell(lines)),
    note: (lines) => {
      if (!json) tell(lines)
    },
    next: (...commands) => {
      if (json || surface().columns === undefined || commands.length === 0) return
      tell(commands.map((command, index) => ({ asIs: `${index === 0 ? 'next:' : '     '} ${command}` })))
    },
    ...(json || terminal === undefined ? {} : { terminal }),
  }
}
