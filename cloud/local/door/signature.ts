// Verifies Signature Version 4 with the library that the SDK signs with: the received request is signed again with the secret of
// its access key. Dates are not compared with a clock, because the cloud's time is not the caller's.
import { createHash, timingSafeEqual } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import type { LocalRequest } from '../protocol/service.ts'
import { areChunksSigned } from './chunks.ts'
import { sha256 } from '../../sha256.ts'

/** What a request says about its signature. */
type Claim = {
  readonly accessKeyId: string
  readonly day: string
  readonly region: string
  readonly service: string
  /** The second at which it was signed, as in 20260101T120000Z. */
  readonly time: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  readonly isPresigned: boolean
}

/** @returns `missing` if the request has no signature, `incomplete` if what it has cannot be one */
export function claimOf(request: Pick<LocalRequest, 'headers' | 'query'>): Claim | 'missing' | 'incomplete' {
  const { headers, query } = request
  const header = headers['authorization']
  // A header counts, however it looks: dispatch.ts too reads the caller from it first.
  if (header === undefined && !query.has('X-Amz-Signature')) return 'missing'
  const isPresigned = header === undefined
  const {
    credential = '',
    signed = '',
    signature = '',
    time = '',
  } = isPresigned ? fromQuery(query) : fromHeader(headers)
  const [accessKeyId = '', day = '', region = '', service = '', ...end] = credential.split('/')
  const isWhole = end.join('/') === 'aws4_request' && signed !== '' && /^[0-9a-f]{64}$/.test(signature)
  if (!isWhole || !/^\d{8}T\d{6}Z$/.test(time)) return 'incomplete'
  return { accessKeyId, day, region, service, time, signature, isPresigned, signedHeaders: signed.split(';') }
}

type Parts = Partial<Readonly<Record<'credential' | 'signed' | 'signature' | 'time', string | undefined>>>

function fromHeader(headers: LocalRequest['headers']): Parts {
  const pattern = /^AWS4-HMAC-SHA256 +Credential=([^,\s]+), *SignedHeaders=([^,\s]+), *Signature=([^,\s]+)$/
  const [, credential, signed, signature] = pattern.exec(headers['authorization'] ?? '') ?? []
  return { credential, signed, signature, time: headers['x-amz-date'] }
}

function fromQuery(query: URLSearchParams): Parts {
  const of = (name: string): string | undefined => query.get(`X-Amz-${name}`) ?? undefined
  if (of('Algorithm') !== 'AWS4-HMAC-SHA256') return {}
  return { credential: of('Credential'), signed: of('SignedHeaders'), signature: of('Signature'), time: of('Date') }
}

/** What is wrong with a signed request; `undefined` if it is the request that the owner of the secret has signed. */
export async function faultOf(
  request: LocalRequest,
  claim: Claim,
  secret: string,
): Promise<'signature' | 'payload' | 'headers' | undefined> {
  const { headers } = request
  // Services act on these headers. AWS too wants them signed.
  const needed = Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-amz-'))
  if (!['host', ...needed].every((name) => claim.signedHeaders.includes(name))) return 'headers'
  if (!claim.signedHeaders.every((name) => headers[name] !== undefined)) return 'headers'
  // All but S3 sign a path without these parts, and whoever answers reads the path as it was sent.
  if (claim.service !== 's3' && /\/\/|\/\.{1,2}(\/|$)/.test(request.path)) return 'signature'
  const payloadHash = payloadHashOf(request, claim)
  if (payloadHash === undefined) return 'payload'
  const signer = signerOf(claim, secret)
  if (!isEqual(await signatureOf(request, claim, payloadHash, signer), claim.signature)) return 'signature'
  if (!payloadHash.startsWith('STREAMING-AWS4-HMAC-SHA256-PAYLOAD')) return undefined
  const sign = (text: string) => signer.sign(text, { signingDate: dateOf(claim) })
  return (await areChunksSigned(request.body, claim, payloadHash.endsWith('-TRAILER'), sign)) ? undefined : 'payload'
}

/** S3 alone takes payloads that are not signed, or that are signed chunk by chunk. */
const ofS3 = new Set([
  'UNSIGNED-PAYLOAD',
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
])

/** The payload's hash as it is signed; `undefined` if the one that the request names does not fit its body. */
function payloadHashOf({ headers, query, body }: LocalRequest, claim: Claim): string | undefined {
  const usual = claim.isPresigned && claim.service === 's3' ? 'UNSIGNED-PAYLOAD' : undefined
  const named = headers['x-amz-content-sha256'] ?? query.get('X-Amz-Content-Sha256') ?? usual
  if (named !== undefined && claim.service === 's3' && ofS3.has(named)) return named
  const actual = createHash('sha256').update(body).digest('hex')
  return named === undefined || isEqual(named, actual) ? actual : undefined
}

async function signatureOf(
  { method, path, query, headers }: LocalRequest,
  claim: Claim,
  payloadHash: string,
  signer: SignatureV4,
): Promise<string> {
  const names = claim.signedHeaders
  const signed = Object.fromEntries(
    names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  )
  const parameters = [...new Set(query.keys())].map((name) => [name, query.getAll(name)])
  // The library takes the payload's hash from this header. It adds it and the date to what it signs, unless it is told not to.
  const added = { 'x-amz-content-sha256': payloadHash }
  const again = await signer.sign(
    {
      ...{ method, path, protocol: 'http:', hostname: '' },
      query: Object.fromEntries(parameters) as Record<string, string[]>,
      headers: { ...signed, ...added },
    },
    {
      signingDate: dateOf(claim),
      signableHeaders: new Set(names),
      unsignableHeaders: new Set(['x-amz-date', ...Object.keys(added)].filter((name) => !names.includes(name))),
    },
  )
  const parts = fromHeader(again.headers)
  const isSameScope =
    parts.credential === [claim.accessKeyId, claim.day, claim.region, claim.service, 'aws4_request'].join('/')
  return isSameScope && parts.signed === names.join(';') ? (parts.signature ?? '') : ''
}

function signerOf({ accessKeyId, region, service }: Claim, secretAccessKey: string): SignatureV4 {
  return new SignatureV4({
    ...{ credentials: { accessKeyId, secretAccessKey }, region, service, sha256 },
    // S3 signs the path as it is sent; the others encode it once more.
    uriEscapePath: service !== 's3',
    applyChecksum: false,
  })
}

function dateOf({ time }: Claim): Date {
  const iso = time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
  const date = new Date(iso)
  // The library cannot write a date that does not exist; no signature fits this one.
  return Number.isNaN(date.getTime()) ? new Date(0) : date
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
