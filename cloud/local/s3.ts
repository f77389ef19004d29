// S3, as far as artifacts need it: versioned objects by path-style address, and the event that tells of a new one. Images
// are kept here too, because Lambda takes both from somewhere.
import { createHash } from 'node:crypto'
import type { LocalClock } from './clock.ts'
import { account, type Bus, type Caller, type LocalRequest, type LocalResponse, type LocalService } from './service.ts'

export type ObjectStore = {
  /** The newest version when none is named. */
  read(bucket: string, key: string, versionId?: string): Uint8Array | undefined
  /** What a container image runs here, if somebody said so. */
  readImage(uri: string): Uint8Array | undefined
}

type Stored = {
  readonly bytes: Uint8Array
  readonly versionId: string
  readonly etag: string
  readonly metadata: Readonly<Record<string, string>>
  readonly atMs: number
}
export type LocalObjects = LocalService & ObjectStore & { putImage(uri: string, code: Uint8Array): void }

export function localObjects(deps: {
  readonly clock: LocalClock
  readonly bus: Bus
  readonly ids: () => string
}): LocalObjects {
  const buckets = new Map<string, Map<string, Stored[]>>()
  const images = new Map<string, Uint8Array>()
  let sequence = 0

  const find = (bucket: string, key: string, versionId?: string): Stored | undefined => {
    const versions = buckets.get(bucket)?.get(key) ?? []
    return versionId === undefined ? versions.at(-1) : versions.find((one) => one.versionId === versionId)
  }

  function put(request: LocalRequest, caller: Caller, bucket: string, key: string): LocalResponse {
    const objects = buckets.get(bucket)
    if (objects === undefined) return failure(404, 'NoSuchBucket', 'The specified bucket does not exist')
    const bytes = bodyOf(request)
    const etag = createHash('md5').update(bytes).digest('hex')
    const metadata = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => name.startsWith('x-amz-meta-')),
    )
    const stored: Stored = {
      bytes,
      versionId: deps.ids().replaceAll('-', ''),
      etag,
      metadata,
      atMs: deps.clock.nowMs(),
    }
    objects.set(key, [...(objects.get(key) ?? []), stored])
    const object = {
      key,
      size: bytes.length,
      etag,
      'version-id': stored.versionId,
      sequencer: (++sequence).toString(16).padStart(16, '0'),
    }
    const detail = {
      version: '0',
      bucket: { name: bucket },
      object,
      'request-id': deps.ids(),
      requester: caller.accessKeyId === '' ? account : caller.accessKeyId,
      reason: 'PutObject',
    }
    deps.bus.emit({ source: 'aws.s3', detailType: 'Object Created', detail, resources: [`arn:aws:s3:::${bucket}`] })
    return { status: 200, headers: headersOf(stored), body: '' }
  }

  return {
    read: (bucket, key, versionId) => find(bucket, key, versionId)?.bytes,
    readImage: (uri) => images.get(uri),
    putImage: (uri, code) => void images.set(uri, code),
    handle: (request, caller) => Promise.resolve(answer(request, caller)),
  }

  function answer(request: LocalRequest, caller: Caller): LocalResponse {
    const [bucket = '', ...rest] = request.path.slice(1).split('/').map(decodeURIComponent)
    const key = rest.join('/')
    if (bucket !== '' && key === '' && request.method === 'PUT') {
      if (!buckets.has(bucket)) buckets.set(bucket, new Map())
      return { status: 200, headers: { location: `/${bucket}` }, body: '' }
    }
    if (bucket !== '' && key === '' && request.method === 'HEAD')
      return { status: buckets.has(bucket) ? 200 : 404, headers: {}, body: '' }
    if (key !== '' && request.method === 'PUT') return put(request, caller, bucket, key)
    if (key !== '' && (request.method === 'GET' || request.method === 'HEAD')) {
      const stored = find(bucket, key, request.query.get('versionId') ?? undefined)
      if (stored === undefined) return failure(404, 'NoSuchKey', 'The specified key does not exist.')
      return {
        status: 200,
        headers: { ...headersOf(stored), 'content-type': 'binary/octet-stream' },
        body: request.method === 'HEAD' ? '' : stored.bytes,
      }
    }
    return failure(
      501,
      'NotImplemented',
      `S3 ${request.method} ${request.path} is not implemented in the embedded cloud.`,
    )
  }
}

const headersOf = ({ etag, versionId, metadata, atMs }: Stored): Record<string, string> => ({
  etag: `"${etag}"`,
  'x-amz-version-id': versionId,
  'last-modified': new Date(atMs).toUTCString(),
  ...metadata,
})

function failure(status: number, code: string, message: string): LocalResponse {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`
  return { status, headers: { 'content-type': 'application/xml' }, body }
}

/** SDKs send bodies in signed chunks: size in hex, perhaps a signature, the bytes, and at the end a checksum. */
function bodyOf({ headers, body }: LocalRequest): Uint8Array {
  if (
    headers['content-encoding']?.includes('aws-chunked') !== true &&
    headers['x-amz-decoded-content-length'] === undefined
  )
    return body
  const source = Buffer.from(body)
  const chunks: Buffer[] = []
  for (let at = 0; at < source.length;) {
    const lineEnd = source.indexOf('\r\n', at)
    const size = Number.parseInt(source.subarray(at, lineEnd).toString('latin1'), 16)
    if (lineEnd < 0 || !(size > 0)) break
    chunks.push(source.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
  return Buffer.concat(chunks)
}
