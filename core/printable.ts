// Text that others chose, for a terminal or a log: one line, and nothing in it that moves the cursor or turns the direction of
// writing.

/** @param max characters; a longer text ends with three dots */
export function printable(text: string, max: number): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]+/gu, ' ')
  return line.length <= max ? line : `${line.slice(0, max - 3)}...`
}
