// Lists buckets, and the objects in a bucket by prefix and delimiter, page by page.
import { elements, s3Answer, s3Error, s3Namespace } from './answer.ts'
import type { LocalResponse } from '../protocol/service.ts'

type Listed = { readonly key: string; readonly size: number; readonly etag: string; readonly atMs: number }

const owner = `<Owner>${elements({ ID: 'local', DisplayName: 'local' })}</Owner>`
const time = (ms: number): string => new Date(ms).toISOString()

export function listBuckets(buckets: readonly { readonly name: string; readonly atMs: number }[]): LocalResponse {
  const shown = buckets.map(
    ({ name, atMs }) => `<Bucket>${elements({ Name: name, CreationDate: time(atMs) })}</Bucket>`,
  )
  const body = `${owner}<Buckets>${shown.join('')}</Buckets>`
  return s3Answer(`<ListAllMyBucketsResult xmlns="${s3Namespace}">${body}</ListAllMyBucketsResult>`)
}

const pageMax = 1000

/** ListObjectsV2, and the older ListObjects with its marker. */
export function listObjects(bucket: string, query: URLSearchParams, all: readonly Listed[]): LocalResponse {
  const isSecond = query.get('list-type') === '2'
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? '']
  const wanted = Number(query.get('max-keys') ?? pageMax)
  if (!Number.isInteger(wanted) || wanted < 0)
    return s3Error(400, 'InvalidArgument', 'Argument maxKeys must be an integer between 0 and 2147483647')
  const token = query.get('continuation-token')
  const after = isSecond ? (fromToken(token) ?? query.get('start-after') ?? '') : (query.get('marker') ?? '')
  // Keys that contain the delimiter after the prefix are grouped: listed once, up to the delimiter.
  const nameOf = (key: string): string => {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    return end < 0 ? key : key.slice(0, end + delimiter.length)
  }
  const names = new Map<string, Listed>()
  for (const one of [...all].sort((a, b) => (a.key < b.key ? -1 : 1)))
    if (one.key.startsWith(prefix) && nameOf(one.key) > after && !names.has(nameOf(one.key)))
      names.set(nameOf(one.key), one)
  const page = [...names].slice(0, Math.min(wanted, pageMax))
  const isTruncated = wanted > 0 && page.length < names.size
  const last = page.at(-1)?.[0] ?? ''
  const encoded = (key: string): string =>
    query.get('encoding-type') === 'url' ? encodeURIComponent(key).replaceAll('%2F', '/') : key
  const more = isTruncated
    ? isSecond
      ? { NextContinuationToken: tokenOf(last) }
      : { NextMarker: delimiter === '' ? undefined : encoded(last) }
    : {}
  const head = elements({
    Name: bucket,
    Prefix: encoded(prefix),
    Delimiter: delimiter === '' ? undefined : encoded(delimiter),
    MaxKeys: wanted,
    EncodingType: query.get('encoding-type') ?? undefined,
    ...(isSecond ? { KeyCount: page.length } : { Marker: encoded(after) }),
    IsTruncated: isTruncated,
    ...(token === null ? {} : { ContinuationToken: token }),
    ...more,
  })
  const items = page.map(([name, one]) =>
    name === one.key
      ? contents(one, encoded)
      : `<CommonPrefixes>${elements({ Prefix: encoded(name) })}</CommonPrefixes>`,
  )
  return s3Answer(`<ListBucketResult xmlns="${s3Namespace}">${head}${items.join('')}</ListBucketResult>`)
}

function contents({ key, size, etag, atMs }: Listed, encoded: (key: string) => string): string {
  const fields = {
    Key: encoded(key),
    LastModified: time(atMs),
    ETag: `"${etag}"`,
    Size: size,
    StorageClass: 'STANDARD',
  }
  return `<Contents>${elements(fields)}</Contents>`
}

const tokenOf = (key: string): string => Buffer.from(key).toString('base64url')
const fromToken = (token: string | null): string | undefined =>
  token === null ? undefined : Buffer.from(token, 'base64url').toString('utf8')
