// Calls the controller's API: signs the request as the caller (Signature Version 4), and turns the answer into what the function
// returned, or into the Problem that it threw.
import type { LambdaClient } from '@aws-sdk/client-lambda'
import { SignatureV4 } from '@smithy/signature-v4'
import { Problem, type ProblemCode, problems } from '../../core/problem.ts'
import { sha256 } from '../../cloud/sha256.ts'
import { routePath } from '../../functions/routes.ts'
import type { Backend } from './backend.ts'

/** What the SDK has found out for any of its clients: credentials, region and how to send a request. */
type Sender = Pick<LambdaClient['config'], 'credentials' | 'region' | 'requestHandler'>

/** @param api the API's address; `undefined` when nobody has said it */
export function orderAt(api: string | undefined, sender: Sender): Backend['order'] {
  return async (route, service, body = {}) => {
    const url = addressOf(api)
    const path = routePath(route).replace('{service}', encodeURIComponent(service ?? ''))
    const { status, text } = await sent(sender, {
      url,
      path: `${url.pathname.replace(/\/$/, '')}${path}`,
      body: JSON.stringify(body),
    })
    const answer = fromJson(text)
    if (status === 200) return answer
    throw problemOf(status, answer, `POST ${path}`)
  }
}

/** @throws Problem `api_unknown` */
function addressOf(api: string | undefined): URL {
  if (api === undefined || api === '') throw new Problem('api_unknown', 'TIDEGATE_API is not set.')
  const url = URL.canParse(api) ? new URL(api) : undefined
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url
  throw new Problem('api_unknown', `TIDEGATE_API is not the address of an API: "${api.slice(0, 200)}".`)
}

async function sent(
  { credentials, region, requestHandler }: Sender,
  { url, path, body }: { readonly url: URL; readonly path: string; readonly body: string },
): Promise<{ readonly status: number; readonly text: string }> {
  const request = {
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    path,
    headers: { host: url.host, 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) },
    body,
  }
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256 })
  try {
    // The SDK's handlers take the fields of a request, whatever its class.
    const signed: unknown = await signer.sign(request)
    const { response } = (await requestHandler.handle(signed)) as { response: { statusCode: number; body?: unknown } }
    return { status: response.statusCode, text: await textOf(response.body) }
  } catch (cause) {
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
  const { code, title, message } = (answer ?? {}) as { code?: unknown; title?: unknown; message?: unknown }
  if (typeof code === 'string' && Object.hasOwn(problems, code) && typeof title === 'string')
    return new Problem(code as ProblemCode, title)
  const said = typeof message === 'string' ? `: ${message.replace(/\.$/, '')}` : ''
  if (status === 403) return new Problem('route_refused', `${what} is not allowed${said}.`)
  if (status === 404) return new Problem('api_unknown', `The API at TIDEGATE_API has no ${what}${said}.`)
  if (status === 413) return new Problem('call_invalid', `${what} is more than the API takes${said}.`)
  if (status >= 500) return new Problem('aws_unavailable', `${what} was answered with ${status}${said}.`)
  return new Error(`${what} was answered with ${status}${said}`)
}
