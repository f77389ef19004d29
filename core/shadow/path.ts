// Places in an event or an answer, as JSON Pointers (RFC 6901) in which `*` is any item of a list or any field. A text that holds
// JSON, as the body of an HTTP event, is gone through like what it holds. Names are compared without case, because HTTP's are:
// whoever redacts /headers/authorization means Authorization too. That is why no library for JSON Path (RFC 9535) does it.
import { nameWords } from '../foreign-text.ts'
import { Problem } from '../problem.ts'

/** The names on the way, in lower case; `*` is any. */
export type Path = readonly string[]

const lengthMax = 200
const namesMax = 20

/** @throws Problem `shadow_invalid` */
export function parsePath(text: unknown): Path {
  if (typeof text !== 'string') throw new Problem('shadow_invalid', `A path is a text, and this is ${kindOf(text)}.`)
  const refuse = (why: string) =>
    new Problem('shadow_invalid', `The path ${nameWords(text.slice(0, lengthMax))} ${why}.`)
  if (!text.startsWith('/')) throw refuse('does not begin with /')
  if (text.length > lengthMax) throw refuse(`is longer than ${lengthMax} characters`)
  if (/~(?![01])/.test(text)) throw refuse('has a ~ that is neither ~0 nor ~1')
  const names = text.slice(1).split('/')
  if (names.length > namesMax) throw refuse(`has more than ${namesMax} names`)
  if (names.includes('')) throw refuse('has a name that is empty')
  return names.map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~').toLowerCase())
}

export const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value

/** What a text holds, if it is JSON with fields or items. */
export function heldIn(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** The paths that go on below a name. */
export const below = (paths: readonly Path[], name: string): readonly Path[] =>
  paths.flatMap(([first, ...rest]) => (first === '*' || first === name.toLowerCase() ? [rest] : []))
