// The command line's output: sentences for people, or one JSON document per line for programs. Exit codes have names.

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
  /** Prints `text`, or `data` as JSON. */
  say(text: string, data: unknown): void
  /** Prints to people only. */
  note(text: string): void
}

export function screenOn(out: (line: string) => void, json: boolean): Screen {
  return {
    json,
    say: (text, data) => out(json ? JSON.stringify(data) : text),
    note: (text) => {
      if (!json) out(text)
    },
  }
}
