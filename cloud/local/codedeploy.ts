// CodeDeploy, only what tells which deployment groups move which aliases of Lambda functions. Nothing is deployed here: `deployed`
// records what a deployment would have left.
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

export function localCodeDeploy({ ids }: { readonly ids: () => string }): LocalCodeDeploy {
  const applications = new Map<string, string>()
  const groups = new Map<string, Group>()
  const deployments = new Map<string, Deployed & { readonly group: string }>()
  const key = (application: string, group: string): string => `${application}\0${group}`

  function applicationIn(input: Input): string {
    const name = text(input, 'applicationName')
    if (applications.has(name)) return name
    throw new AwsError('ApplicationDoesNotExistException', `No application found for name: ${name}`)
  }

  function described({ applicationName, deploymentGroupName, ...rest }: Group): Record<string, unknown> {
    const id = [...deployments].findLast(([, { group }]) => group === key(applicationName, deploymentGroupName))?.[0]
    return {
      ...{ applicationName, deploymentGroupName, ...rest, computePlatform: applications.get(applicationName) },
      ...(id === undefined ? {} : { lastSuccessfulDeployment: { deploymentId: id, status: 'Succeeded' } }),
    }
  }

  function deployment(input: Input): readonly [string, Deployed] {
    const id = text(input, 'deploymentId')
    const found = deployments.get(id)
    if (found !== undefined) return [id, found]
    throw new AwsError('DeploymentDoesNotExistException', `The deployment ${id} could not be found`)
  }

  const operations: Operations = {
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
    CreateDeploymentGroup(input) {
      const applicationName = applicationIn(input)
      const deploymentGroupName = text(input, 'deploymentGroupName')
      const { alarmConfiguration } = input
      groups.set(key(applicationName, deploymentGroupName), {
        ...{ applicationName, deploymentGroupName, serviceRoleArn: text(input, 'serviceRoleArn') },
        deploymentConfigName: optionalText(input, 'deploymentConfigName') ?? 'CodeDeployDefault.OneAtATime',
        ...(alarmConfiguration === undefined ? {} : { alarmConfiguration }),
      })
      return { deploymentGroupId: ids() }
    },
    ListApplications: (input) => page([...applications.keys()], 'applications', input),
    BatchGetApplications: (input) => ({
      applicationsInfo: namesIn(input, 'applicationNames').flatMap((applicationName) => {
        const computePlatform = applications.get(applicationName)
        return computePlatform === undefined ? [] : [{ applicationName, computePlatform }]
      }),
    }),
    ListDeploymentGroups(input) {
      const applicationName = applicationIn(input)
      const own = [...groups.values()].filter((group) => group.applicationName === applicationName)
      const names = own.map(({ deploymentGroupName }) => deploymentGroupName)
      return { applicationName, ...page(names, 'deploymentGroups', input) }
    },
    BatchGetDeploymentGroups(input) {
      const applicationName = applicationIn(input)
      const found = namesIn(input, 'deploymentGroupNames').flatMap(
        (name) => groups.get(key(applicationName, name)) ?? [],
      )
      return { deploymentGroupsInfo: found.map(described) }
    },
    ListDeploymentTargets(input) {
      const [, { functionName, alias }] = deployment(input)
      return { targetIds: [`${functionName}:${alias}`] }
    },
    BatchGetDeploymentTargets(input) {
      const [deploymentId, { functionName, alias, hooks = [] }] = deployment(input)
      const lambdaTarget = {
        ...{ deploymentId, targetId: `${functionName}:${alias}`, status: 'Succeeded' },
        lambdaFunctionInfo: { functionName, functionAlias: alias, currentVersion: '1', targetVersion: '2' },
        lifecycleEvents: hooks.map((lifecycleEventName) => ({ lifecycleEventName, status: 'Succeeded' })),
      }
      const asked = namesIn(input, 'targetIds').filter((id) => id === lambdaTarget.targetId)
      return { deploymentTargets: asked.map(() => ({ deploymentTargetType: 'LambdaTarget', lambdaTarget })) }
    },
  }
  return {
    handle: (request, caller) => answerJson(request, caller, operations, '1.1'),
    deployed(application, group, what) {
      const id = `d-${ids().slice(0, 9).toUpperCase()}`
      deployments.set(id, { ...what, group: key(application, group) })
      return id
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
