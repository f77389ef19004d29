// The command line's output: sentences for people, or one JSON document per line for programs. Whatever a line is made of, it is
// one line of text on the terminal. Exit codes have names.
import { jsonLine, oneLine } from '../../core/foreign-text.ts'

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
  /** Prints each of `lines` as one line, or `data` as JSON. */
  say(lines: Lines, data: unknown): void
  /** Prints to people only. */
  note(lines: Lines): void
}

type Lines = string | readonly string[]

/** Escapes at the edge: the line breaks between lines are ours, those within are somebody else's. */
export const shown = (lines: Lines): string =>
  (typeof lines === 'string' ? [lines] : lines).map((line) => oneLine(line)).join('\n')

export function screenOn(out: (line: string) => void, json: boolean): Screen {
  return {
    json,
    say: (lines, data) => out(json ? jsonLine(data) : shown(lines)),
    note: (lines) => {
      if (!json) out(shown(lines))
    },
  }
}
