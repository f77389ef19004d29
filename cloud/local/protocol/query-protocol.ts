// AWS's query protocol: flat form parameters in, XML out. `Foo.member.1.Bar=x` is the field Bar of the first item of Foo.
import type { LocalResponse } from './service.ts'

type Tree = { [name: string]: Tree | string }

/** Values stay strings, because a form has no types. */
export function parseQuery(body: string): Record<string, unknown> {
  const root: Tree = Object.create(null) as Tree
  for (const [path, value] of new URLSearchParams(body)) {
    const names = path.split('.')
    const last = names.pop() ?? ''
    let at = root
    for (const name of names) {
      const below = at[name]
      at = typeof below === 'object' ? below : (at[name] = Object.create(null) as Tree)
    }
    at[last] = value
  }
  return shaped(root) as Record<string, unknown>
}

/** `{member: {1: a, 2: b}}` is the list of a and b, in numeric order. */
function shaped(tree: Tree | string): unknown {
  if (typeof tree === 'string') return tree
  const names = Object.keys(tree)
  const items = tree['member'] ?? tree['entry']
  if (
    names.length === 1 &&
    typeof items === 'object' &&
    Object.keys(items).every((name) => /^[1-9][0-9]*$/.test(name))
  ) {
    return Object.entries(items)
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([, item]) => shaped(item))
  }
  return Object.fromEntries(names.map((name) => [name, shaped(tree[name] ?? '')]))
}

export const escaped = (text: string): string =>
  text.replace(/[<>&"']/g, (letter) => `&#${letter.codePointAt(0) ?? 0};`)

function xml(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.map((item) => `<member>${xml(item)}</member>`).join('')
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Map)
    return [...value]
      .map(([key, one]) => `<entry>${xml({ key: key as unknown, value: one as unknown })}</entry>`)
      .join('')
  if (typeof value === 'string') return escaped(value)
  if (typeof value !== 'object') return JSON.stringify(value)
  return Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `<${name}>${xml(field)}</${name}>`)
    .join('')
}

const headers = { 'content-type': 'text/xml' }

export function queryResponse(action: string, namespace: string, result: Record<string, unknown>): LocalResponse {
  const metadata = '<ResponseMetadata><RequestId>local</RequestId></ResponseMetadata>'
  const body = `<${action}Response xmlns="${namespace}"><${action}Result>${xml(result)}</${action}Result>${metadata}</${action}Response>`
  return { status: 200, headers, body }
}

export function queryError(
  namespace: string,
  error: { readonly code: string; readonly message: string; readonly status: number },
): LocalResponse {
  const type = error.status < 500 ? 'Sender' : 'Receiver'
  const inner = `<Type>${type}</Type><Code>${escaped(error.code)}</Code><Message>${escaped(error.message)}</Message>`
  const body = `<ErrorResponse xmlns="${namespace}"><Error>${inner}</Error><RequestId>local</RequestId></ErrorResponse>`
  return { status: error.status, headers, body }
}
