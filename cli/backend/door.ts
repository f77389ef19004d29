// Calls the controller's API: signs the request as the caller (Signature Version 4), and turns the answer into what the function
// returned, or into the Problem that it threw.
import { SignatureV4 } from '@smithy/signature-v4'
import { withoutStop } from '../../core/foreign-text.ts'
import { Problem, type ProblemCode, problems } from '../../core/problem.ts'
import { sha256 } from '../../cloud/sha256.ts'
import { routePath } from '../../functions/routes.ts'
import type { Backend } from './backend.ts'
import { apiAnswersWithinMs } from './network-limits.ts'

/** What the SDK has found out for any of its clients: credentials, region and how to send a request. */
type Sender = Pick<ConstructorParameters<typeof SignatureV4>[0], 'credentials' | 'region'> & {
  // The SDK's handlers take the fields of a request, whatever its class.
  readonly requestHandler: { handle(request: never, options: { readonly requestTimeout: number }): Promise<unknown> }
}

/**
 * @param api the API's address; `undefined` when nobody has said it
 * @param usual key of every order that has none of its own, so that one that is sent again is done once
 */
export function orderAt(api: string | undefined, sender: Sender, usual?: string): Backend['order'] {
  return async (route, service, body = {}, key = usual) => {
    const path = routePath(route).replace('{service}', encodeURIComponent(service ?? ''))
    const keyed = key === undefined || key === '' ? {} : { 'idempotency-key': sendable(key) }
    const headers = { 'content-type': 'application/json', ...keyed }
    const { status, text } = await sent(sender, api, { method: 'POST', path, headers, body: JSON.stringify(body) })
    const answer = fromJson(text)
    if (status === 200) return answer
    throw problemOf(status, answer, `POST ${path}`)
  }
}

/** @throws Problem `call_invalid`: what no header can carry never reaches the API, which would say the same of it */
function sendable(key: string): string {
  if (!/^[\x20-\x7e]*$/.test(key))
    throw new Problem(
      'call_invalid',
      'The Idempotency-Key has to be 1 to 255 printable ASCII characters, without spaces.',
    )
  return key
}

/**
 * Reads by the API.
 * @returns a function that takes a path with its query, such as `/services?limit=5`, and returns what the API answers
 */
export function readAt(api: string | undefined, sender: Sender): (path: string) => Promise<unknown> {
  return async (path) => {
    const { status, text } = await sent(sender, api, { method: 'GET', path, headers: {} })
    const answer = fromJson(text)
    if (status === 200) return answer
    throw problemOf(status, answer, `GET ${path.replace(/\?.*/s, '')}`)
  }
}

/** @throws Problem `api_unknown` */
function addressOf(api: string | undefined): URL {
  if (api === undefined || api === '') throw new Problem('api_unknown', 'TIDEGATE_API is not set.')
  const url = URL.canParse(api) ? new URL(api) : undefined
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url
  throw new Problem('api_unknown', `TIDEGATE_API is not the address of an API: "${api.slice(0, 200)}".`)
}

type Request = {
  readonly method: 'GET' | 'POST'
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

async function sent(
  { credentials, region, requestHandler }: Sender,
  api: string | undefined,
  { method, path, headers, body }: Request,
): Promise<{ readonly status: number; readonly text: string }> {
  const url = addressOf(api)
  const [bare = '', query = ''] = path.split(/\?(.*)/s)
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const request = {
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    path: `${url.pathname.replace(/\/$/, '')}${bare}`,
    query: Object.fromEntries(new URLSearchParams(query)),
    headers: { host: url.host, ...headers, ...length },
    ...(body === undefined ? {} : { body }),
  }
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256 })
  try {
    const signed = (await signer.sign(request)) as never
    const answered = await requestHandler.handle(signed, { requestTimeout: apiAnswersWithinMs })
    const { response } = answered as { response: { statusCode: number; body?: unknown } }
    return { status: response.statusCode, text: await textOf(response.body) }
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'TimeoutError')
      throw new Problem('aws_unavailable', `The API at ${url.host} did not answer in time.`, { cause })
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Problem('aws_unavailable', `The API at ${url.host} was not reached: ${why}`, { cause })
  }
}

async function textOf(body: unknown): Promise<string> {
  if (body === undefined || body === null) return ''
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return Buffer.from(body).toString('utf8')
  const chunks: Uint8Array[] = []
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/** API Gateway's own refusals have a message and no code. */
function problemOf(status: number, answer: unknown, what: string): Error {
  const { code, title, detail = title, message } = (answer ?? {}) as Readonly<Record<string, unknown>>
  if (typeof code === 'string' && Object.hasOwn(problems, code) && typeof detail === 'string')
    return new Problem(code as ProblemCode, detail)
  const said = typeof message === 'string' ? `: ${withoutStop(message)}` : ''
  if (status === 403) return new Problem('route_refused', `${what} is not allowed${said}.`)
  if (status === 404) return new Problem('api_unknown', `The API at TIDEGATE_API has no ${what}${said}.`)
  if (status === 413) return new Problem('call_invalid', `${what} is more than the API takes${said}.`)
  if (status >= 500) return new Problem('aws_unavailable', `${what} was answered with ${status}${said}.`)
  return new Error(`${what} was answered with ${status}${said}`)
}
