// AWS STS, only AssumeRole and GetCallerIdentity. An assumed role is an access key that stands for the role and its session
// (protocol/credential.ts). Trust policies are up to the code that enforces permissions; without it, every role can be assumed.
import { AwsError, isAwsError, notImplemented } from './protocol/aws-error.ts'
import { principalOf, userIdOf } from './protocol/credential.ts'
import type { LocalClock } from './time/clock.ts'
import { optionalText, text } from './protocol/field.ts'
import type { Input } from './protocol/json-protocol.ts'
import { parseQuery, queryError, queryResponse } from './protocol/query-protocol.ts'
import type { Caller, ConditionKeys, LocalService } from './protocol/service.ts'

const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/'

type Operation = (input: Input, caller: Caller) => Record<string, unknown>

type Deps = {
  readonly clock: LocalClock
  /** The secret of an access key, where signatures are verified. */
  readonly secretOf?: ((accessKeyId: string) => string) | undefined
}

export function localSts({ clock, secretOf = () => 'none' }: Deps): LocalService {
  const operations: Readonly<Record<string, Operation>> = {
    AssumeRole: (input) => assumeRole(input, secretOf, clock.nowMs()),
    GetCallerIdentity: (_, caller) => identityOf(caller),
  }
  return {
    conditionsOf: ({ body }) => conditionsOf(parseQuery(Buffer.from(body).toString('utf8'))),
    handle(request, caller) {
      try {
        const input = parseQuery(Buffer.from(request.body).toString('utf8'))
        const action = text(input, 'Action')
        const operation = Object.hasOwn(operations, action) ? operations[action] : undefined
        if (operation === undefined) throw notImplemented(`STS ${action}`)
        return Promise.resolve(queryResponse(action, namespace, operation(input, caller)))
      } catch (error) {
        if (!isAwsError(error)) throw error
        return Promise.resolve(queryError(namespace, error))
      }
    },
  }
}

/** What trust policies may ask about a request. */
function conditionsOf(input: Input): ConditionKeys {
  const keys = { 'sts:ExternalId': 'ExternalId', 'sts:RoleSessionName': 'RoleSessionName' }
  return Object.fromEntries(
    Object.entries(keys).flatMap(([key, field]) => {
      const value = optionalText(input, field)
      return value === undefined ? [] : [[key, [value]]]
    }),
  )
}

/** STS's own patterns (API reference of AssumeRole). */
function checked(name: string, value: string, pattern: RegExp): void {
  if (pattern.test(value)) return
  const why = `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint`
  throw new AwsError('ValidationError', `${why}: Member must satisfy regular expression pattern: ${pattern.source}`)
}

function assumeRole(input: Input, secretOf: (accessKeyId: string) => string, nowMs: number): Record<string, unknown> {
  const roleArn = text(input, 'RoleArn')
  const session = text(input, 'RoleSessionName')
  checked('roleSessionName', session, /^[\w+=,.@-]{2,64}$/)
  checked('externalId', optionalText(input, 'ExternalId') ?? 'none', /^[\w+=,.@:/-]{2,1224}$/)
  const [, account, name] = /^arn:aws[a-z-]*:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/.exec(roleArn) ?? []
  if (account === undefined || name === undefined) throw new AwsError('ValidationError', `${roleArn} is invalid`)
  const accessKeyId = `role.${name}@${account}:${session}`
  return {
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretOf(accessKeyId),
      SessionToken: 'none',
      Expiration: new Date(nowMs + 3_600_000),
    },
    AssumedRoleUser: {
      Arn: `arn:aws:sts::${account}:assumed-role/${name}/${session}`,
      AssumedRoleId: `AROA:${session}`,
    },
  }
}

function identityOf({ arn, accessKeyId }: Caller): Record<string, unknown> {
  if (accessKeyId === '')
    throw new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403)
  return { UserId: userIdOf(arn), Account: principalOf(accessKeyId).account, Arn: arn }
}
