// What an HTTP API answers: what the function returned, in payload format 2.0, or a message of its own. Cookies are left out.
import type { Invocation, LocalResponse } from '../protocol/service.ts'

export const message = (status: number, text: string): LocalResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ message: text }),
})

export const broken = message(500, 'Internal Server Error')

export function answerOf({ payload, functionError }: Invocation): LocalResponse {
  if (functionError !== undefined) return broken
  const text = new TextDecoder().decode(payload)
  const returned: unknown = JSON.parse(text)
  const inferred = { status: 200, headers: { 'content-type': 'application/json' }, body: text }
  if (typeof returned !== 'object' || returned === null || !('statusCode' in returned)) return inferred
  const { statusCode, headers = {}, body = '', isBase64Encoded = false } = returned as Readonly<Record<string, unknown>>
  if (typeof body !== 'string' || typeof headers !== 'object' || headers === null) return broken
  // A status below 200 is never the last answer, and Node would refuse to send others.
  const status = Number(statusCode)
  if (!Number.isInteger(status) || status < 200 || status > 599) return broken
  const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])
  return {
    status,
    headers: { 'content-type': 'text/plain;charset=UTF-8', ...(Object.fromEntries(named) as Record<string, string>) },
    body: isBase64Encoded === true ? Buffer.from(body, 'base64') : body,
  }
}
