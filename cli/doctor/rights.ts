// Whether the controller's roles have the permissions that their functions need. Asks IAM's policy simulator, which knows the
// role's policies, its permissions boundary and the organization's policies: an organization can deny what the stack grants.
import { type ContextEntry, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam'
import { ListTagsCommand } from '@aws-sdk/client-lambda'
import { sourcesOf as consumedOf } from '../../core/consumers/sources.ts'
import { hasOneRole, isElsewhere, lookRoleOf } from '../../core/location.ts'
import { sourcesOf } from '../../core/service/artifacts.ts'
import { homeOf } from '../../core/origin.ts'
import { own } from '../../core/own.ts'
import { outOfReach, Reach } from '../../core/reach/reach.ts'
import { isObserved, type Service } from '../../core/service/service.ts'
import type { Verb } from '../../functions/handlers.ts'
import { patternsOf } from '../../cloud/kinds.ts'
import { itemRights, onlyWhere, permissions, type Scope } from '../../functions/permissions.ts'
import { type Account, type Check, deployed } from './account.ts'
import { awsCommand, each, type Finding, ok, problem } from './finding.ts'

export const rights: Check = {
  id: 'rights',
  right: "The controller's roles have the permissions that their functions need.",
  asks: ['iam:SimulatePrincipalPolicy', 'lambda:GetFunctionConfiguration', 'lambda:ListTags'],
  async look(account) {
    const functions = await deployed(account)
    const resources = await resourcesOf(account)
    const reach = await reachOf(account)
    if (reach !== undefined) return reachable(account, reach, resources)
    const name = ([verb]: (typeof functions)[number]): string => `${account.prefix}-${verb}`
    const found = await each(functions, name, 'iam:SimulatePrincipalPolicy', async ([verb, { Role = '' }]) => {
      const denied: Finding[] = []
      for (const [scope, actions] of grantsOf(verb))
        for (const resource of askedOf(scope, resources[scope] ?? []))
          denied.push(
            ...(await deniedOf(account, name([verb, {}]), Role, { actions, resource, where: onlyWhere[scope] })),
          )
      for (const { actions, kinds } of itemRights(verb)) {
        const keys = patternsOf(kinds).map((pattern) => pattern.replace('*', 'doctor'))
        for (const resource of askedOf('table', resources.table ?? []))
          denied.push(...(await deniedOf(account, name([verb, {}]), Role, { actions, resource, keys })))
      }
      return denied
    })
    const wide = oneRoleOf(await account.services())
    return found.length > 0 || functions.length === 0
      ? [...found, ...wide]
      : [ok(account.prefix, `The roles of ${functions.length} functions have the permissions that they need.`), ...wide]
  },
}

/** Without the CDK: everything is granted by parameters and by a tag, which IAM's simulator does not look up. */
async function reachable(account: Account, reach: Reach, resources: Resources): Promise<readonly Finding[]> {
  const home = homeOf(await account.setting('TIDEGATE_STATE_MACHINE_ARN'))
  const beyond = (await account.services()).flatMap((service) =>
    outOfReach(service, reach, home).map((says) =>
      problem(service.name, says, {
        words: 'Change the parameters of the stack, or the definition (docs/template.md).',
      }),
    ),
  )
  const { key, value } = reach.tag
  const functions = [...new Set([...(resources.targets ?? []), ...(resources.hooks ?? [])])]
  const untagged = await each(
    functions,
    (arn) => arn,
    'lambda:ListTags',
    async (Resource) => {
      const { Tags = {} } = await account.lambda.send(new ListTagsCommand({ Resource }))
      if (own(Tags, key) === value) return []
      return [
        problem(Resource, `It has no tag ${key}=${value}, so the controller may not touch it.`, {
          commands: [awsCommand('lambda', 'tag-resource', { Resource, Tags: { [key]: value } })],
        }),
      ]
    },
  )
  const found = [...beyond, ...untagged]
  return found.length > 0
    ? found
    : [ok(account.prefix, `All ${functions.length} functions of the services have the tag.`)]
}

/** `undefined` where the stack was made for its services. */
async function reachOf(account: Account): Promise<Reach | undefined> {
  const variables = (await account.controllerFunction('page'))?.Environment?.Variables ?? {}
  const text = own(variables, 'TIDEGATE_REACH')
  return text === undefined ? undefined : Reach.parse(JSON.parse(text))
}

const oneRoleOf = (services: readonly Service[]): readonly Finding[] =>
  services.flatMap(({ name, targets }) =>
    targets.filter(hasOneRole).map(({ functionName, alias }) =>
      ok(`${functionName}:${alias} (${name})`, 'The functions that only look assume the role that moves.', {
        words: 'Name `lookRole` beside `role` in the definition. TargetAccess makes both (docs/deploy.md).',
      }),
    ),
  )

/**
 * Leaves out the answers to tasks: the simulator knows no resource for them, and reports denied where IAM allows (docs/aws.md
 * §9).
 */
const grantsOf = (verb: Verb): readonly (readonly [OtherScope, readonly string[]])[] =>
  scopesOf(verb).flatMap((scope) => {
    const actions: readonly string[] = permissions[verb][scope] ?? []
    const known = actions.filter((action) => !action.startsWith('states:SendTask'))
    return known.length === 0 ? [] : [[scope, known] as const]
  })

type OtherScope = Exclude<Scope, 'table'>
const scopesOf = (verb: Verb): readonly OtherScope[] => Object.keys(permissions[verb]) as OtherScope[]

const asksForAll: readonly Scope[] = [
  ...(['artifacts', 'artifactKeys', 'repositories', 'workspaces'] as const),
  ...(['dependedSecrets', 'dependedEnvironments', 'consumedQueues', 'consumedMappings'] as const),
  ...(['movedScalingVersions', 'movedScalingAlarms'] as const),
]

/**
 * The first resource stands for its type, because all of a type are granted together. But a definition that was applied after the
 * deploy may name an artifact that nobody was granted.
 */
const askedOf = (scope: Scope, resources: readonly string[]): readonly string[] =>
  asksForAll.includes(scope) ? [...new Set(resources)] : resources.slice(0, 1)

type Asked = {
  readonly actions: readonly string[]
  readonly resource: string
  /** Partition keys of items. */
  readonly keys?: readonly string[]
  /** What such a request says besides. */
  readonly where?: Readonly<Record<string, string>> | undefined
}

async function deniedOf(
  { iam }: Account,
  about: string,
  PolicySourceArn: string,
  { actions, resource, keys, where = {} }: Asked,
): Promise<readonly Finding[]> {
  const entries = [...(keys === undefined ? [] : [leadingKeys(keys)]), ...Object.entries(where).map(contextOf)]
  const { EvaluationResults = [] } = await iam.send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn,
      ActionNames: [...actions],
      ...(resource === '*' ? {} : { ResourceArns: [resource] }),
      ...(entries.length === 0 ? {} : { ContextEntries: entries }),
    }),
  )
  return EvaluationResults.filter(({ EvalDecision }) => EvalDecision !== 'allowed').map((result) => {
    const { EvalActionName = '', EvalResourceName = '*' } = result
    const byOrganisation = result.OrganizationsDecisionDetail?.AllowedByOrganizations === false
    const byBoundary = result.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary === false
    const why = byOrganisation
      ? ' A policy of the organisation forbids it.'
      : byBoundary
        ? ' Its permissions boundary forbids it.'
        : ''
    const words = byOrganisation
      ? 'Ask the owner of the service control policies to exempt the role.'
      : byBoundary
        ? "Add it to the role's permissions boundary."
        : `Grant ${EvalActionName} to ${PolicySourceArn}: deploy the controller again, with this service among \`services\`.`
    return problem(about, `It may not ${EvalActionName} on ${EvalResourceName}.${why}`, {
      words,
      cdk: 'npx cdk deploy',
    })
  })
}

