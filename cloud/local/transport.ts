// The embedded cloud in-process: a request handler for AWS SDK clients that needs no socket. It depends on the shape of the SDK's
// request and response, not on the SDK's packages.
import { Readable } from 'node:stream'
import type { LocalHandler } from './dispatch.ts'

type SdkRequest = {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly (string | null)[] | null | undefined>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

type SdkResponse = {
  readonly statusCode: number
  readonly headers: Record<string, string>
  readonly body: Readable | Uint8Array
}

/** Pass it to a client as its `requestHandler`. */
type LocalTransport = {
  handle(request: SdkRequest): Promise<{ response: SdkResponse }>
  updateHttpClientConfig(): void
  httpHandlerConfigs(): Record<string, never>
  destroy(): void
}

export function localTransport(handler: LocalHandler): LocalTransport {
  return {
    async handle(request) {
      const answer = await handler({
        method: request.method,
        path: request.path,
        query: queryOf(request.query ?? {}),
        headers: lowerCase(request.headers),
        body: await bytesOf(request.body),
      })
      const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body
      const response = {
        statusCode: answer.status,
        headers: { 'content-length': String(body.length), ...lowerCase(answer.headers) },
        // Only S3 streams its answers. Creating a stream for every answer is slow.
        body: isObject(request) ? Readable.from(body.length === 0 ? [] : [body], { objectMode: false }) : body,
      }
      return { response }
    },
    // HTTP connection options (timeouts, keep-alive) have no effect, because there is no connection.
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    destroy: () => undefined,
  }
}

const isObject = ({ headers }: SdkRequest): boolean => /\/s3\/aws4_request/.test(headers['authorization'] ?? '')

/** Most are in lower case already, and to look takes a fraction of copying them. */
function lowerCase(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  let isLower = true
  for (const name in headers) isLower &&= name === name.toLowerCase()
  if (isLower) return headers
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function queryOf(query: NonNullable<SdkRequest['query']>): URLSearchParams {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue
    for (const one of Array.isArray(value) ? (value as readonly (string | null)[]) : [value as string | null]) {
      params.append(name, one ?? '')
    }
  }
  return params
}

async function bytesOf(body: unknown): Promise<Uint8Array> {
  if (body === undefined || body === null) return new Uint8Array()
  if (typeof body === 'string') return Buffer.from(body)
  // Makes a plain view, because the SDK's own array type warns when it is converted to a string, which Buffer.from does.
  if (body instanceof Uint8Array) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  if (body instanceof Readable) {
    const chunks: Uint8Array[] = []
    for await (const chunk of body as AsyncIterable<Uint8Array | string>) chunks.push(Buffer.from(chunk))
    return Buffer.concat(chunks)
  }
  throw new TypeError('The in-process transport takes a body of text, bytes or a Readable.')
}
