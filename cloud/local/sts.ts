// AWS STS as far as AssumeRole: the answer is an access key that stands for the role (dispatch.ts). Whether the role trusts
// the caller is for whoever enforces permissions; without anybody, every role does.
import { AwsError, isAwsError, notImplemented } from './aws-error.ts'
import type { LocalClock } from './clock.ts'
import { text } from './field.ts'
import { parseQuery, queryError, queryResponse } from './query-protocol.ts'
import { type Caller, home, type LocalService } from './service.ts'

const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/'

export function localSts({ clock }: { readonly clock: LocalClock }): LocalService {
  return {
    handle(request, caller) {
      try {
        const input = parseQuery(Buffer.from(request.body).toString('utf8'))
        const action = text(input, 'Action')
        if (action === 'GetCallerIdentity') return Promise.resolve(queryResponse(action, namespace, identityOf(caller)))
        if (action !== 'AssumeRole') throw notImplemented(`STS ${action}`)
        const roleArn = text(input, 'RoleArn')
        const session = text(input, 'RoleSessionName')
        const [, account, name] = /^arn:aws[a-z-]*:iam::(\d{12}):role\/(?:.*\/)?([\w+=,.@-]+)$/.exec(roleArn) ?? []
        if (account === undefined || name === undefined) throw new AwsError('ValidationError', `${roleArn} is invalid`)
        return Promise.resolve(
          queryResponse(action, namespace, {
            Credentials: {
              AccessKeyId: `role.${name}@${account}`,
              SecretAccessKey: 'none',
              SessionToken: 'none',
              Expiration: new Date(clock.nowMs() + 3_600_000),
            },
            AssumedRoleUser: {
              Arn: `arn:aws:sts::${account}:assumed-role/${name}/${session}`,
              AssumedRoleId: `AROA:${session}`,
            },
          }),
        )
      } catch (error) {
        if (!isAwsError(error)) throw error
        return Promise.resolve(queryError(namespace, error))
      }
    },
  }
}

const identityOf = ({ arn, accessKeyId }: Caller): Record<string, string> => ({
  UserId: accessKeyId,
  Account: accessKeyId.split('@')[1] ?? home.account,
  Arn: arn,
})