const leadingKeys = (keys: readonly string[]): ContextEntry => ({
  ContextKeyName: 'dynamodb:LeadingKeys',
  ContextKeyType: 'stringList',
  ContextKeyValues: [...keys],
})

const contextOf = ([ContextKeyName, value]: readonly [string, string]): ContextEntry => ({
  ...{ ContextKeyName, ContextKeyType: 'string', ContextKeyValues: [value] },
})

type Resources = Partial<Readonly<Record<Scope, readonly string[]>>>

/** Resources by the stack's naming. Resources whose name cannot be found out are not checked. */
async function resourcesOf(account: Account): Promise<Resources> {
  const machine = await account.setting('TIDEGATE_STATE_MACHINE_ARN')
  const [, partition = 'aws', region = '', accountId = ''] = /^arn:([^:]+):states:([^:]+):(\d{12}):/.exec(machine) ?? []
  const arn = (service: string, rest: string): string => `arn:${partition}:${service}:${region}:${accountId}:${rest}`
  const all = await account.services()
  // What is only watched gets no right to write, and needs none for hooks and artifacts.
  const services = all.filter((service) => !isObserved(service))
  const ofHere = (some: readonly Service[]): readonly string[] =>
    some
      .flatMap((service) => service.targets.filter(({ roleArn }) => roleArn === undefined))
      .map(({ functionName }) => functionArn(functionName, arn))
  const targets = ofHere(services)
  const observed = ofHere(all.filter(isObserved))
  const sources = services.map(sourcesOf)
  const hooks = services.flatMap((service) => service.hooks.map(({ functionName }) => functionArn(functionName, arn)))
  return {
    table: [arn('dynamodb', `table/${await account.setting('TIDEGATE_TABLE')}`)],
    machine: [machine],
    executions: [`${machine.replace(':stateMachine:', ':execution:')}:doctor`],
    topic: [await account.setting('TIDEGATE_TOPIC_ARN')],
    bus: [arn('events', `event-bus/${await account.setting('TIDEGATE_BUS')}`)],
    targets,
    targetVersions: targets.map((one) => `${one}:1`),
    observed,
    observedVersions: observed.map((one) => `${one}:1`),
    hooks,
    targetRoles: services.flatMap((service) => service.targets.flatMap(({ roleArn }) => roleArn ?? [])),
    observedWorkspaces: [],
    workspaces: services.flatMap(({ signals }) => (signals.prometheus ?? []).flatMap((one) => one.workspace ?? [])),
    ...dependedOn(services, arn),
    ...consumedBy(all, arn),
    ...concurrencyOf(services, arn),
    lookRoles: all.flatMap((service) => service.targets.flatMap((target) => lookRoleOf(target) ?? [])),
    artifacts: sources.flatMap(({ s3 }) =>
      s3.map(({ bucket, key, prefix }) => `arn:${partition}:s3:::${bucket}/${key ?? `${prefix}doctor`}`),
    ),
    artifactKeys: sources.flatMap(({ s3 }) => s3.flatMap(({ kmsKey }) => kmsKey ?? [])),
    repositories: sources.flatMap(({ ecr }) =>
      ecr.map(
        ({ repository, registry = accountId }) => `arn:${partition}:ecr:${region}:${registry}:repository/${repository}`,
      ),
    ),
    everything: ['*'],
  }
}

