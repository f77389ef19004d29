// Checks a signature by AWS's description of version 4, written a second time, so that a mistake of the signer is seen.
import { createHash, createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export function signatureOf(request: IncomingMessage | undefined, secret: string): string {
  const [path = '', query = ''] = (request?.url ?? '').split('?')
  const authorization = request?.headers.authorization ?? ''
  const [, scope = ''] = /Credential=[^/]+\/([^,]+)/.exec(authorization) ?? []
  const [, names = ''] = /SignedHeaders=([^,]+)/.exec(authorization) ?? []
  const headers = names.split(';').map((name) => `${name}:${String(request?.headers[name])}\n`)
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
  const canonical = ['GET', path, query.split('&').sort().join('&'), headers.join(''), names, hash('')].join('\n')
  const text = ['AWS4-HMAC-SHA256', String(request?.headers['x-amz-date']), scope, hash(canonical)].join('\n')
  const key = scope
    .split('/')
    .reduce<string | Buffer>((made, part) => createHmac('sha256', made).update(part).digest(), `AWS4${secret}`)
  return createHmac('sha256', key).update(text).digest('hex')
}
