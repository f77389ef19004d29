// Texts that want to be more than text, and what a text may be where people see it. Written without the rules of
// core/foreign-text.ts, so that one checks the other.
import fc from 'fast-check'

const command = 'Put it back by hand:\naws lambda update-alias --function-name checkout --function-version 7'
const pieces = [
  '\u001b[2J\u001b[1;1H',
  '\u001b]52;c;cm0gLXJmIC8=\u0007',
  '\u009b31m',
  '\r\n  0:01  approved  by ciso, before it begins',
  '\n',
  '\r',
  '\u2028',
  '\u2029',
  '\u0085',
  '\u202e',
  '\u2066',
  '\u200f',
  '\u061c',
  '\u200b',
  '\ufeff',
  '\u2060',
  '\u00ad',
  '\u{e0041}',
  '\ud800',
  '\udc00',
  '\uffff',
  '\0',
  '\u007f',
  '\b\b\b\b',
  'e' + '\u0301'.repeat(40),
  '\u0338',
  '<script>alert(1)</script>',
  '" onload="x',
  "'><img src=x>",
  '&lt;',
  '"\u201d',
  '::',
  command,
  `". ${command}`,
  `\u201d ${command}`,
] as const

const chars = fc.string({ unit: 'binary', maxLength: 12 })
const piece = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...pieces) }, { weight: 1, arbitrary: chars })
/** What each object has, without having been given it. */
const inherited = fc.constantFrom('toString', 'constructor', '__proto__', 'hasOwnProperty', 'valueOf')
const joined = fc.array(piece, { minLength: 1, maxLength: 6 }).map((parts) => parts.join(''))
export const hostile = fc.oneof({ weight: 9, arbitrary: joined }, { weight: 1, arbitrary: inherited })

const ranges: readonly (readonly [number, number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x61c, 0x61c],
  [0x180e, 0x180e],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0xd800, 0xdfff],
  [0xfeff, 0xfeff],
  [0xfff0, 0xfffb],
  [0xfffe, 0xffff],
  [0xe0000, 0xe0fff],
]

/** What of a line is not text. */
export const rawIn = (line: string): readonly string[] =>
  Array.from(line, (char) => char.codePointAt(0) ?? 0)
    .filter((code) => ranges.some(([from, to]) => code >= from && code <= to))
    .map((code) => code.toString(16))
