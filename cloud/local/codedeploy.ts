// CodeDeploy, only what tells which deployment groups move which aliases of Lambda functions. Nothing is deployed here:
// `deployed` records what a deployment would have left.
import { AwsError } from './protocol/aws-error.ts'
import { list, optionalText, text } from './protocol/field.ts'
import { answerJson, type Input, type Operations } from './protocol/json-protocol.ts'
import type { LocalService } from './protocol/service.ts'

type Group = {
  readonly applicationName: string
  readonly deploymentGroupName: string
  readonly deploymentConfigName: string
  readonly serviceRoleArn: string
  readonly alarmConfiguration?: unknown
}
type Deployed = { readonly functionName: string; readonly alias: string; readonly hooks?: readonly string[] }

export type LocalCodeDeploy = LocalService & {
  /** Acts as a successful deployment of a group. @returns its id */
  deployed(application: string, group: string, what: Deployed): string
}

const pageSize = 100
const computePlatforms = ['Lambda', 'Server', 'ECS', 'Kubernetes']

type Kept = {
  readonly ids: () => string
  /** The compute platform of each, by name. */
  readonly applications: Map<string, string>
  readonly groups: Map<string, Group>
  readonly deployments: Map<string, Deployed & { readonly group: string }>
}

export function localCodeDeploy({ ids }: { readonly ids: () => string }): LocalCodeDeploy {
  const kept: Kept = { ids, applications: new Map(), groups: new Map(), deployments: new Map() }
  const operations = { ...applicationsOf(kept), ...groupsOf(kept), ...targetsOf(kept) }
  return {
    handle: (request, caller) => answerJson(request, caller, operations, '1.1'),
    deployed(application, group, what) {
      const id = `d-${ids().slice(0, 9).toUpperCase()}`
      kept.deployments.set(id, { ...what, group: keyOf(application, group) })
      return id
    },
  }
}

const keyOf = (application: string, group: string): string => `${application}\0${group}`

function applicationIn({ applications }: Kept, input: Input): string {
  const name = text(input, 'applicationName')
  if (applications.has(name)) return name
  throw new AwsError('ApplicationDoesNotExistException', `No application found for name: ${name}`)
}

const applicationsOf = ({ ids, applications }: Kept): Operations => ({
  CreateApplication(input) {
    const name = text(input, 'applicationName')
    const platform = optionalText(input, 'computePlatform') ?? 'Server'
    if (applications.has(name))
      throw new AwsError('ApplicationAlreadyExistsException', `Application already exists: ${name}`)
    if (!computePlatforms.includes(platform))
      throw new AwsError('InvalidComputePlatformException', `The compute platform ${platform} is not valid`)
    applications.set(name, platform)
    return { applicationId: ids() }
  },
  ListApplications: (input) => page([...applications.keys()], 'applications', input),
  BatchGetApplications: (input) => ({
    applicationsInfo: namesIn(input, 'applicationNames').flatMap((applicationName) => {
      const computePlatform = applications.get(applicationName)
      return computePlatform === undefined ? [] : [{ applicationName, computePlatform }]
    }),
  }),
})

const groupsOf = (kept: Kept): Operations => ({
  CreateDeploymentGroup(input) {
    const applicationName = applicationIn(kept, input)
    const deploymentGroupName = text(input, 'deploymentGroupName')
    const { alarmConfiguration } = input
    kept.groups.set(keyOf(applicationName, deploymentGroupName), {
      ...{ applicationName, deploymentGroupName, serviceRoleArn: text(input, 'serviceRoleArn') },
      deploymentConfigName: optionalText(input, 'deploymentConfigName') ?? 'CodeDeployDefault.OneAtATime',
      ...(alarmConfiguration === undefined ? {} : { alarmConfiguration }),
    })
    return { deploymentGroupId: kept.ids() }
  },
  ListDeploymentGroups(input) {
    const applicationName = applicationIn(kept, input)
    const own = [...kept.groups.values()].filter((group) => group.applicationName === applicationName)
    const names = own.map(({ deploymentGroupName }) => deploymentGroupName)
    return { applicationName, ...page(names, 'deploymentGroups', input) }
  },
  BatchGetDeploymentGroups(input) {
    const applicationName = applicationIn(kept, input)
    const names = namesIn(input, 'deploymentGroupNames')
    const found = names.flatMap((name) => kept.groups.get(keyOf(applicationName, name)) ?? [])
    return { deploymentGroupsInfo: found.map((group) => described(kept, group)) }
  },
})

function described({ applications, deployments }: Kept, group: Group): Record<string, unknown> {
  const key = keyOf(group.applicationName, group.deploymentGroupName)
  const id = [...deployments].findLast(([, deployment]) => deployment.group === key)?.[0]
  return {
    ...group,
    computePlatform: applications.get(group.applicationName),
    ...(id === undefined ? {} : { lastSuccessfulDeployment: { deploymentId: id, status: 'Succeeded' } }),
  }
}

function targetsOf({ deployments }: Kept): Operations {
  const deploymentIn = (input: Input) => {
    const deploymentId = text(input, 'deploymentId')
    const found = deployments.get(deploymentId)
    if (found !== undefined) return { ...found, deploymentId, targetId: `${found.functionName}:${found.alias}` }
    throw new AwsError('DeploymentDoesNotExistException', `The deployment ${deploymentId} could not be found`)
  }
  return {
    ListDeploymentTargets: (input) => ({ targetIds: [deploymentIn(input).targetId] }),
    BatchGetDeploymentTargets(input) {
      const { deploymentId, targetId, functionName, alias, hooks = [] } = deploymentIn(input)
      const lambdaTarget = {
        ...{ deploymentId, targetId, status: 'Succeeded' },
        lambdaFunctionInfo: { functionName, functionAlias: alias, currentVersion: '1', targetVersion: '2' },
        lifecycleEvents: hooks.map((lifecycleEventName) => ({ lifecycleEventName, status: 'Succeeded' })),
      }
      const asked = namesIn(input, 'targetIds').filter((id) => id === targetId)
      return { deploymentTargets: asked.map(() => ({ deploymentTargetType: 'LambdaTarget', lambdaTarget })) }
    },
  }
}

function namesIn(input: Input, field: string): readonly string[] {
  const names = list(input, field).map(String)
  if (names.length <= pageSize) return names
  throw new AwsError('BatchLimitExceededException', `The number of names in ${field} is more than ${pageSize}`)
}

function page(names: readonly string[], field: string, input: Input): Record<string, unknown> {
  const from = Number(optionalText(input, 'nextToken') ?? 0)
  const end = from + pageSize
  return { [field]: names.slice(from, end), ...(end < names.length ? { nextToken: String(end) } : {}) }
}
