// What the console's server answers, and the headers that every answer has: nothing is kept, nothing is framed, and nothing runs
// but the stylesheet and the script of the frame, which are known by their hashes.
import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { framed } from '../../console/frame.ts'
import { nothing } from '../../console/html.ts'

export type Answer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** The frames that a page can have: each has its own stylesheet. */
const frames = [false, true].map((isDocument) =>
  framed({ path: '/', where: '', who: undefined, nowMs: 0, formToken: '', isDocument }, '', nothing),
)

/** The hashes of what stands between such tags in a page without content: nothing of a page's content is ever among them. */
const hashesOf = (tag: 'style' | 'script'): string => {
  const texts = frames.flatMap((empty) =>
    [...empty.matchAll(new RegExp(`<${tag}>([^]*?)</${tag}>`, 'g'))].map(([, text = '']) => text),
  )
  return [...new Set(texts)].map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`).join(' ')
}

const policy = [
  "default-src 'none'",
  `style-src ${hashesOf('style')}`,
  `script-src ${hashesOf('script')}`,
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

export const everyAnswer: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': policy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // With no-referrer a browser sends no Origin that could be compared.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

export const page = (status: number, body: string): Answer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body,
})

export const plain = (status: number, text: string): Answer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', connection: 'close' },
  body: `${text}\n`,
})

/** The browser asks for a page of this server next. @param path as `pathOf` gives it */
export const seeOther = (path: string, headers: Answer['headers'] = {}): Answer => ({
  status: 303,
  headers: { ...headers, location: path },
})

export function send(
  response: ServerResponse,
  method: string | undefined,
  { status, headers, body = '' }: Answer,
): void {
  const bytes = Buffer.from(body)
  response.writeHead(status, { ...everyAnswer, 'content-length': bytes.length, ...headers })
  response.end(method === 'HEAD' ? undefined : bytes)
}
