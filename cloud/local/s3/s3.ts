// S3, only what artifacts need: versioned objects by path-style address, and the event for a new object. Also stores images,
// because Lambda loads code from either.
import { createHash } from 'node:crypto'
import { type BucketSettings, keyOf, newBucketSettings, settingsAnswer, tellsEventBridge } from './bucket-settings.ts'
import type { LocalClock } from '../time/clock.ts'
import type { Rights } from '../protocol/rights.ts'
import { s3Error } from './answer.ts'
import { listBuckets, listObjects } from './listing.ts'
import { currentOf, listVersions, lockFor, refusedWrite, remove, type Stored } from './versions.ts'
import {
  account,
  type Bus,
  type Caller,
  type LocalRequest,
  type LocalResponse,
  type LocalService,
} from '../protocol/service.ts'

export type ObjectStore = {
  /** The newest version if none is given. */
  read(bucket: string, key: string, versionId?: string): Uint8Array | undefined
  /** The code that a container image runs here, if it was set. */
  readImage(uri: string): Uint8Array | undefined
  /** The customer KMS key that encrypts the bucket's objects. */
  keyOf(bucket: string): string | undefined
}

export type LocalObjects = LocalService & ObjectStore & { putImage(uri: string, code: Uint8Array): void }

type Deps = Pick<Rights, 'mayCaller'> & { readonly clock: LocalClock; readonly bus: Bus; readonly ids: () => string }
type Bucket = { readonly objects: Map<string, Stored[]>; readonly settings: BucketSettings; readonly atMs: number }
type Store = Deps & { readonly buckets: Map<string, Bucket> }

export function localObjects(deps: Deps): LocalObjects {
  const store: Store = { ...deps, buckets: new Map() }
  const images = new Map<string, Uint8Array>()
  return {
    read: (bucket, key, versionId) => find(store, bucket, key, versionId)?.bytes,
    readImage: (uri) => images.get(uri),
    keyOf: (bucket) => keyIn(store, bucket),
    putImage: (uri, code) => void images.set(uri, code),
    handle: async (request, caller) => (await locked(store, request, caller)) ?? answer(store, request, caller),
  }
}

const keyIn = ({ buckets }: Store, bucket: string): string | undefined => {
  const found = buckets.get(bucket)
  return found && keyOf(found.settings)
}

/** Reading an encrypted object also needs permission for its key; S3 has its own error for that. Writes are not checked. */
async function locked(store: Store, request: LocalRequest, caller: Caller): Promise<LocalResponse | undefined> {
  const [bucket = '', ...key] = request.path.slice(1).split('/').map(decodeURIComponent)
  const resource = key.join('') === '' ? undefined : keyIn(store, bucket)
  if (resource === undefined || request.method !== 'GET') return undefined
  const action = 'kms:Decrypt'
  if (await store.mayCaller(caller, { action, resource })) return undefined
  return s3Error(403, 'AccessDenied', undecipherable(caller))
}

export const undecipherable = ({ arn }: Caller): string =>
  `User: ${arn} is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because no identity-based policy allows the kms:Decrypt action`

function find({ buckets }: Store, bucket: string, key: string, versionId?: string): Stored | undefined {
  const objects = buckets.get(bucket)?.objects
  if (versionId === undefined) return currentOf(objects, key)
  return objects?.get(key)?.find((one) => (one.versionId ?? 'null') === versionId && one.isMarker !== true)
}

function answer(store: Store, request: LocalRequest, caller: Caller): LocalResponse {
  const { method } = request
  const [bucket = '', ...rest] = request.path.slice(1).split('/').map(decodeURIComponent)
  const key = rest.join('/')
  if (bucket === '' && method === 'GET')
    return listBuckets([...store.buckets].map(([name, { atMs }]) => ({ name, atMs })))
  if (bucket !== '' && key === '') {
    const answered = answerOfBucket(store, request, bucket)
    if (answered !== undefined) return answered
  }
  if (key !== '' && method === 'PUT') return put(store, request, caller, bucket, key)
  if (key !== '' && method === 'DELETE') {
    const found = store.buckets.get(bucket)
    const way = { nowMs: store.clock.nowMs(), id: versionIdBy(store.ids) }
    return found === undefined ? noSuchBucket : remove(found, key, request, way)
  }
  if (key !== '' && (method === 'GET' || method === 'HEAD')) {
    if (!store.buckets.has(bucket)) return noSuchBucket
    const stored = find(store, bucket, key, request.query.get('versionId') ?? undefined)
    return stored === undefined ? noSuchKey : read(request, stored)
  }
  return s3Error(501, 'NotImplemented', `S3 ${method} ${request.path} is not implemented in the embedded cloud.`)
}

