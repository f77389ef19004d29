// DynamoDB, by dynalite, in memory. Its request listener is called with the few members of a request and a response that
// it uses: no socket and no port, so stepped time stays exact and many clouds fit into one process.
import dynalite from 'dynalite'
import { Readable } from 'node:stream'
import type { LocalRequest, LocalResponse, LocalService } from './service.ts'

export function localDynamoDb(): LocalService & { close(): void } {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })

  function call(request: LocalRequest): Promise<LocalResponse> {
    return new Promise((resolve) => {
      const headers: Record<string, string> = {}
      const incoming = Object.assign(Readable.from(request.body.length === 0 ? [] : [Buffer.from(request.body)]), {
        method: request.method,
        url: request.query.size === 0 ? request.path : `${request.path}?${request.query.toString()}`,
        headers: request.headers,
      })
      const outgoing = {
        statusCode: 200,
        setHeader: (name: string, value: string | number) => void (headers[name.toLowerCase()] = String(value)),
        end: (body = '') => resolve({ status: outgoing.statusCode, headers, body }),
      }
      server.emit('request', incoming, outgoing)
    })
  }

  return {
    async handle(request) {
      const response = await call(request)
      if (operationOf(request) === 'CreateTable' && response.status === 200) await active(call, request, response)
      return response
    },
    close: () => server.close(),
  }
}

const operationOf = (request: LocalRequest): string | undefined => request.headers['x-amz-target']?.split('.')[1]

/** Dynalite makes a new table usable a moment later; here it is usable once CreateTable has been answered. */
async function active(
  call: (request: LocalRequest) => Promise<LocalResponse>,
  request: LocalRequest,
  created: LocalResponse,
): Promise<void> {
  const { TableDescription } = JSON.parse(String(created.body)) as { TableDescription: { TableName: string } }
  const describe: LocalRequest = {
    ...request,
    headers: { ...request.headers, 'x-amz-target': 'DynamoDB_20120810.DescribeTable' },
    body: Buffer.from(JSON.stringify({ TableName: TableDescription.TableName })),
  }
  for (;;) {
    const { body } = await call(describe)
    if (String(body).includes('"TableStatus":"ACTIVE"')) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}
