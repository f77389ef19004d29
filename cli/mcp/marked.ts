// What others wrote, in an answer to an agent: data, and marked as such. Every text that could be a sentence stands under the key
// `untrusted`, on one line, with what nobody sees as a visible escape. Numbers, single words of the controller and ids stay bare.
import { oneLine } from '../../core/foreign-text.ts'
import { problems } from '../../core/problem.ts'
import { releaseIdForm } from '../../core/release/log-key.ts'

/** Whoever reads an answer knows by this key that others wrote the text. */
type Untrusted = { readonly untrusted: string }
export type Data = string | number | boolean | null | Untrusted | readonly Data[] | { readonly [key: string]: Data }

type Limits = { readonly text: number; readonly items: number }

/** An answer has at most so many characters of JSON: each try is shorter than the one before. */
const charsMax = 48_000
const tries: readonly Limits[] = [
  { text: 1000, items: 100 },
  { text: 500, items: 40 },
  { text: 200, items: 15 },
  { text: 100, items: 5 },
]
const depthMax = 24
const keyMax = 140

/** A word of the controller, such as `rolledBack`, or a number; it has no space, so it says nothing. */
const word = /^(?:[A-Za-z][A-Za-z0-9]{0,23}|v?\d[\d.]{0,20})$/
/** Names that tools take as arguments; their form has no space (core/service/service.ts, core/release/log-key.ts). */
const argumentKeys: ReadonlySet<string> = new Set([
  ...['service', 'releaseId', 'release', 'id', 'live', 'behind', 'undid', 'undoneBy', 'backFrom', 'from'],
])

/** @returns `value` with every text marked, and no longer than an answer may be; what was left out is said */
export function marked(value: unknown): Data {
  for (const limits of tries) {
    const found = markedWith(value, limits, '', 0)
    if (JSON.stringify(found).length <= charsMax) return found
  }
  return { leftOut: 'everything', because: 'tooLong' }
}

function markedWith(value: unknown, limits: Limits, key: string, depth: number): Data {
  if (value === null || value === undefined || depth > depthMax) return null
  if (typeof value === 'string') return textOf(value, limits, key)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'boolean') return value
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return listOf(value, limits, key, depth)
  if (typeof value === 'object') return recordOf(value, limits, depth)
  return null
}

/** Where a list goes on, as listings of the API make it. */
const token = /^[\w-]{1,1000}$/

function isBare(text: string, key: string): boolean {
  if (word.test(text)) return true
  if (key === 'next') return token.test(text)
  if (key === 'code') return Object.hasOwn(problems, text)
  return argumentKeys.has(key) && releaseIdForm.test(text)
}

const textOf = (text: string, { text: max }: Limits, key: string): Data =>
  isBare(text, key) ? text : { untrusted: oneLine(text, max) }

function listOf(list: readonly unknown[], limits: Limits, key: string, depth: number): Data {
  const shown = list.slice(0, limits.items).map((one) => markedWith(one, limits, key, depth + 1))
  return list.length <= limits.items ? shown : [...shown, { leftOut: list.length - limits.items }]
}

/** Keys may be the names of functions. A key that is no word stands in a list of pairs. */
function recordOf(record: object, limits: Limits, depth: number): Data {
  const fields = Object.entries(record).filter(([, one]) => one !== undefined)
  const shown = fields.slice(0, limits.items)
  const left = fields.length - shown.length
  if (shown.every(([name]) => word.test(name)))
    return {
      ...Object.fromEntries(shown.map(([name, one]) => [name, markedWith(one, limits, name, depth + 1)])),
      ...(left === 0 ? {} : { leftOut: left }),
    }
  const pairs = shown.map(([name, one]) => ({
    name: { untrusted: oneLine(name, keyMax) },
    value: markedWith(one, limits, '', depth + 1),
  }))
  return left === 0 ? pairs : [...pairs, { leftOut: left }]
}
