// Stored items in memory. They are kept as JSON, as in the real table, so that nothing is shared with the writer, and a corrupt
// item can be detected.
import { issuesSentence, Problem } from '../../../core/problem.ts'

/** What validates a stored value; the schemas of the core fit this type. */
type Schema<T> = {
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: Parameters<typeof issuesSentence>[0] } }
}

export const schemaOf = <T>(what: string, is: (value: unknown) => value is T): Schema<T> => ({
  safeParse: (value) =>
    is(value)
      ? { success: true, data: value }
      : { success: false, error: { issues: [{ path: [], message: `not ${what}` }] } },
})

export type MemoryTable = {
  /** Returns false and writes nothing if a different value exists; returns true if the same value exists. */
  insert(pk: string, sk: string, value: unknown): boolean
  set(pk: string, sk: string, value: unknown): void
  delete(pk: string, sk: string): void
  /** @throws Problem `item_unreadable` */
  get<T>(schema: Schema<T>, pk: string, sk: string): T | undefined
  /** The text of an item, whatever it is. */
  text(pk: string, sk: string): string | undefined
  /** The sort keys that begin with `prefix`, in order. */
  list(pk: string, prefix?: string): readonly string[]
  /** Puts any text at this key, whether or not there is an item. */
  corrupt(pk: string, sk: string, text: string): void
}

type Row = { readonly text: string; parsed?: unknown }

export const padded = (number: number): string => String(number).padStart(15, '0')

export function unreadable(pk: string, sk: string, why: string, cause?: unknown): Problem {
  const options = cause === undefined ? undefined : { cause }
  return new Problem('item_unreadable', `The stored item ${pk} / ${sk} cannot be read: ${why}.`, options)
}

export function memoryTable(): MemoryTable {
  const partitions = new Map<string, Map<string, Row>>()
  const partition = (pk: string): Map<string, Row> => {
    const rows = partitions.get(pk) ?? new Map<string, Row>()
    partitions.set(pk, rows)
    return rows
  }
  const corrupt = (pk: string, sk: string, text: string): void => {
    partition(pk).set(sk, { text })
  }
  return {
    insert(pk, sk, value) {
      const text = JSON.stringify(value)
      const row = partition(pk).get(sk)
      if (row === undefined) corrupt(pk, sk, text)
      return row === undefined || row.text === text
    },
    set: (pk, sk, value) => corrupt(pk, sk, JSON.stringify(value)),
    delete(pk, sk) {
      partition(pk).delete(sk)
    },
    get<T>(schema: Schema<T>, pk: string, sk: string) {
      const row = partition(pk).get(sk)
      if (row === undefined) return undefined
      // A simulation reads every item many times, and items do not change between writes.
      row.parsed ??= frozen(parse(schema, pk, sk, row.text))
      return row.parsed as T
    },
    text: (pk, sk) => partition(pk).get(sk)?.text,
    list: (pk, prefix = '') => [...partition(pk).keys()].filter((sk) => sk.startsWith(prefix)).sort(),
    corrupt,
  }
}

function parse<T>(schema: Schema<T>, pk: string, sk: string, text: string): T {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw unreadable(pk, sk, 'its body is not JSON', error)
  }
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw unreadable(pk, sk, issuesSentence(parsed.error.issues))
  return parsed.data
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const part of Object.values(value)) frozen(part)
  return Object.freeze(value)
}
