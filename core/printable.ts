// Makes untrusted text safe for a terminal or a log: one line, without characters that move the cursor or reverse the writing
// direction.

/** @param max in characters; a longer text is cut and ends with three dots */
export function printable(text: string, max: number): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]+/gu, ' ')
  return line.length <= max ? line : `${line.slice(0, max - 3)}...`
}
