// Where the command line writes: sentences for people, or one JSON document a line for programs. Exit codes have names.

/** Documented in docs/start.md; pipelines rely on them. */
export const exitCodes = {
  done: 0,
  /** The release ended, and not with the candidate in charge. */
  notReleased: 1,
  /**
   * `tidegate diff` found a difference, `doctor` a problem, `verify-account` an answer that is not expected, `lost
   * list` an event.
   */
  different: 1,
  /** The call was wrong, or cannot be done now. Nothing was changed. */
  refused: 2,
  /** AWS refused or did not answer. */
  aws: 3,
  /** The traffic could not be moved for whoever asked; what moves it by hand was printed. */
  byHand: 4,
  /** The person had enough; the release goes on without them. */
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
