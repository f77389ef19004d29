// A receiver of telemetry in this process: what it got, and what it answers.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Got = {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly body: Buffer
}
type Reply = { readonly status: number; readonly body?: string; readonly location?: string }

export async function openReceiver(answer: (got: Got) => Reply) {
  const got: Got[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (data: Buffer) => void chunks.push(data))
    request.on('end', () => {
      const { method = '', url: path = '' } = request
      const one = { method, path, authorization: request.headers.authorization, body: Buffer.concat(chunks) }
      got.push(one)
      const { status, body = '', location } = answer(one)
      response.writeHead(status, { connection: 'close', ...(location === undefined ? {} : { location }) }).end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    got,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  }
}
