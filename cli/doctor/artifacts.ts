// Where artifacts come from: buckets must notify EventBridge and keep versions, and repositories must let Lambda pull. AWS does
// not set this up by itself and reports nothing when it is missing: an upload simply starts no release.
import { GetRepositoryPolicyCommand } from '@aws-sdk/client-ecr'
import {
  GetBucketNotificationConfigurationCommand,
  type GetBucketNotificationConfigurationCommandOutput,
  GetBucketVersioningCommand,
} from '@aws-sdk/client-s3'
import { sourcesOf } from '../../core/service/artifacts.ts'
import type { Service } from '../../core/service/service.ts'
import type { Account, Check } from './account.ts'
import { awsCommand, each, type Finding, ok, problem, unlessNamed } from './finding.ts'
import { letsLambdaPull, withLambda } from './repository-policy.ts'

type Named = { readonly name: string; readonly services: readonly string[] }

/** What the services name, each once, with the services that name it. */
async function named(account: Account, of: (service: Service) => readonly string[]): Promise<readonly Named[]> {
  const found = new Map<string, string[]>()
  for (const service of await account.services()) {
    for (const name of new Set(of(service))) found.set(name, [...(found.get(name) ?? []), service.name])
  }
  return [...found].map(([name, services]) => ({ name, services }))
}

const about = ({ name, services }: Named): string => `${name} (${services.join(', ')})`
const triggeringBucket = ({ triggers: { s3 } }: Service): readonly string[] => (s3 === undefined ? [] : [s3.bucket])
const bucketsOf = (service: Service): readonly string[] => sourcesOf(service).s3.map(({ bucket }) => bucket)
const none = (what: string): readonly Finding[] => [ok('services', `No service is released from ${what}.`)]
const missing = (item: Named): Finding =>
  problem(about(item), 'There is no such bucket.', {
    commands: [awsCommand('s3api', 'create-bucket', { Bucket: item.name })],
  })

export const bucketEvents: Check = {
  id: 'bucket-events',
  right: 'The artifact buckets notify EventBridge of uploads.',
  asks: ['s3:GetBucketNotification'],
  async look(account) {
    const buckets = await named(account, triggeringBucket)
    if (buckets.length === 0) return none('a bucket')
    return each(buckets, about, 's3:GetBucketNotification', async (item) => {
      const command = new GetBucketNotificationConfigurationCommand({ Bucket: item.name })
      const found = await unlessNamed(account.s3.send(command), 'NoSuchBucket')
      if (found === undefined) return [missing(item)]
      if (found.EventBridgeConfiguration !== undefined) return [ok(about(item), 'It tells EventBridge.')]
      return [
        problem(about(item), 'It does not notify EventBridge: an upload starts no release.', {
          // The call replaces all of the bucket's notifications, so it includes the existing ones.
          commands: [
            awsCommand('s3api', 'put-bucket-notification-configuration', {
              Bucket: item.name,
              NotificationConfiguration: { ...present(found), EventBridgeConfiguration: {} },
            }),
          ],
          cdk: `new s3.Bucket(this, 'Artifacts', { eventBridgeEnabled: true, versioned: true })`,
        }),
      ]
    })
  },
}

function present(found: GetBucketNotificationConfigurationCommandOutput): object {
  const { TopicConfigurations, QueueConfigurations, LambdaFunctionConfigurations } = found
  return {
    ...(TopicConfigurations && { TopicConfigurations }),
    ...(QueueConfigurations && { QueueConfigurations }),
    ...(LambdaFunctionConfigurations && { LambdaFunctionConfigurations }),
  }
}

export const bucketVersions: Check = {
  id: 'bucket-versions',
  right: 'The artifact buckets keep versions, so that the announced object is the one that is released.',
  asks: ['s3:GetBucketVersioning'],
  async look(account) {
    const buckets = await named(account, bucketsOf)
    if (buckets.length === 0) return none('a bucket')
    return each(buckets, about, 's3:GetBucketVersioning', async (item) => {
      const command = new GetBucketVersioningCommand({ Bucket: item.name })
      const found = await unlessNamed(account.s3.send(command), 'NoSuchBucket')
      if (found === undefined) return [missing(item)]
      if (found.Status === 'Enabled') return [ok(about(item), 'It keeps versions.')]
      return [
        problem(
          about(item),
          'It keeps no versions: an object of it cannot be released, because it may have been replaced since.',
          {
            commands: [
              awsCommand('s3api', 'put-bucket-versioning', {
                Bucket: item.name,
                VersioningConfiguration: { Status: 'Enabled' },
              }),
            ],
            cdk: `new s3.Bucket(this, 'Artifacts', { eventBridgeEnabled: true, versioned: true })`,
          },
        ),
      ]
    })
  },
}

/** `NAME`, or `REGISTRY:NAME` where the registry is another account's. */
const repositoriesOf = (service: Service): readonly string[] =>
  sourcesOf(service).ecr.map(({ repository, registry }) =>
    registry === undefined ? repository : `${registry}:${repository}`,
  )
function partsOf({ name }: Named) {
  const [repositoryName = '', registryId] = name.split(':').reverse()
  return { repositoryName, ...(registryId === undefined ? {} : { registryId }) }
}

export const repositoryPolicies: Check = {
  id: 'repository-policies',
  right: 'The repositories of images let Lambda pull.',
  asks: ['ecr:GetRepositoryPolicy'],
  async look(account) {
    const repositories = await named(account, repositoriesOf)
    if (repositories.length === 0) return none('a repository')
    const accountId = /:(\d{12}):/.exec((await account.controllerFunction('prepare'))?.FunctionArn ?? '')?.[1]
    return each(repositories, about, 'ecr:GetRepositoryPolicy', async (item) => {
      const repository = partsOf(item)
      let policyText: string | undefined
      try {
        ;({ policyText } = await account.ecr.send(new GetRepositoryPolicyCommand(repository)))
      } catch (error) {
        const name = error instanceof Error ? error.name : ''
        if (name === 'RepositoryNotFoundException')
          return [
            problem(about(item), 'There is no such repository.', {
              commands: [awsCommand('ecr', 'create-repository', repository)],
            }),
          ]
        if (name !== 'RepositoryPolicyNotFoundException') throw error
      }
      return [verdict(item, letsLambdaPull(policyText, accountId), withLambda(policyText))]
    })
  },
}

function verdict(item: Named, lets: boolean | undefined, policyText: string): Finding {
  if (lets === true) return ok(about(item), 'It lets Lambda pull.')
  const mend = {
    commands: [awsCommand('ecr', 'set-repository-policy', { ...partsOf(item), policyText })],
    cdk: `repository.grantPull(new iam.ServicePrincipal('lambda.amazonaws.com'))`,
  }
  if (lets === false) return problem(about(item), 'It does not let Lambda pull: no image can become a version.', mend)
  const says = 'Its policy has conditions or denials that only AWS can judge: whether Lambda may pull is not clear.'
  return { kind: 'unknown', about: about(item), says, mend: { words: 'Read it by hand.', cdk: mend.cdk } }
}
