// Serves the embedded cloud on a loopback port, for the AWS CLI and for SDKs in other processes. It belongs to whoever has
// started it: everything on this machine can reach the port, web pages too, and functions are processes here.
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type LocalHandler, serviceOf } from './dispatch.ts'
import type { LocalKeys } from './door/keys.ts'
import { verified } from './door/verify.ts'
import { refusalOfVisitor } from './door/visitor.ts'
import type { LocalResponse } from './protocol/service.ts'

/** Where the cloud is, and the secrets to sign with. */
export type Endpoint = { readonly url: string } & Pick<LocalKeys, 'secretOf'>
type LocalSocket = Endpoint & { readonly close: () => Promise<void> }

/**
 * @param keys who may call
 * @param port 0 for any free port
 */
export async function localSocket(handler: LocalHandler, keys: LocalKeys, port = 0): Promise<LocalSocket> {
  // No timeouts: on a slow machine, an idle connection does not mean that anything is wrong.
  const patient = { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 }
  const server = createServer(patient, (request, response) => void answer({ handler, keys }, request, response))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${address.port}`,
    secretOf: keys.secretOf,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

type Behind = { readonly handler: LocalHandler; readonly keys: LocalKeys }

async function answer({ handler, keys }: Behind, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const refusal = refusalOfVisitor(request, request.socket.localPort ?? 0)
    if (refusal !== undefined) {
      refuse(refusal, request, response)
      return
    }
    const [path = '/', query = ''] = (request.url ?? '/').split(/\?(.*)/s)
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(',') : (value ?? ''),
      ]),
    )
    const head = { method: request.method ?? 'GET', path, query: new URLSearchParams(query), headers }
    const admitted = await verified(head, () => bodyOf(request), keys, serviceOf)
    if ('refusal' in admitted) refuse(admitted.refusal, request, response)
    else send(await handler(admitted.request), request, response)
  } catch {
    // If the handler throws, break the connection: the client sees what it would see on a network.
    request.socket.destroy()
  }
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Ends the connection too: what else comes on it is not worth reading. */
function refuse(refusal: LocalResponse, request: IncomingMessage, response: ServerResponse): void {
  send({ ...refusal, headers: { ...refusal.headers, connection: 'close' } }, request, response)
}

function send({ status, headers, body }: LocalResponse, request: IncomingMessage, response: ServerResponse): void {
  // The cloud has dated it, by its own clock.
  response.sendDate = false
  const bytes = Buffer.from(body)
  const length = request.method === 'HEAD' ? {} : { 'content-length': String(bytes.length) }
  response.writeHead(status, { ...length, ...headers })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}
