// Who is let in to the console: a page that this server made, in the browser of whoever has read the address with its key. Others
// on the machine reach the port too, and so do pages of other origins. The embedded cloud's door (cloud/local/door/visitor.ts)
// refuses every page; this one refuses every page but its own.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type Answer, plain, seeOther } from './answer.ts'

const methods = ['GET', 'HEAD', 'POST']
const longestUrl = 2000

export type Visit = {
  readonly method: string
  /** Without the key. */
  readonly url: URL
  readonly cookies: ReadonlyMap<string, string>
}

/** Compares in constant time, whatever the lengths. */
export function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}

/** Browsers share the cookies of all ports of a host. */
export const cookieName = (what: 'key' | 'as', port: number): string => `tidegate-${what}-${port}`
export const cookie = (what: 'key' | 'as', port: number, value: string): string =>
  `${cookieName(what, port)}=${value}; Path=/; HttpOnly; SameSite=Strict`

/** @returns the refusal, or who is let in. The request is read no further than its headers. */
export function admitted(
  request: IncomingMessage,
  {
    port,
    takes,
    session,
  }: { readonly port: number; readonly takes: (key: string) => boolean; readonly session: string },
): Answer | Visit {
  const refusal = refusalOf(request, port)
  if (refusal !== undefined) return refusal
  const url = urlOf(request.url ?? '', port)
  if (url === undefined) return plain(400, 'The console cannot read this address.')
  const visit = { method: request.method ?? '', url, cookies: cookiesOf(request.headers.cookie ?? '') }
  const given = url.searchParams.get('key')
  if (given !== null && visit.method !== 'POST') {
    if (!takes(given)) return locked(port)
    url.searchParams.delete('key')
    return seeOther(`${url.pathname}${url.search}`, { 'set-cookie': cookie('key', port, session) })
  }
  if (!isSame(visit.cookies.get(cookieName('key', port)) ?? '', session)) return locked(port)
  return visit
}

const locked = (port: number): Answer =>
  plain(
    403,
    `key_missing: this console belongs to whoever started it. Open the address that it printed, which ends with ?key=… (127.0.0.1:${port}).`,
  )

function refusalOf(
  { method = '', url = '', headers, headersDistinct }: IncomingMessage,
  port: number,
): Answer | undefined {
  if (!methods.includes(method)) return plain(405, `method_refused: the console takes ${methods.join(', ')}.`)
  if (url.length > longestUrl) return plain(414, 'address_refused: the address is too long.')
  const hosts = headersDistinct['host'] ?? []
  const [host = ''] = hosts
  if (hosts.length !== 1 || ![`127.0.0.1:${port}`, `localhost:${port}`].includes(host))
    return plain(403, `host_refused: the console answers only at 127.0.0.1:${port} and localhost:${port}.`)
  // Another port of this machine is the same site, but not the same origin.
  if (!['none', 'same-origin'].includes(headers['sec-fetch-site'] ?? 'none'))
    return plain(403, 'site_refused: the console answers no request that a page of another site has made.')
  const { origin } = headers
  if (origin !== undefined && origin !== `http://${host}`)
    return plain(403, 'origin_refused: the console answers no page of another origin.')
  return undefined
}

/** `undefined` for what is no path of this server, such as `//evil.example/` or `http://evil.example/`. */
function urlOf(text: string, port: number): URL | undefined {
  if (!text.startsWith('/') || text.startsWith('//') || text.includes('\\')) return undefined
  const base = `http://127.0.0.1:${port}`
  const url = URL.canParse(text, base) ? new URL(text, base) : undefined
  return url?.origin === base ? url : undefined
}

/** A page of this server, with its query; `/` for anything else. */
export function pathOf(text: string, port: number): string {
  const url = urlOf(text, port)
  return url === undefined ? '/' : `${url.pathname}${url.search}`
}

/** The first of a name counts, as browsers send the one with the longest path first. */
function cookiesOf(header: string): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>()
  for (const part of header.split(';')) {
    const at = part.indexOf('=')
    const name = part.slice(0, at).trim()
    if (at > 0 && !cookies.has(name)) cookies.set(name, part.slice(at + 1).trim())
  }
  return cookies
}
