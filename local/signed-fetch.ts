// Sends single requests to an embedded cloud on a socket, signed as an SDK signs them: plain PUTs to S3, and what no client of
// the SDK calls.
import { createHash } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import { sha256 } from '../cloud/sha256.ts'
import type { Endpoint } from '../cloud/local/socket.ts'

type Sent = {
  readonly method: string
  /** With the query, encoded as it is to be sent. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** @param service the one to sign for, such as `s3` or `execute-api` */
export function signedFetch(endpoint: Endpoint, accessKeyId: string, service: string) {
  const signer = new SignatureV4({
    ...{ service, region: 'us-east-1', sha256, uriEscapePath: service !== 's3' },
    credentials: { accessKeyId, secretAccessKey: endpoint.secretOf(accessKeyId) },
  })
  return async ({ method, path, headers = {}, body = '' }: Sent): Promise<Response> => {
    const url = new URL(path, endpoint.url)
    const payload = { 'x-amz-content-sha256': createHash('sha256').update(body).digest('hex') }
    const signed = await signer.sign({
      ...{ method, protocol: url.protocol, hostname: url.hostname, path: url.pathname },
      query: queryOf(url.searchParams),
      headers: { ...headers, host: url.host, ...payload },
      body,
    })
    const hasBody = method !== 'GET' && method !== 'HEAD'
    return fetch(url, { method, headers: signed.headers, ...(hasBody ? { body } : {}) })
  }
}

const queryOf = (query: URLSearchParams): Record<string, string[]> =>
  Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name)]))
