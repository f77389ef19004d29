// Text from outside is text: what people, hooks, AWS and others wrote is shown on one line, and cannot move the cursor, turn the
// writing direction, hide, or end our sentence. Data keeps it as it was written; it is escaped here, where it is shown.

/** Controls, line ends, marks of direction, what has no width, private and unpaired code points. */
const unseen = String.raw`\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}`
// A variation selector that follows an emoji only chooses its picture.
const hidden = new RegExp(String.raw`(?!(?<=\p{Extended_Pictographic})\uFE0F)[${unseen}]`, 'gu')
// JSON escapes C0 itself.
const hiddenInJson = new RegExp(String.raw`(?![\0-\x1f])${hidden.source}`, 'gu')
// No script needs more marks on a letter, and a pile of them covers the lines above.
const tooManyMarks = /(?<=\p{M}{8})\p{M}+/gu
const marksFirst = /^\p{M}+/u
/** What could be read as the end of a quotation. */
const quotes = /["\u201c-\u201f\u00ab\u00bb\u2033\u2036\uff02\u301d-\u301f\u275d\u275e\u02ba\u02dd\u02ee]/g

const names = new Map([
  ['\n', String.raw`\n`],
  ['\r', String.raw`\r`],
  ['\t', String.raw`\t`],
])

const escapeOf = (char: string): string => names.get(char) ?? `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`
const escapesOf = (chars: string): string => Array.from(chars, escapeOf).join('')

/**
 * On one line, with everything that is not seen as a visible escape: `\n`, `\u{1b}`. Letters, marks and emoji stay. A line of a
 * line is the same line.
 * @param max in characters; a longer text is cut and ends with three dots
 */
export function oneLine(text: string, max = Infinity): string {
  const line = text.replaceAll(hidden, escapeOf).replaceAll(tooManyMarks, escapesOf)
  return line.length <= max ? line : `${line.slice(0, max - 3).replace(/[\ud800-\udbff]$/, '')}...`
}

/**
 * Somebody else's words in a sentence of ours: `ann says "orders drop"`. They cannot end their quotation.
 * @param by whose words they are
 */
export function quoted(text: string, by?: string, max = 500): string {
  const words = text
    .replaceAll(/\p{Zs}+/gu, ' ')
    .replace(marksFirst, escapesOf)
    .replaceAll(quotes, "'")
  const quotation = `"${oneLine(words, max)}"`
  return by === undefined ? quotation : `${nameWords(by)} says ${quotation}`
}

/** A name that has spaces in it may be a sentence: it is quoted. */
export const nameWords = (name: string): string => (/^[\w@.:/+=,-]+$/.test(name) ? name : quoted(name, undefined, 200))

/** Words that our sentence goes on after: without the full stop that they, or a quotation at their end, may have. */
export const withoutStop = (words: string): string => words.replace(/\.$|(?<!\.)\.(?="$)/, '')

/** Words as a sentence, with one full stop. */
export const withStop = (words: string): string => (words.endsWith('.') ? words : `${withoutStop(words)}.`)

/** For those who take nothing else: printable ASCII. @returns at least one character */
export function asciiLine(text: string, max: number, otherwise: string): string {
  const plain = oneLine(text)
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, max)
    .trim()
  return plain === '' ? otherwise : plain
}

/** One line of JSON that a terminal shows as it is. It means the same. */
export const jsonLine = (data: unknown): string =>
  JSON.stringify(data).replaceAll(hiddenInJson, (char) =>
    Array.from({ length: char.length }, (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )

/** A text of a log line, which JSON will escape the rest of. */
export const logText = (text: string): string => text.replaceAll(hiddenInJson, escapeOf)

/** Whether a name, an id or a commit shows all that it is made of. */
export const isPlain = (text: string): boolean => oneLine(text) === text
