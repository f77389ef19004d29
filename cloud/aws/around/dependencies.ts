// When secrets, parameters and AppConfig changed last. No call here returns a value: DescribeSecret and DescribeParameters have
// what is known about it, and ListDeployments numbers.
import { DescribeSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { paginateDescribeParameters, type SSMClient } from '@aws-sdk/client-ssm'
import type { Dependency } from '../../../core/around/changes.ts'
import { secretName } from '../../../core/around/depends.ts'
import type { ConfigDeployments, Dependencies } from '../../ports.ts'
import { asProblem } from '../failure.ts'

type Clients = {
  readonly secrets: SecretsManagerClient
  readonly parameters: SSMClient
  readonly deployments: ConfigDeployments
}

/** What cannot be read says why: it stops nothing. */
export function awsDependencies({ secrets, parameters, deployments }: Clients): Dependencies {
  return {
    async read(depends) {
      const found = await Promise.all([
        Promise.all((depends.secrets ?? []).map((arn) => secret(secrets, arn))),
        parametersOf(parameters, depends.parameters ?? []),
        deployments.read(depends.appConfig ?? []),
      ])
      return found.flat()
    },
  }
}

const unreadBecause = (error: unknown, call: string) => ({ unread: asProblem(error, call).message.slice(0, 300) })

async function secret(client: SecretsManagerClient, SecretId: string): Promise<Dependency> {
  const of = { kind: 'secret', name: secretName(SecretId) } as const
  try {
    const { VersionIdsToStages = {}, LastChangedDate } = await client.send(new DescribeSecretCommand({ SecretId }))
    const [version] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes('AWSCURRENT')) ?? []
    if (version === undefined) return { ...of, unread: 'it has no current version' }
    return {
      ...of,
      version,
      // Of anything about the secret: what else than its value is told only together with a new version.
      ...(LastChangedDate === undefined ? {} : { changedAtMs: LastChangedDate.getTime() }),
    }
  } catch (error) {
    return { ...of, ...unreadBecause(error, `secretsmanager:DescribeSecret of ${of.name}`) }
  }
}

async function parametersOf(client: SSMClient, names: readonly string[]): Promise<readonly Dependency[]> {
  if (names.length === 0) return []
  const found = new Map<string, Pick<Dependency, 'version' | 'changedAtMs'>>()
  try {
    const ParameterFilters = [{ Key: 'Name', Option: 'Equals', Values: [...names] }]
    for await (const { Parameters = [] } of paginateDescribeParameters({ client }, { ParameterFilters }))
      for (const { Name = '', Version, LastModifiedDate } of Parameters)
        found.set(Name, {
          ...(Version === undefined ? {} : { version: String(Version) }),
          ...(LastModifiedDate === undefined ? {} : { changedAtMs: LastModifiedDate.getTime() }),
        })
  } catch (error) {
    const because = unreadBecause(error, `ssm:DescribeParameters of ${names.join(', ')}`)
    return names.map((name) => ({ kind: 'parameter', name, ...because }))
  }
  return names.map((name) => ({
    kind: 'parameter',
    name,
    ...(found.get(name) ?? { unread: 'there is no such parameter' }),
  }))
}
