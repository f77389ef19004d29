// S3's answers, which are XML, including errors.
import { escaped } from '../protocol/query-protocol.ts'
import type { LocalResponse } from '../protocol/service.ts'

export const s3Namespace = 'http://s3.amazonaws.com/doc/2006-03-01/'
const headers = { 'content-type': 'application/xml' }
const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'

/** @param body XML */
export const s3Answer = (body: string): LocalResponse => ({ status: 200, headers, body: `${declaration}${body}` })

export function s3Error(status: number, code: string, message: string): LocalResponse {
  const body = `${declaration}<Error><Code>${code}</Code><Message>${escaped(message)}</Message><RequestId>local</RequestId></Error>`
  return { status, headers, body }
}

/** XML elements with these names, in this order; undefined values are omitted. */
export function elements(fields: Readonly<Record<string, string | number | boolean | undefined>>): string {
  return Object.entries(fields)
    .map(([name, value]) => (value === undefined ? '' : `<${name}>${escaped(String(value))}</${name}>`))
    .join('')
}
