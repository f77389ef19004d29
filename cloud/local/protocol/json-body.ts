// The body of a JSON request as an object; an empty body is an empty object.
import { gunzipSync } from 'node:zlib'
import { AwsError } from './aws-error.ts'
import type { LocalRequest } from './service.ts'

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
