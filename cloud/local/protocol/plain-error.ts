// An error in JSON, as the REST and JSON protocols answer it. Clients read the code from the header or from the body.
import type { LocalResponse } from './service.ts'

export function plainError(status: number, code: string, message: string): LocalResponse {
  const headers = { 'content-type': 'application/json', 'x-amzn-errortype': code }
  return { status, headers, body: JSON.stringify({ __type: code, message, Message: message }) }
}
