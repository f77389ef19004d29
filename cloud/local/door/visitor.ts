// Refuses what a web page can send to this machine. A browser adds Origin and Sec-Fetch-Site, which no page can leave out.
// Without asking first, it sends bodies of three types only. A page whose name has been bent to 127.0.0.1 (DNS rebinding) sends
// that name as Host. AWS's clients send none of these.
import type { IncomingMessage } from 'node:http'
import type { LocalResponse } from '../protocol/service.ts'

/** @returns the refusal of a request, which is read no further than its headers */
export function refusalOfVisitor({ method, headers, headersDistinct }: IncomingMessage, port: number) {
  const hosts = headersDistinct['host'] ?? []
  if (hosts.length !== 1 || ![`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`].includes(hosts[0] ?? ''))
    return refusal('host_refused', `The embedded cloud answers only at 127.0.0.1:${port} and localhost:${port}.`)
  if (headers.origin !== undefined)
    return refusal('origin_refused', 'The embedded cloud answers no web page: a request with an Origin is refused.')
  if ((headers['sec-fetch-site'] ?? 'none') !== 'none')
    return refusal('site_refused', 'The embedded cloud answers no request that a web page has made.')
  // A page must ask before a PUT, which nobody answers. `aws s3 cp notes.txt` puts text.
  if (method !== 'PUT' && /^\s*(text\/plain|multipart\/)/i.test(headers['content-type'] ?? ''))
    return refusal('body_refused', 'The embedded cloud takes no multipart or text/plain body: no AWS client sends one.')
  return undefined
}

function refusal(code: string, message: string): LocalResponse {
  return { status: 403, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ code, message }) }
}
