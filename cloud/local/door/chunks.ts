// S3's uploads in signed chunks (STREAMING-AWS4-HMAC-SHA256-PAYLOAD): each chunk is signed together with the signature before it,
// the first one with the request's. A trailer with checksums may follow, which is signed in the same way.
import { createHash } from 'node:crypto'

type Scope = {
  readonly day: string
  readonly region: string
  readonly service: string
  readonly time: string
  /** The request's signature. */
  readonly signature: string
}

const hashOf = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex')

/** @param sign with the key that the request was signed with */
export async function areChunksSigned(
  bytes: Uint8Array,
  { day, region, service, time, signature }: Scope,
  hasTrailer: boolean,
  sign: (text: string) => Promise<string>,
): Promise<boolean> {
  const body = Buffer.from(bytes)
  const scope = `${day}/${region}/${service}/aws4_request`
  const signed = (kind: string, before: string, ...hashes: string[]) =>
    sign([`AWS4-HMAC-SHA256-${kind}`, time, scope, before, ...hashes].join('\n'))
  let before = signature
  for (let at = 0; ;) {
    const lineEnd = body.indexOf('\r\n', at)
    const line = lineEnd < 0 ? '' : body.subarray(at, lineEnd).toString('latin1')
    const [, size, own] = /^([0-9a-f]{1,8});chunk-signature=([0-9a-f]{64})$/i.exec(line) ?? []
    if (size === undefined || own === undefined) return false
    const from = lineEnd + 2
    const to = from + Number.parseInt(size, 16)
    if (own !== (await signed('PAYLOAD', before, hashOf(''), hashOf(body.subarray(from, to))))) return false
    before = own
    // The last chunk is empty. S3 wants nothing after it but the trailer, or an empty line.
    if (to === from) return isTrailerSigned(body.subarray(to).toString('latin1'))
    if (body.subarray(to, to + 2).toString('latin1') !== '\r\n') return false
    at = to + 2
  }

  async function isTrailerSigned(rest: string): Promise<boolean> {
    if (!hasTrailer) return rest === '\r\n' || rest === ''
    const [, lines = '', own] = /^(.*?)\r?\n?x-amz-trailer-signature:([0-9a-f]{64})\s*$/s.exec(rest) ?? []
    const trailer = lines.split(/\r?\n/).filter((line) => line !== '')
    return own === (await signed('TRAILER', before, hashOf(trailer.map((line) => `${line}\n`).join(''))))
  }
}
