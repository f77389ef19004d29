// What is compared of an answer: a flat list of features. Each is a text that two answers have alike or not, so that one test
// serves all of them (compare.ts). Answers themselves are not kept.
import { below, heldIn, kindOf, type Path } from './path.ts'

/** What a version answered to an event. */
export type Answer =
  | { readonly kind: 'answer'; readonly value: unknown; readonly ms: number }
  /** It threw, or ended in another way without an answer. */
  | { readonly kind: 'error'; readonly type: string; readonly message: string; readonly ms: number }

/** By kind and path, as `value /body/total`. A kind is one word. */
type Features = {
  readonly texts: ReadonlyMap<string, string>
  /** Sums of the numbers at a path, for those that are never the same twice. */
  readonly numbers: ReadonlyMap<string, number>
  /** Paths that are there. */
  readonly there: ReadonlySet<string>
}

type Found = { readonly kinds: Set<string>; readonly values: string[]; readonly lengths: number[]; numbers: number[] }

/** More is not looked at: an answer with a field for each customer would have as many. */
const pathsMax = 500

/** IAM's own words, whoever passes them on. */
const refusal = /not authorized to perform: ([a-z0-9-]+:[A-Za-z]+)/

export function featuresOf(answer: Answer, ignored: readonly Path[]): Features {
  const texts = new Map<string, string>([['outcome', answer.kind === 'answer' ? 'an answer' : answer.type]])
  texts.set('refused', refusedIn(answer))
  if (answer.kind === 'error') return { texts, numbers: new Map(), there: new Set() }
  const { status, headers, content } = partsOf(answer.value)
  if (status !== undefined) texts.set('status', String(status))
  const [numbers, there, found] = [new Map<string, number>(), new Set<string>(), new Map<string, Found>()]
  for (const [name, value] of headers) {
    if (below(below(ignored, 'headers'), name).some(({ length }) => length === 0)) continue
    texts.set(`header ${name}`, value)
    there.add(`header ${name}`)
  }
  for (const [at, value] of Object.entries(content)) walk(value, `/${at}`, below(ignored, at), found)
  for (const [path, { kinds, values, lengths, numbers: seen }] of found) {
    there.add(path)
    texts.set(`type ${path}`, [...kinds].sort().join(' or '))
    if (values.length > 0) texts.set(`value ${path}`, values.sort().join('\n'))
    if (lengths.length > 0) texts.set(`length ${path}`, lengths.sort((a, b) => a - b).join())
    if (seen.length > 0)
      numbers.set(
        path,
        seen.reduce((sum, one) => sum + one, 0),
      )
  }
  orders(content, texts, ignored)
  return { texts, numbers, there }
}

/** The action that IAM refused, as far as the answer says so. */
export function refusedIn(answer: Answer): string {
  const text = answer.kind === 'error' ? answer.message : JSON.stringify(answer.value)
  return refusal.exec(text)?.[1] ?? ''
}

type Parts = {
  readonly status?: number
  readonly headers: readonly (readonly [string, string])[]
  readonly content: Readonly<Record<string, unknown>>
}

/** An answer of an HTTP function has a status, headers and a body. All else is content as it is. */
function partsOf(value: unknown): Parts {
  if (typeof value !== 'object' || value === null || !('statusCode' in value) || typeof value.statusCode !== 'number')
    return { headers: [], content: { answer: value } }
  const {
    statusCode: status,
    headers,
    multiValueHeaders,
    body,
    cookies,
  } = value as {
    readonly [name: string]: unknown
    readonly statusCode: number
  }
  const named = [headers, multiValueHeaders].flatMap((one) =>
    typeof one === 'object' && one !== null ? Object.entries(one) : [],
  )
  return {
    status,
    headers: named.map(([name, one]) => [name.toLowerCase(), JSON.stringify(one)] as const),
    content: { body, ...(cookies === undefined ? {} : { cookies }) },
  }
}

/** Items of a list have one path, `/items/*`: in which order they stand is a feature of its own. */
function walk(value: unknown, path: string, ignored: readonly Path[], found: Map<string, Found>): void {
  if (ignored.some(({ length }) => length === 0) || value === undefined) return
  const at = found.get(path) ?? { kinds: new Set(), values: [], lengths: [], numbers: [] }
  if (!found.has(path) && found.size >= pathsMax) return
  found.set(path, at)
  const held = typeof value === 'string' ? heldIn(value) : undefined
  const one = held ?? value
  at.kinds.add(kindOf(one))
  if (Array.isArray(one)) {
    at.lengths.push(one.length)
    one.forEach((item, index) => walk(item, `${path}/*`, below(ignored, String(index)), found))
  } else if (typeof one === 'object' && one !== null)
    for (const [name, field] of Object.entries(one)) walk(field, `${path}/${name}`, below(ignored, name), found)
  else {
    at.values.push(JSON.stringify(one))
    if (typeof one === 'number') at.numbers.push(one)
  }
}

/** Lists whose items are there as before may still have another order. Lists with ignored parts are left out. */
function orders(content: unknown, texts: Map<string, string>, ignored: readonly Path[]): void {
  const go = (value: unknown, path: string, paths: readonly Path[]): void => {
    const one = typeof value === 'string' ? heldIn(value) : value
    if (typeof one !== 'object' || one === null) return
    if (Array.isArray(one) && one.length > 1 && paths.length === 0) {
      texts.set(`order ${path}`, JSON.stringify(one))
      return
    }
    for (const [name, field] of Object.entries(one)) go(field, `${path}/${name}`, below(paths, name))
  }
  go(content, '', ignored)
}
