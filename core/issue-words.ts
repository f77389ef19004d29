// What is wrong with a value, in words for people: what zod says by itself is for programmers. A message that a schema has of its
// own is kept. The words may repeat what a caller sent, however much that is, and however it would look on a terminal.
import { oneLine } from './foreign-text.ts'
import { own } from './own.ts'

/** The part of a zod issue that words are made from. */
export type IssueFacts = {
  readonly code?: string | undefined
  readonly message: string
  /** The fields that nobody knows. */
  readonly keys?: readonly string[] | undefined
  readonly expected?: unknown
  readonly values?: readonly unknown[] | undefined
  /** What kind of value a limit is about. */
  readonly origin?: string | undefined
  readonly minimum?: unknown
  readonly maximum?: unknown
  readonly inclusive?: boolean | undefined
  readonly divisor?: unknown
}

const wordsMax = 400
const keysMax = 5
const keyMax = 60

export function wordsOf(issue: IssueFacts): string {
  if (issue.code === 'unrecognized_keys') return unknownFields(issue.keys ?? [])
  const isOwn = !/^(Invalid (input|option|number|string)|Too (small|big))\b/.test(issue.message)
  return oneLine(isOwn ? issue.message : (plainly(issue) ?? issue.message), wordsMax)
}

function unknownFields(keys: readonly string[]): string {
  const named = keys.slice(0, keysMax).map((key) => `"${oneLine(key, keyMax)}"`)
  const more = keys.length > keysMax ? `, and ${keys.length - keysMax} more` : ''
  return `no field is called ${named.join(', ')}${more}`
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a set of fields',
  record: 'a set of fields',
}

/** `undefined` for what there are no words for yet. */
function plainly(issue: IssueFacts): string | undefined {
  switch (issue.code) {
    case 'invalid_type': {
      if (issue.message.endsWith('received undefined')) return 'it is missing'
      const kind = typeof issue.expected === 'string' ? own(kinds, issue.expected) : undefined
      return kind === undefined ? undefined : `it must be ${kind}`
    }
    case 'invalid_value':
      return choice((issue.values ?? []).map(String))
    case 'too_small':
      return limit(issue, issue.minimum, issue.inclusive === false ? 'more than' : 'at least')
    case 'too_big':
      return limit(issue, issue.maximum, issue.inclusive === false ? 'less than' : 'at most')
    case 'not_multiple_of':
      return typeof issue.divisor === 'number' ? `it must be a multiple of ${issue.divisor}` : undefined
    default:
      return undefined
  }
}

function choice(values: readonly string[]): string | undefined {
  if (values.length === 0) return undefined
  return values.length > 2 ? `it must be one of ${values.join(', ')}` : `it must be ${values.join(' or ')}`
}

function limit({ origin }: IssueFacts, value: unknown, words: string): string | undefined {
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined
  if (origin === 'string') return `it must have ${words} ${value} characters`
  if (origin === 'array' || origin === 'set') return `it must have ${words} ${value} entries`
  return `it must be ${words} ${value}`
}
