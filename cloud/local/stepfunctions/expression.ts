// JSONata in a state machine: evaluates `{% ... %}` strings anywhere in a value, and leaves everything else unchanged. Time and
// randomness inside an expression come from the cloud's clock and seed.
import { createHash } from 'node:crypto'
import jsonata from 'jsonata'
import { StatesError } from './failure.ts'

export type Bindings = Readonly<Record<string, unknown>>
/** @throws StatesError States.QueryEvaluationError, also when an expression has no value */
export type Evaluate = (value: unknown, bindings: Bindings) => Promise<unknown>
type Chance = { readonly nowMs: () => number; readonly random: () => number; readonly ids: () => string }

export function evaluator(chance: Chance): Evaluate {
  const functions = functionsFrom(chance)
  const evaluate: Evaluate = async (value, bindings) => {
    if (typeof value === 'string') {
      const source = expressionIn(value)
      return source === undefined ? value : evaluateOne(source, { ...functions, ...bindings })
    }
    if (Array.isArray(value)) {
      const items: unknown[] = []
      for (const item of value) items.push(await evaluate(item, bindings))
      return items
    }
    if (typeof value !== 'object' || value === null) return value
    const fields: [string, unknown][] = []
    for (const [name, field] of Object.entries(value)) fields.push([name, await evaluate(field, bindings)])
    return Object.fromEntries(fields)
  }
  return evaluate
}

/** The JSONata inside `{% ... %}`; undefined for plain text. */
export function expressionIn(text: string): string | undefined {
  return text.startsWith('{%') && text.endsWith('%}') ? text.slice(2, -2).trim() : undefined
}

// Parsing costs far more than evaluating, and a state machine has few expressions.
const compiled = new Map<string, jsonata.Expression>()

/** @throws unless `source` is JSONata */
export function compile(source: string): jsonata.Expression {
  const known = compiled.get(source)
  if (known !== undefined) return known
  const expression = jsonata(source)
  if (compiled.size > 1000) compiled.clear()
  compiled.set(source, expression)
  return expression
}

async function evaluateOne(source: string, bindings: Bindings): Promise<unknown> {
  let result: unknown
  try {
    result = await compile(source).evaluate(undefined, { ...bindings })
  } catch (error) {
    const message = error instanceof Error || isJsonataError(error) ? error.message : String(error)
    throw new StatesError(
      'States.QueryEvaluationError',
      `The JSONata expression '${source}' threw an error: ${message}`,
    )
  }
  if (result === undefined || typeof result === 'function') {
    throw new StatesError(
      'States.QueryEvaluationError',
      `The JSONata expression '${source}' returned nothing (undefined).`,
    )
  }
  // JSONata marks its arrays with properties of its own (sequence, keepSingleton); this returns plain JSON.
  return JSON.parse(JSON.stringify(result)) as unknown
}

const isJsonataError = (error: unknown): error is { message: string } =>
  typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'

const algorithms: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
}

/**
 * Functions that Step Functions adds to or removes from JSONata, and those of JSONata that would use the machine's clock and
 * randomness.
 */
function functionsFrom({ nowMs, random, ids }: Chance): Readonly<Record<string, unknown>> {
  return {
    parse: (text: string): unknown => JSON.parse(text),
    uuid: () => ids(),
    random: () => random(),
    millis: () => nowMs(),
    now: (picture?: string) => {
      if (picture !== undefined) throw new Error('$now with a picture is not implemented in the embedded cloud')
      return new Date(nowMs()).toISOString()
    },
    range: (start: number, end: number, step: number) => {
      if (step === 0) throw new Error('$range needs a step other than 0')
      return Array.from(
        { length: Math.max(0, Math.floor((end - start) / step) + 1) },
        (_, index) => start + index * step,
      )
    },
    partition: (items: readonly unknown[], size: number) => {
      if (!(size > 0)) throw new Error('$partition needs a size above 0')
      return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
        items.slice(index * size, (index + 1) * size),
      )
    },
    hash: (text: string, algorithm: string) => {
      const name = algorithms[algorithm]
      if (name === undefined) throw new Error(`$hash knows ${Object.keys(algorithms).join(', ')}, not ${algorithm}`)
      return createHash(name).update(text).digest('hex')
    },
    eval: () => {
      throw new Error('$eval is not available in Step Functions')
    },
    shuffle: () => {
      throw new Error('$shuffle is not implemented in the embedded cloud')
    },
  }
}
