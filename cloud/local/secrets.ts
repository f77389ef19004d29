// AWS Secrets Manager, only what a function that reads a secret needs: a secret with one text, and when it changed.
import { AwsError } from './protocol/aws-error.ts'
import { text } from './protocol/field.ts'
import { answerJson, type Input, type Operations } from './protocol/json-protocol.ts'
import type { LocalClock } from './time/clock.ts'
import { account, defaultRegion, type LocalService } from './protocol/service.ts'

type Secret = {
  readonly arn: string
  readonly name: string
  readonly text: string
  readonly version: string
  readonly changedMs: number
  readonly before?: string
}

/** Secrets Manager adds a hyphen and six characters to the name (API reference, CreateSecret). */
const suffix = '-Te1eme'
const arnOf = (name: string): string => `arn:aws:secretsmanager:${defaultRegion}:${account}:secret:${name}${suffix}`

/** What IAM checks: the ARN of the secret, however it was named. */
export const secretArn = (id: string): string => {
  const name = id.split(':secret:').at(-1) ?? ''
  return arnOf(name.endsWith(suffix) ? name.slice(0, -suffix.length) : name)
}

type Options = { readonly ids: () => string; readonly clock: LocalClock }

export function localSecrets({ ids, clock }: Options): LocalService {
  const secrets = new Map<string, Secret>()

  function find(input: Input): Secret {
    const secret = secrets.get(secretArn(text(input, 'SecretId')))
    if (secret !== undefined) return secret
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
  }
  const said = ({ arn, name, version }: Secret) => ({ ARN: arn, Name: name, VersionId: version })
  function put(name: string, input: Input): object {
    const before = secrets.get(arnOf(name))?.version
    const secret = {
      ...{ arn: arnOf(name), name, text: text(input, 'SecretString'), version: ids(), changedMs: clock.nowMs() },
      ...(before === undefined ? {} : { before }),
    }
    secrets.set(secret.arn, secret)
    return said(secret)
  }

  const operations: Operations = {
    CreateSecret(input) {
      const name = text(input, 'Name')
      if (!/^[\w/+=.@-]{1,512}$/.test(name)) throw new AwsError('ValidationException', 'Invalid name.')
      if (secrets.has(arnOf(name)))
        throw new AwsError('ResourceExistsException', `The operation failed because the secret ${name} already exists.`)
      return put(name, input)
    },
    PutSecretValue: (input) => put(find(input).name, input),
    DescribeSecret(input) {
      const { arn, name, version, before, changedMs } = find(input)
      const previous = before === undefined ? {} : { [before]: ['AWSPREVIOUS'] }
      return {
        ...{ ARN: arn, Name: name, LastChangedDate: changedMs / 1000 },
        VersionIdsToStages: { ...previous, [version]: ['AWSCURRENT'] },
      }
    },
    GetSecretValue(input) {
      const secret = find(input)
      return { ...said(secret), SecretString: secret.text, VersionStages: ['AWSCURRENT'] }
    },
  }
  return { handle: (request, caller) => answerJson(request, caller, operations, '1.1') }
}
