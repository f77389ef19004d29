// The body of a JSON request as an object; an empty body is an empty object.
import { gunzipSync } from 'node:zlib'
import { AwsError } from './aws-error.ts'
import type { LocalRequest } from './service.ts'

const parsed = new WeakMap<Uint8Array, unknown>()

/** Parsed once, though the service and its permissions look into it. @returns undefined if it is no JSON */
export function jsonOf({ body }: Pick<LocalRequest, 'body'>): unknown {
  if (parsed.has(body)) return parsed.get(body)
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'))
  } catch {
    value = undefined
  }
  parsed.set(body, value)
  return value
}

/** @throws AwsError SerializationException */
export function parseJson({
  headers,
  body,
}: Pick<LocalRequest, 'body' | 'headers'>): Readonly<Record<string, unknown>> {
  const text = new TextDecoder().decode(headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body)
  try {
    const value: unknown = text === '' ? {} : JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Readonly<Record<string, unknown>>
  } catch {
    // Handled below, like any other body that is not an object.
  }
  throw new AwsError('SerializationException', 'The request body is not a JSON object.')
}
