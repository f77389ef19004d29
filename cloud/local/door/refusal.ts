// What AWS answers to a request without a valid signature, in the protocol of the service.
import { plainError } from '../protocol/plain-error.ts'
import { queryError } from '../protocol/query-protocol.ts'
import type { LocalRequest, LocalResponse } from '../protocol/service.ts'
import { s3Error } from '../s3/answer.ts'

type Fault = 'missing' | 'incomplete' | 'key' | 'signature' | 'payload' | 'headers'

type Words = { readonly json: string; readonly query: string; readonly s3: string; readonly message: string }

const wrong =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.'
const token = 'The security token included in the request is invalid.'
const words: Readonly<Record<Fault, Words>> = {
  missing: {
    ...{ json: 'MissingAuthenticationTokenException', query: 'MissingAuthenticationToken', s3: 'AccessDenied' },
    message: 'Request is missing Authentication Token',
  },
  incomplete: {
    ...{ json: 'IncompleteSignatureException', query: 'IncompleteSignature', s3: 'AuthorizationHeaderMalformed' },
    message: 'The request has no complete signature of version 4.',
  },
  key: {
    ...{ json: 'UnrecognizedClientException', query: 'InvalidClientTokenId', s3: 'InvalidAccessKeyId' },
    message: token,
  },
  signature: {
    ...{ json: 'InvalidSignatureException', query: 'SignatureDoesNotMatch', s3: 'SignatureDoesNotMatch' },
    message: wrong,
  },
  payload: {
    ...{ json: 'InvalidSignatureException', query: 'SignatureDoesNotMatch', s3: 'XAmzContentSHA256Mismatch' },
    message: 'The payload is not the one that was signed.',
  },
  headers: {
    ...{ json: 'InvalidSignatureException', query: 'SignatureDoesNotMatch', s3: 'AccessDenied' },
    message: 'There were headers present in the request which were not signed',
  },
}

/** @param service as the request names it, or what it looks like */
export function refusalOf(fault: Fault, service: string | undefined, request: LocalRequest): LocalResponse {
  const { json, query, s3, message } = words[fault]
  const { method, headers } = request
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  if (method === 'POST' && isForm && service !== 'execute-api')
    return queryError('', { code: query, message, status: fault === 'incomplete' ? 400 : 403 })
  if (service === 's3') return s3Error(fault === 'incomplete' || fault === 'payload' ? 400 : 403, s3, message)
  if (service === 'execute-api') {
    const body = JSON.stringify({ message })
    return { status: 403, headers: { 'content-type': 'application/json', 'x-amzn-errortype': json }, body }
  }
  return plainError(headers['x-amz-target'] === undefined ? 403 : 400, json, message)
}
