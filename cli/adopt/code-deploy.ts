// Deployment groups of CodeDeploy that move aliases of Lambda functions: read only. Which function a group moves, only its
// deployments know.
import {
  BatchGetApplicationsCommand,
  BatchGetDeploymentGroupsCommand,
  BatchGetDeploymentTargetsCommand,
  type CodeDeployClient,
  type DeploymentGroupInfo,
  ListDeploymentTargetsCommand,
  paginateListApplications,
  paginateListDeploymentGroups,
} from '@aws-sdk/client-codedeploy'
import { translated } from '../../cloud/aws/failure.ts'
import { eachShown, sentenceOf } from '../../functions/steps/each.ts'
import type { DeployGroup } from './facts.ts'

type Groups = { readonly groups: readonly DeployGroup[]; readonly notes: readonly string[] }

/** CodeDeploy answers for at most so many at once (API reference of its Batch... operations), targets 25. */
const batch = 100
const targetsBatch = 25

/** @throws Problem if the applications cannot be listed */
export async function groupsOf(client: CodeDeployClient): Promise<Groups> {
  const pages = paginateListApplications({ client }, {})
  const names = (await translated('codedeploy:ListApplications', Array.fromAsync(pages))).flatMap(
    ({ applications = [] }) => applications,
  )
  const read = await eachShown(chunks(names, batch), async (applicationNames) => {
    const asked = client.send(new BatchGetApplicationsCommand({ applicationNames: [...applicationNames] }))
    return (await translated('codedeploy:BatchGetApplications', asked)).applicationsInfo ?? []
  })
  const ofLambda = read.done
    .flat()
    .flatMap(({ applicationName, computePlatform }) =>
      applicationName !== undefined && computePlatform === 'Lambda' ? [applicationName] : [],
    )
  const groups = await eachShown(ofLambda, (application) => groupsIn(client, application))
  const failed = [...read.failed, ...groups.failed]
  return {
    groups: groups.done.flatMap((one) => one.groups),
    notes: [
      ...failed.map(({ item, error }) => `CodeDeploy ${[item].flat().join(', ')}: ${sentenceOf(error)}`),
      ...groups.done.flatMap((one) => one.notes),
    ],
  }
}

async function groupsIn(client: CodeDeployClient, applicationName: string): Promise<Groups> {
  const pages = paginateListDeploymentGroups({ client }, { applicationName })
  const call = `of ${applicationName}`
  const names = (await translated(`codedeploy:ListDeploymentGroups ${call}`, Array.fromAsync(pages))).flatMap(
    ({ deploymentGroups = [] }) => deploymentGroups,
  )
  const { done, failed } = await eachShown(chunks(names, batch), async (deploymentGroupNames) => {
    const command = new BatchGetDeploymentGroupsCommand({
      applicationName,
      deploymentGroupNames: [...deploymentGroupNames],
    })
    const answer = await translated(`codedeploy:BatchGetDeploymentGroups ${call}`, client.send(command))
    return answer.deploymentGroupsInfo ?? []
  })
  const moved = await eachShown(done.flat(), (group) => groupOf(client, group))
  return {
    groups: [...moved.done, ...moved.failed.map(({ item }) => plainGroup(item))],
    notes: [...failed, ...moved.failed].map(({ error }) => `CodeDeploy ${call}: ${sentenceOf(error)}`),
  }
}

const plainGroup = (group: DeploymentGroupInfo): DeployGroup => ({
  application: group.applicationName ?? '',
  name: group.deploymentGroupName ?? '',
  config: group.deploymentConfigName ?? '',
  alarms: (group.alarmConfiguration?.alarms ?? []).flatMap(({ name }) => (name === undefined ? [] : [name])),
  hooks: [],
})

/** The function and the alias of its latest deployment, and which hooks that had. */
async function groupOf(client: CodeDeployClient, group: DeploymentGroupInfo): Promise<DeployGroup> {
  const { lastSuccessfulDeployment, lastAttemptedDeployment } = group
  const deploymentId = (lastSuccessfulDeployment ?? lastAttemptedDeployment)?.deploymentId
  const plain = plainGroup(group)
  if (deploymentId === undefined) return plain
  // A deployment to Lambda has one target, so there is no second page.
  const listing = client.send(new ListDeploymentTargetsCommand({ deploymentId }))
  const { targetIds: listed = [] } = await translated(`codedeploy:ListDeploymentTargets of ${deploymentId}`, listing)
  const targetIds = listed.slice(0, targetsBatch)
  if (targetIds.length === 0) return plain
  const command = new BatchGetDeploymentTargetsCommand({ deploymentId, targetIds })
  const answer = await translated(`codedeploy:BatchGetDeploymentTargets of ${deploymentId}`, client.send(command))
  const target = answer.deploymentTargets?.map(({ lambdaTarget }) => lambdaTarget).find((one) => one !== undefined)
  const { functionName, functionAlias } = target?.lambdaFunctionInfo ?? {}
  const events = (target?.lifecycleEvents ?? []).flatMap(({ lifecycleEventName: name }) =>
    name === 'BeforeAllowTraffic' || name === 'AfterAllowTraffic' ? [name] : [],
  )
  return {
    ...plain,
    hooks: events,
    ...(functionName === undefined ? {} : { functionName }),
    ...(functionAlias === undefined ? {} : { alias: functionAlias }),
  }
}

const chunks = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size))