/** Of functions in this account and region. */
function consumedBy(services: readonly Service[], arn: (service: string, rest: string) => string): Resources {
  const sources = services.flatMap(({ signals, targets }) =>
    targets
      .filter((target) => !isElsewhere(target))
      .flatMap(({ functionName }) => consumedOf(signals.consumers ?? [], functionName)),
  )
  const mappings = sources.filter(({ field }) => field === 'mapping')
  return {
    consumedQueues: sources.filter(({ field }) => field !== 'mapping').map(({ name }) => arn('sqs', name)),
    consumedMappings: mappings.map(({ name }) => arn('lambda', `event-source-mapping:${name}`)),
  }
}

/** What only some definitions need, so that a stack from before they were applied may lack it. */
function concurrencyOf(services: readonly Service[], arn: ArnOf): Resources {
  const targets = services.flatMap((service) => service.targets)
  const promised = targets.filter((one) => one.provisionedConcurrency !== undefined)
  const bounded = services.filter(({ gates }) => gates.headroom !== undefined).flatMap((service) => service.targets)
  const everything = (some: readonly unknown[]) => (some.length > 0 ? ['*'] : [])
  const provisioned = promised.map(({ functionName }) => functionArn(functionName, arn))
  return {
    ...{ provisioned, provisionedVersions: provisioned.map((one) => `${one}:1`), scaled: everything(promised) },
    ...movedOf(targets, arn),
    ...{
      headroom: bounded.map(({ functionName }) => functionArn(functionName, arn)),
      headroomOfAccount: everything(bounded),
    },
  }
}

/** Names of scalable targets and alarms are AWS's: any stands for them. */
function movedOf(targets: Service['targets'], arn: ArnOf): Resources {
  const moved = targets.flatMap((one) => (one.moveScaling ? [one.functionName] : []))
  const some = (resource: string): readonly string[] => (moved.length > 0 ? [resource] : [])
  return {
    movedScaling: some(arn('application-autoscaling', 'scalable-target/doctor')),
    movedScalingSeen: some('*'),
    movedScalingVersions: moved.map((name) => `${functionArn(name, arn)}:1`),
    movedScalingAlarms: moved.map((name) => arn('cloudwatch', `alarm:TargetTracking-function:${name}:1-doctor`)),
  }
}

type ArnOf = (service: string, rest: string) => string

const dependedOn = (services: readonly Service[], arn: ArnOf): Resources => {
  const depends = services.flatMap((service) => service.depends ?? [])
  return {
    dependedSecrets: depends.flatMap(({ secrets = [] }) => secrets),
    dependedParameters: depends.some(({ parameters = [] }) => parameters.length > 0) ? ['*'] : [],
    dependedEnvironments: depends.flatMap(({ appConfig = [] }) =>
      appConfig.flatMap(({ application, environment }) =>
        [`application/${application}`, `application/${application}/environment/${environment}`].map((one) =>
          arn('appconfig', one),
        ),
      ),
    ),
  }
}

const functionArn = (name: string, arn: (service: string, rest: string) => string): string =>
  name.startsWith('arn:') ? name : arn('lambda', `function:${name}`)
