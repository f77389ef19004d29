// Lets in only requests that are signed by an access key of this run. Most of what is wrong shows before the body is read.
import type { LocalRequest, LocalResponse } from '../protocol/service.ts'
import type { LocalKeys } from './keys.ts'
import { refusalOf } from './refusal.ts'
import { claimOf, faultOf } from './signature.ts'

type Head = Omit<LocalRequest, 'body'>

/**
 * @param serviceOf the service that a request is for, as far as its headers tell
 * @returns the refusal, or the whole request
 */
export async function verified(
  head: Head,
  readBody: () => Promise<Uint8Array>,
  keys: LocalKeys,
  serviceOf: (request: LocalRequest) => string | undefined,
): Promise<{ readonly refusal: LocalResponse } | { readonly request: LocalRequest }> {
  const bare = { ...head, body: new Uint8Array() }
  const claim = claimOf(head)
  const service = typeof claim === 'string' ? serviceOf(bare) : claim.service
  if (typeof claim === 'string') return { refusal: refusalOf(claim, service, bare) }
  if (!keys.has(claim.accessKeyId)) return { refusal: refusalOf('key', service, bare) }
  const request = { ...head, body: await readBody() }
  const fault = await faultOf(request, claim, keys.secretOf(claim.accessKeyId))
  return fault === undefined ? { request } : { refusal: refusalOf(fault, service, request) }
}
