// Serves the embedded cloud on a loopback port, for the AWS CLI and for SDKs in other processes.
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { LocalHandler } from './dispatch.ts'

type LocalSocket = { readonly url: string; close(): Promise<void> }

/** @param port 0 for any free port */
export async function localSocket(handler: LocalHandler, port = 0): Promise<LocalSocket> {
  // No timeouts: on a slow machine, an idle connection does not mean that anything is wrong.
  const patient = { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 }
  const server = createServer(patient, (request, response) => void answer(handler, request, response))
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
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(handler: LocalHandler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const [path = '/', query = ''] = (request.url ?? '/').split(/\?(.*)/s)
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(',') : (value ?? ''),
      ]),
    )
    const body = Buffer.concat(chunks)
    const answered = await handler({
      method: request.method ?? 'GET',
      path,
      query: new URLSearchParams(query),
      headers,
      body,
    })
    const bytes = Buffer.from(answered.body)
    const length = request.method === 'HEAD' ? {} : { 'content-length': String(bytes.length) }
    response.writeHead(answered.status, { ...length, ...answered.headers })
    response.end(request.method === 'HEAD' ? undefined : bytes)
  } catch {
    // If the handler throws, break the connection: the client sees what it would see on a network.
    request.socket.destroy()
  }
}