/** The whole object, or the byte range that a client requests of a large object. */
function read({ method, headers }: LocalRequest, stored: Stored): LocalResponse {
  const size = stored.bytes.length
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(headers['range'] ?? '') ?? []
  const from = Number(first ?? 0)
  if (first !== undefined && from >= size) return s3Error(416, 'InvalidRange', 'The requested range is not satisfiable')
  const to = Math.min(size, last === undefined || last === '' ? size : Number(last) + 1)
  const range = first === undefined ? {} : { 'content-range': `bytes ${from}-${to - 1}/${size}` }
  const answered = {
    ...headersOf(stored),
    ...{ 'content-type': 'binary/octet-stream', 'accept-ranges': 'bytes', 'content-length': String(to - from) },
    ...range,
  }
  const body = method === 'HEAD' ? '' : stored.bytes.subarray(from, to)
  return { status: first === undefined ? 200 : 206, headers: answered, body }
}

function answerOfBucket(store: Store, request: LocalRequest, name: string): LocalResponse | undefined {
  const found = store.buckets.get(name)
  const isAboutSettings = ['notification', 'versioning', 'tagging', 'encryption', 'policy', 'object-lock'].some(
    (setting) => request.query.has(setting),
  )
  if (isAboutSettings && found === undefined) return noSuchBucket
  const settled = found && settingsAnswer(found.settings, request, Buffer.from(bodyOf(request)).toString('utf8'))
  if (settled !== undefined) return settled
  if (request.method === 'GET' && request.query.has('versions'))
    return found === undefined ? noSuchBucket : listVersions(found.objects, name, request.query)
  if (request.method === 'PUT') {
    if (found === undefined) store.buckets.set(name, newBucket(store.clock.nowMs(), request))
    return { status: 200, headers: { location: `/${name}` }, body: '' }
  }
  if (request.method === 'GET')
    return found === undefined ? noSuchBucket : listObjects(name, request.query, listed(found))
  if (request.method === 'HEAD') return { status: found === undefined ? 404 : 200, headers: {}, body: '' }
  if (request.method !== 'DELETE') return undefined
  if (found === undefined) return noSuchBucket
  if (found.objects.size > 0)
    return s3Error(409, 'BucketNotEmpty', 'The bucket you tried to delete is not empty. You must delete all versions.')
  store.buckets.delete(name)
  return gone
}

/** The newest version of each key. */
const listed = ({ objects }: Bucket) =>
  [...objects].flatMap(([key, versions]) => {
    const newest = versions.at(-1)
    return newest === undefined || newest.isMarker === true
      ? []
      : [{ key, size: newest.bytes.length, etag: newest.etag, atMs: newest.atMs }]
  })

/** Object Lock comes with versions. */
function newBucket(atMs: number, { headers }: LocalRequest): Bucket {
  const isLocked = headers['x-amz-bucket-object-lock-enabled'] === 'true'
  const settings = newBucketSettings()
  return { objects: new Map(), settings: isLocked ? { ...settings, versioning: 'Enabled' } : settings, atMs }
}

const versionIdBy = (ids: () => string): string => ids().replaceAll('-', '')

function put(store: Store, request: LocalRequest, caller: Caller, bucket: string, key: string): LocalResponse {
  const found = store.buckets.get(bucket)
  if (found === undefined) return noSuchBucket
  const { objects, settings } = found
  const bytes = bodyOf(request)
  const refused = refusedWrite(request, bytes, currentOf(objects, key))
  if (refused !== undefined) return refused
  const etag = createHash('md5').update(bytes).digest('hex')
  const metadata = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => name.startsWith('x-amz-meta-')),
  )
  const versionId = settings.versioning === 'Enabled' ? versionIdBy(store.ids) : undefined
  const nowMs = store.clock.nowMs()
  const stored: Stored = { bytes, versionId, etag, metadata, atMs: nowMs, ...lockFor(settings, nowMs) }
  const versions = versionId === undefined ? [stored] : [...(objects.get(key) ?? []), stored]
  objects.set(key, versions)
  // Grows with every version of a key, like S3's sequencer.
  const sequencer = versions.length.toString(16).padStart(16, '0').toUpperCase()
  const detail = {
    version: '0',
    bucket: { name: bucket },
    object: { key, size: bytes.length, etag, ...(versionId && { 'version-id': versionId }), sequencer },
    'request-id': store.ids(),
    requester: caller.accessKeyId === '' ? account : caller.accessKeyId,
    reason: 'PutObject',
  }
  if (tellsEventBridge(settings))
    store.bus.emit({ source: 'aws.s3', detailType: 'Object Created', detail, resources: [`arn:aws:s3:::${bucket}`] })
  return { status: 200, headers: headersOf(stored), body: '' }
}

const headersOf = ({ etag, versionId, metadata, atMs }: Stored): Record<string, string> => ({
  etag: `"${etag}"`,
  ...(versionId === undefined ? {} : { 'x-amz-version-id': versionId }),
  'last-modified': new Date(atMs).toUTCString(),
  ...metadata,
})

const noSuchKey = s3Error(404, 'NoSuchKey', 'The specified key does not exist.')
const noSuchBucket = s3Error(404, 'NoSuchBucket', 'The specified bucket does not exist')
const gone: LocalResponse = { status: 204, headers: {}, body: '' }

/** Decodes SDK bodies in signed chunks: size in hex, an optional signature, the bytes, and a checksum at the end. */
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
