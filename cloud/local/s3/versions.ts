// Versions of objects: delete markers, their listing, writes on a condition, and Object Lock (docs/aws.md §16).
import { createHash } from 'node:crypto'
import { elements, s3Answer, s3Error, s3Namespace } from './answer.ts'
import type { BucketSettings } from './bucket-settings.ts'
import type { LocalRequest, LocalResponse } from '../protocol/service.ts'

export type Stored = {
  readonly bytes: Uint8Array
  /** Absent if the bucket is not versioned. */
  readonly versionId: string | undefined
  readonly etag: string
  readonly metadata: Readonly<Record<string, string>>
  readonly atMs: number
  /** A delete marker: it has no bytes, and hides what was before. */
  readonly isMarker?: boolean
  /** Before that, nobody may delete the version. */
  readonly lockedToMs?: number
  readonly lockMode?: string
}

/** Oldest first. */
type Objects = Map<string, Stored[]>

/** The current version of a key; none if that is a delete marker. */
export function currentOf(objects: Objects | undefined, key: string): Stored | undefined {
  const newest = objects?.get(key)?.at(-1)
  return newest?.isMarker === true ? undefined : newest
}

/** The request's conditions and checksum. @returns the refusal */
export function refusedWrite({ headers }: LocalRequest, bytes: Uint8Array, current: Stored | undefined) {
  const noneMatch = headers['if-none-match']
  if (noneMatch !== undefined && noneMatch !== '*')
    return s3Error(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented')
  if (noneMatch === '*' && current !== undefined)
    return s3Error(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold')
  const said = headers['x-amz-checksum-sha256']
  if (said !== undefined && said !== createHash('sha256').update(bytes).digest('base64'))
    return s3Error(400, 'BadDigest', 'The SHA256 you specified did not match the calculated checksum.')
  return undefined
}

type Way = { readonly nowMs: number; readonly id: string }

/** A version is gone for good; without one, a versioned bucket gets a delete marker. */
export function remove(
  { objects, settings }: { readonly objects: Objects; readonly settings: BucketSettings },
  key: string,
  { headers, query }: LocalRequest,
  { nowMs, id }: Way,
): LocalResponse {
  const versionId = query.get('versionId') ?? undefined
  const versions = objects.get(key) ?? []
  if (versionId === undefined && settings.versioning === 'Enabled') {
    const marker: Stored = {
      bytes: new Uint8Array(),
      etag: '',
      metadata: {},
      versionId: id,
      atMs: nowMs,
      isMarker: true,
    }
    objects.set(key, [...versions, marker])
    return { status: 204, headers: { 'x-amz-delete-marker': 'true', 'x-amz-version-id': id }, body: '' }
  }
  const isMeant = (one: Stored): boolean => versionId === undefined || (one.versionId ?? 'null') === versionId
  const mayBypass = headers['x-amz-bypass-governance-retention'] === 'true'
  const isLocked = ({ lockedToMs = 0, lockMode }: Stored): boolean =>
    lockedToMs > nowMs && !(lockMode === 'GOVERNANCE' && mayBypass)
  if (versions.some((one) => isMeant(one) && isLocked(one)))
    return s3Error(403, 'AccessDenied', 'Access Denied because object protected by object lock.')
  const left = versions.filter((one) => !isMeant(one))
  if (left.length > 0) objects.set(key, left)
  else objects.delete(key)
  return { status: 204, headers: {}, body: '' }
}

const pageMost = 1000

/** ListObjectVersions: by key, and of a key the newest first, page by page. */
export function listVersions(objects: Objects, name: string, query: URLSearchParams): LocalResponse {
  const prefix = query.get('prefix') ?? ''
  const all = [...objects]
    .filter(([key]) => key.startsWith(prefix))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, versions]) =>
      versions.toReversed().map((stored, index) => ({ key, stored, isLatest: index === 0 })),
    )
  const idOf = ({ versionId = 'null' }: Stored): string => versionId
  const [keyMarker, versionMarker] = [query.get('key-marker'), query.get('version-id-marker')]
  const marked = all.findIndex(({ key, stored }) => key === keyMarker && idOf(stored) === versionMarker)
  const from = keyMarker === null ? 0 : marked >= 0 ? marked + 1 : all.findIndex(({ key }) => key > keyMarker)
  const most = Math.min(Number(query.get('max-keys') ?? pageMost), pageMost)
  const page = from < 0 ? [] : all.slice(from, from + most)
  const last = page.at(-1)
  const isTruncated = from >= 0 && from + page.length < all.length
  const more =
    isTruncated && last !== undefined
      ? elements({ NextKeyMarker: last.key, NextVersionIdMarker: idOf(last.stored) })
      : ''
  const rows = page.map(({ key, stored, isLatest }) => {
    const common = {
      Key: key,
      VersionId: idOf(stored),
      IsLatest: isLatest,
      LastModified: new Date(stored.atMs).toISOString(),
    }
    if (stored.isMarker === true) return `<DeleteMarker>${elements(common)}</DeleteMarker>`
    return `<Version>${elements({ ...common, ETag: `"${stored.etag}"`, Size: stored.bytes.length })}</Version>`
  })
  const head = elements({ Name: name, Prefix: prefix, MaxKeys: most, IsTruncated: isTruncated })
  return s3Answer(`<ListVersionsResult xmlns="${s3Namespace}">${head}${more}${rows.join('')}</ListVersionsResult>`)
}

/** What a new version of a bucket with a default retention is locked by. */
export function lockFor({ objectLock }: BucketSettings, nowMs: number): Pick<Stored, 'lockedToMs' | 'lockMode'> {
  const text = objectLock ?? ''
  const mode = /<Mode>(GOVERNANCE|COMPLIANCE)<\/Mode>/.exec(text)?.[1]
  const [, count, unit] = /<(?:Days|Years)>(\d+)<\/(Days|Years)>/.exec(text) ?? []
  if (mode === undefined || count === undefined) return {}
  return { lockedToMs: nowMs + Number(count) * (unit === 'Years' ? 365 : 1) * 86_400_000, lockMode: mode }
}
