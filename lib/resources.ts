// The table, and the ARNs behind each scope of rights (functions/permissions.ts), from the definitions and what the stack has.
import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib'
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb'
import type * as sns from 'aws-cdk-lib/aws-sns'
import type * as sqs from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import { expiry } from '../core/budget/stored.ts'
import { sourcesOf as sourcesOfConsumers } from '../core/consumers/sources.ts'
import { locate, lookRoleOf } from '../core/location.ts'
import { objectResource, sourcesOf } from '../core/service/artifacts.ts'
import { Problem } from '../core/problem.ts'
import { checkSources, wrongInAddress } from '../core/prometheus/signal.ts'
import { isObserved, type Service } from '../core/service/service.ts'
import { isReported } from '../core/service/slo.ts'
import type { Environment } from '../functions/environment.ts'
import { functionArn, reportedSloArn, type Resources } from './controller-functions.ts'

type Installed = {
  readonly services: readonly Service[]
  /** Functions that are released in this account. */
  readonly machineArn: string
  readonly machineName: string
  readonly table: Pick<dynamodb.TableV2, 'tableArn' | 'tableStreamArn'>
  readonly topics: Readonly<Record<string, sns.ITopic | undefined>>
  readonly lost: sqs.IQueue
}

const unique = (arns: readonly string[]): readonly string[] => [...new Set(arns)].sort()

const workspacesOf = (services: readonly Service[]): readonly string[] =>
  unique(services.flatMap(({ signals }) => (signals.prometheus ?? []).flatMap((one) => one.workspace ?? [])))

/**
 * Functions in this account: those that are released, or those that are only watched, on which no right to move is given.
 * Functions reached through a role of another account get their permissions from that role.
 */
export function targetArnsOf(
  scope: Construct,
  services: readonly Service[],
  mode: 'own' | 'observe' = 'own',
): readonly string[] {
  const own = services
    .filter((service) => isObserved(service) === (mode === 'observe'))
    .flatMap((service) => service.targets.filter((one) => one.roleArn === undefined))
  return unique(own.map((one) => one.functionName)).map((name) => functionArn(scope, name))
}

/** A pattern on qualified ARNs allows no call about the function itself (docs/aws.md §9). */
const prunedVersionsOf = (scope: Construct, services: readonly Service[]): readonly string[] =>
  unique(
    services.flatMap(({ versions, targets }) =>
      versions === undefined ? [] : targets.map(({ functionName }) => `${functionArn(scope, functionName)}:*`),
    ),
  )

/** A definition that promises it for a function elsewhere is refused. */
function provisionedIn(
  scope: Construct,
  services: readonly Service[],
): Pick<Resources, 'provisioned' | 'provisionedVersions' | 'scaled'> {
  const arns = unique(
    services.flatMap(({ targets }) =>
      targets.flatMap(({ functionName, provisionedConcurrency }) =>
        provisionedConcurrency === undefined ? [] : [functionArn(scope, functionName)],
      ),
    ),
  )
  return { provisioned: arns, provisionedVersions: arns.map((arn) => `${arn}:*`), scaled: arns.length > 0 ? ['*'] : [] }
}

/** The alarms of a target tracking policy begin with the name of what it scales (docs/aws.md §1.3). */
function movedScalingIn(
  scope: Construct,
  services: readonly Service[],
): Pick<Resources, 'movedScaling' | 'movedScalingSeen' | 'movedScalingVersions' | 'movedScalingAlarms'> {
  const moved = unique(
    services.flatMap(({ targets }) => targets.flatMap((one) => (one.moveScaling ? [one.functionName] : []))),
  )
  const { partition, region, account } = Stack.of(scope)
  const some = (resource: string): readonly string[] => (moved.length > 0 ? [resource] : [])
  return {
    movedScaling: some(`arn:${partition}:application-autoscaling:${region}:${account}:scalable-target/*`),
    movedScalingSeen: some('*'),
    movedScalingVersions: moved.map((name) => `${functionArn(scope, name)}:*`),
    movedScalingAlarms: moved.map(
      (name) => `arn:${partition}:cloudwatch:${region}:${account}:alarm:TargetTracking-function:${name}:*`,
    ),
  }
}

/** Nothing where no definition asks how much concurrency is free. */
function boundedIn(scope: Construct, services: readonly Service[]): Pick<Resources, 'headroom' | 'headroomOfAccount'> {
  const asking = services.filter(({ gates }) => gates.headroom !== undefined)
  return { headroom: targetArnsOf(scope, asking), headroomOfAccount: asking.length > 0 ? ['*'] : [] }
}

/** IAM checks a listing of deployments on the application and on the environment. */
function dependedOn(
  scope: Construct,
  services: readonly Service[],
): Pick<Resources, 'dependedSecrets' | 'dependedParameters' | 'dependedEnvironments'> {
  const depends = services.flatMap((service) => service.depends ?? [])
  const environments = depends.flatMap(({ appConfig = [] }) =>
    appConfig.flatMap(({ application, environment }) => [application, `${application}/environment/${environment}`]),
  )
  return {
    dependedSecrets: unique(depends.flatMap(({ secrets = [] }) => secrets)),
    dependedParameters: depends.some(({ parameters = [] }) => parameters.length > 0) ? ['*'] : [],
    dependedEnvironments: unique(environments).map((resourceName) =>
      Stack.of(scope).formatArn({ service: 'appconfig', resource: 'application', resourceName }),
    ),
  }
}

