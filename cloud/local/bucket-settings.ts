// What is set for a bucket rather than for its objects: whether it tells EventBridge, whether it keeps versions, its tags and policy.
// A new bucket does neither, as on AWS.
import type { LocalRequest, LocalResponse } from './service.ts'

export type BucketSettings = {
  /** The body of PutBucketNotificationConfiguration, given back as it came. */
  notification: string | undefined
  versioning: 'Enabled' | 'Suspended' | undefined
  tagging: string | undefined
  /** The body of PutBucketEncryption. */
  encryption: string | undefined
  policy: string | undefined
}

export const newBucketSettings = (): BucketSettings => ({
  notification: undefined,
  versioning: undefined,
  tagging: undefined,
  encryption: undefined,
  policy: undefined,
})

export const tellsEventBridge = ({ notification }: BucketSettings): boolean =>
  notification?.includes('<EventBridgeConfiguration') === true

/** The KMS key of the bucket's objects, when it is one of the account's own. */
export const keyOf = ({ encryption }: BucketSettings): string | undefined =>
  /<KMSMasterKeyID>([^<]+)<\/KMSMasterKeyID>/.exec(encryption ?? '')?.[1]

const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/'
const xml = (body: string): LocalResponse => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
})
const done: LocalResponse = { status: 200, headers: {}, body: '' }

/** @returns `undefined` when the request is about something else */
export function settingsAnswer(
  settings: BucketSettings,
  request: LocalRequest,
  body: string,
): LocalResponse | undefined {
  const { method, query } = request
  if (method !== 'GET' && method !== 'PUT') return undefined
  const isPut = method === 'PUT'
  if (query.has('notification')) {
    if (!isPut) return xml(settings.notification ?? `<NotificationConfiguration xmlns="${namespace}"/>`)
    settings.notification = body.replace(/^<\?xml[^>]*\?>\s*/, '')
    return done
  }
  if (query.has('versioning')) {
    const { versioning } = settings
    const status = versioning === undefined ? '' : `<Status>${versioning}</Status>`
    if (!isPut) return xml(`<VersioningConfiguration xmlns="${namespace}">${status}</VersioningConfiguration>`)
    const wanted = /<Status>(Enabled|Suspended)<\/Status>/.exec(body)?.[1]
    if (wanted === undefined) return failure(400, 'MalformedXML', 'The XML you provided was not well-formed')
    settings.versioning = wanted as 'Enabled' | 'Suspended'
    return done
  }
  if (query.has('encryption')) {
    if (!isPut) return xml(settings.encryption ?? `<ServerSideEncryptionConfiguration xmlns="${namespace}"/>`)
    settings.encryption = body.replace(/^<\?xml[^>]*\?>\s*/, '')
    return done
  }
  if (query.has('tagging')) {
    if (!isPut) return settings.tagging === undefined ? noTags : xml(settings.tagging)
    settings.tagging = body.replace(/^<\?xml[^>]*\?>\s*/, '')
    return { ...done, status: 204 }
  }
  if (query.has('policy') && isPut) {
    settings.policy = body
    return { ...done, status: 204 }
  }
  return undefined
}

function failure(status: number, code: string, message: string): LocalResponse {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`
  return { status, headers: { 'content-type': 'application/xml' }, body }
}
const noTags = failure(404, 'NoSuchTagSet', 'The TagSet does not exist')
