// Settings of a bucket: EventBridge notifications, versioning, encryption, tags and policy. As on AWS, a new bucket has
// notifications and versioning off.
import { s3Answer, s3Error, s3Namespace } from './answer.ts'
import type { LocalRequest, LocalResponse } from '../protocol/service.ts'

export type BucketSettings = {
  /** The body of PutBucketNotificationConfiguration, returned verbatim. */
  notification: string | undefined
  versioning: 'Enabled' | 'Suspended' | undefined
  tagging: string | undefined
  /** The body of PutBucketEncryption. */
  encryption: string | undefined
  policy: string | undefined
  /** The body of PutObjectLockConfiguration; empty if Object Lock is on without a default retention. */
  objectLock: string | undefined
}

export const newBucketSettings = (): BucketSettings => ({
  notification: undefined,
  versioning: undefined,
  tagging: undefined,
  encryption: undefined,
  policy: undefined,
  objectLock: undefined,
})

export const tellsEventBridge = ({ notification }: BucketSettings): boolean =>
  notification?.includes('<EventBridgeConfiguration') === true

/** The KMS key that encrypts the bucket's objects, if it is a customer key of the account. */
export const keyOf = ({ encryption }: BucketSettings): string | undefined =>
  /<KMSMasterKeyID>([^<]+)<\/KMSMasterKeyID>/.exec(encryption ?? '')?.[1]

const done: LocalResponse = { status: 200, headers: {}, body: '' }

/** @returns `undefined` if the request is not about settings */
export function settingsAnswer(
  settings: BucketSettings,
  request: LocalRequest,
  body: string,
): LocalResponse | undefined {
  const { method, query } = request
  if (method !== 'GET' && method !== 'PUT') return undefined
  const isPut = method === 'PUT'
  if (query.has('notification')) {
    if (!isPut) return s3Answer(settings.notification ?? `<NotificationConfiguration xmlns="${s3Namespace}"/>`)
    settings.notification = body.replace(/^<\?xml[^>]*\?>\s*/, '')
    return done
  }
  if (query.has('versioning')) {
    const { versioning } = settings
    const status = versioning === undefined ? '' : `<Status>${versioning}</Status>`
    if (!isPut) return s3Answer(`<VersioningConfiguration xmlns="${s3Namespace}">${status}</VersioningConfiguration>`)
    const wanted = /<Status>(Enabled|Suspended)<\/Status>/.exec(body)?.[1]
    if (wanted === undefined) return s3Error(400, 'MalformedXML', 'The XML you provided was not well-formed')
    settings.versioning = wanted as 'Enabled' | 'Suspended'
    return done
  }
  if (query.has('encryption')) {
    if (!isPut) return s3Answer(settings.encryption ?? `<ServerSideEncryptionConfiguration xmlns="${s3Namespace}"/>`)
    settings.encryption = body.replace(/^<\?xml[^>]*\?>\s*/, '')
    return done
  }
  if (query.has('tagging')) {
    if (!isPut) return settings.tagging === undefined ? noTags : s3Answer(settings.tagging)
    settings.tagging = body.replace(/^<\?xml[^>]*\?>\s*/, '')
    return { ...done, status: 204 }
  }
  if (query.has('object-lock')) {
    if (!isPut) return settings.objectLock ? s3Answer(settings.objectLock) : noLock
    if (settings.versioning !== 'Enabled')
      return s3Error(
        409,
        'InvalidBucketState',
        'Versioning must be Enabled on the bucket to apply an Object Lock configuration',
      )
    settings.objectLock = body.replace(/^<\?xml[^>]*\?>\s*/, '')
    return done
  }
  if (query.has('policy') && isPut) {
    settings.policy = body
    return { ...done, status: 204 }
  }
  return undefined
}

const noLock = s3Error(
  404,
  'ObjectLockConfigurationNotFoundError',
  'Object Lock configuration does not exist for this bucket',
)
const noTags = s3Error(404, 'NoSuchTagSet', 'The TagSet does not exist')
