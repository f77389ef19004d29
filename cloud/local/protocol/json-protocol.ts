// The AWS JSON protocol, 1.0 and 1.1: X-Amz-Target names the operation, and every answer, including errors, is one JSON object.
// An operation that is not in the table is refused by name.
import { AwsError, notImplemented } from './aws-error.ts'
import { parseJson } from './json-body.ts'
import type { Caller, LocalRequest, LocalResponse } from './service.ts'

export type Input = Readonly<Record<string, unknown>>
type Operation = (input: Input, caller: Caller) => unknown

export type Operations = Readonly<Record<string, Operation>>

/** @param version of the protocol, from the service's model: 1.0 or 1.1 */
export async function answerJson(
  request: LocalRequest,
  caller: Caller,
  operations: Operations,
  version: '1.0' | '1.1',
): Promise<LocalResponse> {
  const headers = { 'content-type': `application/x-amz-json-${version}` }
  try {
    const target = request.headers['x-amz-target'] ?? '(no X-Amz-Target)'
    const name = target.split('.').at(-1) ?? ''
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
    if (operation === undefined) throw notImplemented(target)
    const answer = await operation(parseJson(request), caller)
    return { status: 200, headers, body: JSON.stringify(answer ?? {}) }
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    const body = JSON.stringify({ __type: error.code, message: error.message, ...error.extra })
    return { status: error.status, headers: { ...headers, 'x-amzn-errortype': error.code }, body }
  }
}
