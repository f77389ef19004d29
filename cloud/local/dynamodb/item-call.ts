// The short way into dynalite for calls about items, which are almost all: its types, its validation and its action, without
// what its listener does for a network. The listener takes twice as long: it parses the address, draws an id, and parses each
// expression anew.
import { createRequire } from 'node:module'
import { crc32 } from 'node:zlib'
import type { LocalRequest, LocalResponse } from '../protocol/service.ts'
import type { Store } from './store.ts'

type Fields = Record<string, unknown>
type Refusal = Error & { readonly statusCode?: number; readonly body?: unknown }
type Action = (
  store: Store,
  data: unknown,
  done: (refusal: Refusal | null | undefined, answer?: unknown) => void,
) => void
type Rules = { readonly types: unknown; readonly custom?: unknown }
type Validations = {
  readonly checkTypes: (data: Fields, types: unknown) => unknown
  readonly checkValidations: (data: unknown, types: unknown, custom: unknown, store: Store) => void
}
type Context = { readonly attrNames?: Fields; readonly attrVals?: Fields } & Readonly<
  Record<'unusedAttrNames' | 'unusedAttrVals', Fields>
>
type Parser = { parse: (text: string, options: { readonly context: Context }) => unknown }

const require = createRequire(import.meta.resolve('dynalite'))
const { checkTypes, checkValidations } = require('./validations') as Validations
const operations = new Map(
  ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query'].map((name) => {
    const file = `${name.charAt(0).toLowerCase()}${name.slice(1)}`
    const rules = require(`./validations/${file}`) as Rules
    return [name, { ...rules, action: require(`./actions/${file}`) as Action }] as const
  }),
)
parseOnce(require('./db/conditionParser') as Parser)

const contentType = 'application/x-amz-json-1.0'
const isSigned = /^AWS4-.*Credential=.*SignedHeaders=.*Signature=/
let count = 0

/** @returns undefined for a request that only the listener can answer */
export function itemCall(
  store: Store,
  { method, headers, query, body }: LocalRequest,
): Promise<LocalResponse> | undefined {
  const [api, name = ''] = headers['x-amz-target']?.split('.') ?? []
  const operation = operations.get(name)
  if (operation === undefined || api !== 'DynamoDB_20120810' || method !== 'POST' || query.size > 0) return undefined
  if (headers['content-type'] !== contentType || headers['origin'] !== undefined) return undefined
  if (!isSigned.test(headers['authorization'] ?? '') || headers['x-amz-date'] === undefined) return undefined
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  const known = name === 'Query' ? queriesOf(store) : undefined
  const found = known?.get(text)
  if (found?.isSame() === true) return later(found.body)
  // Parsed for dynalite alone: it keeps what it is given.
  const data = objectIn(text)
  if (data === undefined) return undefined
  return new Promise((resolve, reject) => {
    // A database takes a moment, in which others go on.
    const answer = (status: number, value: unknown): void => {
      const said = JSON.stringify(value)
      if (status === 200 && data['IndexName'] === undefined) keep(known, text, said, isSame)
      setImmediate(resolve, answerOf(status, said))
    }
    let isSame = (): boolean => false
    const refuse = (refusal: Refusal): void => {
      if (refusal.statusCode === undefined) reject(refusal)
      else answer(refusal.statusCode, refusal.body)
    }
    try {
      const checked = checkTypes(data, operation.types)
      checkValidations(checked, operation.types, operation.custom, store)
      isSame = store.whileSame(() => {
        operation.action(store, checked, (refusal, value) => {
          if (refusal === null || refusal === undefined) answer(200, value)
          else refuse(refusal)
        })
      })
    } catch (error) {
      refuse(error as Refusal)
    }
  })
}

// The sweep asks for the same few lists every minute, and most of them have not changed.
type Known = { readonly body: string; readonly isSame: () => boolean }
const answersMost = 200
const lengthMost = 2000
const knownOf = new WeakMap<Store, Map<string, Known>>()

function queriesOf(store: Store): Map<string, Known> {
  const found = knownOf.get(store) ?? new Map<string, Known>()
  knownOf.set(store, found)
  return found
}

function keep(known: Map<string, Known> | undefined, text: string, body: string, isSame: () => boolean): void {
  if (known === undefined || body.length > lengthMost) return
  if (known.size >= answersMost) known.clear()
  known.set(text, { body, isSame })
}

/** As late as dynalite's action would answer, so that of many at once each has the same turn. */
const later = (body: string): Promise<LocalResponse> =>
  new Promise((resolve) => void Promise.resolve().then(() => setImmediate(resolve, answerOf(200, body))))

function objectIn(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
  } catch {
    return undefined
  }
}

function answerOf(status: number, body: string): LocalResponse {
  const headers = {
    'x-amzn-requestid': (++count).toString(36).toUpperCase().padStart(52, '0'),
    'x-amz-crc32': String(crc32(body)),
    'content-type': contentType,
    'content-length': String(Buffer.byteLength(body)),
  }
  return { status, headers, body }
}

const expressionsMost = 2000

/**
 * The same conditions come again and again. What is parsed depends on the text, the names and the values, and dynalite only
 * reads it.
 */
function parseOnce(parser: Parser): void {
  type Parsed = { readonly result: unknown; readonly names: readonly string[]; readonly values: readonly string[] }
  const known = new Map<string, Parsed>()
  const { parse } = parser
  parser.parse = (text, { context }) => {
    const { attrNames = {}, attrVals = {}, unusedAttrNames, unusedAttrVals } = context
    const key = JSON.stringify([text, attrNames, attrVals])
    const found = known.get(key) ?? parsed(text, context)
    if (known.size >= expressionsMost) known.clear()
    known.set(key, found)
    for (const name of found.names) Reflect.deleteProperty(unusedAttrNames, name)
    for (const name of found.values) Reflect.deleteProperty(unusedAttrVals, name)
    return found.result
  }
  /** Dynalite notes in its context what an expression uses. */
  function parsed(text: string, context: Context): Parsed {
    const { attrNames = {}, attrVals = {} } = context
    const [unusedAttrNames, unusedAttrVals] = [{ ...attrNames }, { ...attrVals }]
    const result = parse(text, { context: { ...context, unusedAttrNames, unusedAttrVals } })
    const used = (all: Fields, unused: Fields) => Object.keys(all).filter((name) => !Object.hasOwn(unused, name))
    return { result, names: used(attrNames, unusedAttrNames), values: used(attrVals, unusedAttrVals) }
  }
}
