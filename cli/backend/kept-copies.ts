// Reads the copy of a release's log in S3, with the rights of the person who compares it: every version, because a later one may
// hide what was copied. A file of its own, so that the other commands do not load its client.
import {
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  ListObjectVersionsCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3'
import { copiesOf, type KeptCopy } from '../../core/copy/log-copy.ts'
import { asProblem, isNamed, translated } from '../../cloud/aws/failure.ts'

export type KeptCopies = {
  list(releaseId: string): Promise<readonly KeptCopy[]>
  /** For how long nobody can delete what is written; `undefined` if anybody can. */
  retention(): Promise<{ readonly mode: string; readonly words: string } | undefined>
}

/** @param config for tests; without it the SDK finds region, credentials and endpoint itself */
export function copiesOnAws(
  environment: Readonly<Record<string, string | undefined>>,
  bucket: string,
  config: S3ClientConfig = {},
): KeptCopies {
  // Emulators do not support virtual-hosted bucket names.
  const forcePathStyle = (environment['AWS_ENDPOINT_URL'] ?? '') !== ''
  return copiesIn(new S3Client({ forcePathStyle, ...config }), bucket)
}

function copiesIn(s3: S3Client, Bucket: string): KeptCopies {
  const read = async (Key: string, { VersionId, isMarker }: Version): Promise<string | undefined> => {
    if (isMarker) return undefined
    const call = `s3:GetObjectVersion of ${Bucket}/${Key}`
    const { Body } = await translated(call, s3.send(new GetObjectCommand({ Bucket, Key, VersionId })))
    return Body?.transformToString()
  }
  return {
    async list(releaseId) {
      const found = await versionsOf(s3, Bucket, copiesOf(releaseId))
      const copies: KeptCopy[] = []
      for (const [key, versions] of found) {
        const [first, ...later] = versions.toSorted(byAge)
        if (first !== undefined) copies.push({ key, text: await read(key, first), later: later.length })
      }
      return copies
    },
    async retention() {
      try {
        const { ObjectLockConfiguration } = await s3.send(new GetObjectLockConfigurationCommand({ Bucket }))
        const { Mode, Days, Years } = ObjectLockConfiguration?.Rule?.DefaultRetention ?? {}
        if (Mode === undefined) return undefined
        return { mode: Mode, words: Years === undefined ? `${Days ?? 0} days` : `${Years} years` }
      } catch (error) {
        if (isNamed(error, 'ObjectLockConfigurationNotFoundError')) return undefined
        throw asProblem(error, `s3:GetBucketObjectLockConfiguration of ${Bucket}`)
      }
    },
  }
}

/** S3 lists the newest first, also of those of one second. */
type Version = {
  readonly VersionId: string | undefined
  readonly isMarker: boolean
  readonly atMs: number
  readonly place: number
}

/** S3 says times in seconds, and lists markers apart: of one second, the marker is later than what it hides. */
const byAge = (a: Version, b: Version): number =>
  a.atMs - b.atMs || Number(a.isMarker) - Number(b.isMarker) || b.place - a.place

async function versionsOf(s3: S3Client, Bucket: string, Prefix: string): Promise<ReadonlyMap<string, Version[]>> {
  const found = new Map<string, Version[]>()
  let from: { readonly KeyMarker?: string | undefined; readonly VersionIdMarker?: string | undefined } | undefined = {}
  let place = 0
  while (from !== undefined) {
    const command: ListObjectVersionsCommand = new ListObjectVersionsCommand({ Bucket, Prefix, ...from })
    const page = await translated(`s3:ListBucketVersions of ${Bucket}`, s3.send(command))
    const all = [
      ...(page.Versions ?? []).map((one) => ({ ...one, isMarker: false })),
      ...(page.DeleteMarkers ?? []).map((one) => ({ ...one, isMarker: true })),
    ]
    for (const { Key = '', VersionId, LastModified, isMarker } of all) {
      const version = { VersionId, isMarker, atMs: LastModified?.getTime() ?? 0, place: place++ }
      found.set(Key, [...(found.get(Key) ?? []), version])
    }
    from =
      page.IsTruncated === true
        ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
        : undefined
  }
  return found
}
