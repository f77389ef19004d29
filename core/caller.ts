// Who called, as AWS has established it from the signature of the request: never from what the caller says (docs/aws.md §13).
import { Problem } from './problem.ts'

// The role's path is dropped from the ARN of a session. Identity Center sets the session's name; of any other role whoever
// assumes it chooses the name, so only the role counts.
const forms: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [/^arn:[a-z-]+:iam::\d{12}:user\/(?:.*\/)?([^/]+)$/, 'user'],
  [/^arn:[a-z-]+:sts::\d{12}:assumed-role\/AWSReservedSSO_[^/]+\/(.+)$/, 'sso'],
  [/^arn:[a-z-]+:sts::\d{12}:assumed-role\/([^/]+)\/.+$/, 'role'],
  [/^arn:[a-z-]+:sts::\d{12}:federated-user\/(.+)$/, 'federated'],
  [/^arn:[a-z-]+:iam::(\d{12}):root$/, 'root'],
]

/**
 * `user/ann`, `sso/ann@example.com` whatever the permission set, `role/ci` whatever the session, `federated/ann`,
 * `root/111122223333`. The machine's own names (`sweep`, `alarm checkout-errors`) have no such form, so nobody can pass for them.
 * @param userArn what API Gateway says of the caller of a request with IAM authorisation (payload format 2.0)
 * @throws Problem `caller_unknown`
 */
export function callerName(userArn: string): string {
  for (const [pattern, kind] of forms) {
    const name = pattern.exec(userArn)?.[1]
    if (name !== undefined) return `${kind}/${name}`
  }
  throw new Problem('caller_unknown', `${userArn.slice(0, 200)} is no user, session of a role, or root.`)
}

const ignored = /[\s\p{Cf}\p{Default_Ignorable_Code_Point}]/gu

/**
 * By which people are compared: a person stays the same in another case, with other spaces, or with characters that look the
 * same. A user and a person of Identity Center may be named without the kind, as `ann`; a role is always named as `role/ci`.
 */
export const personKey = (name: string): string =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replace(ignored, '')
    .replace(/^(?:user|sso)\//, '')