/** Of functions in this account: what is in another one is looked for as the role of its account. */
function consumedIn(
  scope: Construct,
  services: readonly Service[],
): Pick<Resources, 'consumedQueues' | 'consumedMappings'> {
  const sources = services.flatMap(({ signals, targets }) =>
    targets
      .filter(({ roleArn }) => roleArn === undefined)
      .flatMap(({ functionName }) =>
        sourcesOfConsumers(signals.consumers ?? [], functionName).map((source) => ({
          ...source,
          region: locate(functionName).region,
        })),
      ),
  )
  const arns = (isMapping: boolean, arnOf: typeof queueArn) =>
    unique(
      sources
        .filter(({ field }) => (field === 'mapping') === isMapping)
        .map(({ name, region }) => arnOf(scope, name, region)),
    )
  return { consumedQueues: arns(false, queueArn), consumedMappings: arns(true, mappingArn) }
}

const inRegion = (region: string | undefined) => (region === undefined ? {} : { region })

export const queueArn = (scope: Construct, resource: string, region?: string): string =>
  Stack.of(scope).formatArn({
    ...{ service: 'sqs', resource, arnFormat: ArnFormat.NO_RESOURCE_NAME, ...inRegion(region) },
  })

export const mappingArn = (scope: Construct, resourceName: string, region?: string): string =>
  Stack.of(scope).formatArn({
    ...{ service: 'lambda', resource: 'event-source-mapping', resourceName, ...inRegion(region) },
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  })

export function resourcesOf(
  scope: Construct,
  { services, machineArn, machineName, table, topics, lost }: Installed,
): Resources {
  const targetArns = targetArnsOf(scope, services)
  const observedArns = targetArnsOf(scope, services, 'observe')
  // What is only watched is not released: no hook is called for it, and no artifact read.
  const owned = services.filter((service) => !isObserved(service))
  const objects = owned.flatMap((service) => sourcesOf(service).s3)
  const images = owned.flatMap((service) => sourcesOf(service).ecr)
  const targets = owned.flatMap((service) => service.targets)
  const looked = services.flatMap((service) => service.targets)
  return {
    table: [table.tableArn],
    machine: [machineArn],
    executions: [
      Stack.of(scope).formatArn({
        ...{ service: 'states', resource: 'execution', resourceName: `${machineName}:*` },
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    ],
    targets: targetArns,
    targetRoles: unique(targets.flatMap(({ roleArn }) => roleArn ?? [])),
    lookRoles: unique(looked.flatMap((target) => lookRoleOf(target) ?? [])),
    targetVersions: targetArns.map((arn) => `${arn}:*`),
    prunedVersions: prunedVersionsOf(scope, owned),
    ...provisionedIn(scope, owned),
    ...movedScalingIn(scope, owned),
    ...boundedIn(scope, owned),
    observed: observedArns,
    observedVersions: observedArns.map((arn) => `${arn}:*`),
    hooks: unique(
      owned.flatMap((service) => service.hooks.map((hook) => functionArn(scope, hook.functionName))),
    ).flatMap((arn) => [arn, `${arn}:*`]),
    ...consumedIn(scope, services),
    bus: [Stack.of(scope).formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' })],
    topic: Object.values(topics).flatMap((topic) => topic?.topicArn ?? []),
    lost: [lost.queueArn],
    stream: [table.tableStreamArn ?? ''],
    ...{ logCopies: [], telemetryQueue: [], telemetrySecrets: [], telemetryKeys: [] },
    reportedSlos: unique(
      services.flatMap(({ slos }) => slos.filter(isReported).map(({ sli }) => reportedSloArn(scope, sli.id))),
    ),
    workspaces: workspacesOf(owned),
    observedWorkspaces: workspacesOf(services.filter(isObserved)),
    ...dependedOn(scope, owned),
    artifacts: unique(objects.map((one) => `arn:${Stack.of(scope).partition}:s3:::${objectResource(one)}`)),
    artifactKeys: unique(objects.flatMap(({ kmsKey }) => (kmsKey === undefined ? [] : [kmsKey]))),
    repositories: unique(
      images.map(({ repository, registry: account }) =>
        Stack.of(scope).formatArn({
          ...{ service: 'ecr', resource: 'repository', resourceName: repository },
          ...(account === undefined ? {} : { account }),
        }),
      ),
    ),
    everything: ['*'],
  }
}

/**
 * The addresses that services may name as a Prometheus: the controller calls no other.
 * @throws Problem `prometheus_refused`, `definition_invalid`
 */
export function prometheusSettings(
  services: readonly Service[],
  urls: readonly string[] = [],
): Pick<Environment, 'TIDEGATE_PROMETHEUS'> {
  for (const url of urls) {
    const wrong = wrongInAddress(url)
    if (wrong !== undefined)
      throw new Problem('definition_invalid', `prometheusUrls: "${url.slice(0, 200)}" is not ${wrong}.`)
  }
  for (const service of services) checkSources(service, urls)
  return urls.length === 0 ? {} : { TIDEGATE_PROMETHEUS: JSON.stringify(urls) }
}

export const tableOf = (scope: Construct): dynamodb.TableV2 =>
  new dynamodb.TableV2(scope, 'Table', {
    dynamoStream: dynamodb.StreamViewType.KEYS_ONLY,
    partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
    sortKey: { name: 'sk', type: dynamodb.AttributeType.STRING },
    timeToLiveAttribute: expiry.attribute,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    // The table holds what was decided. Whoever really wants it gone takes this off first.
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  })
