// AppConfig: the last deployment to an environment, and whether one is under way. What is deployed is never read.
import { type AppConfigClient, type DeploymentSummary, ListDeploymentsCommand } from '@aws-sdk/client-appconfig'
import type { Dependency } from '../../../core/around/changes.ts'
import { appConfigName, type AppConfigProfile } from '../../../core/around/depends.ts'
import { oneLine } from '../../../core/foreign-text.ts'
import type { ConfigDeployments } from '../../ports.ts'
import { asProblem } from '../failure.ts'

/** What one call brings, the newest first. Deployments before that are history. */
const deploymentsMost = 50
const isOver = new Set(['COMPLETE', 'ROLLED_BACK', 'REVERTED'])

export function awsConfigDeployments(client: AppConfigClient): ConfigDeployments {
  return { read: (profiles) => Promise.all(profiles.map((profile) => readOne(client, profile))) }
}

async function readOne(client: AppConfigClient, profile: AppConfigProfile): Promise<Dependency> {
  const of = { kind: 'appConfig', name: appConfigName(profile) } as const
  const { application: ApplicationId, environment: EnvironmentId } = profile
  try {
    const command = new ListDeploymentsCommand({ ApplicationId, EnvironmentId, MaxResults: deploymentsMost })
    const { Items = [] } = await client.send(command)
    const ours = Items.filter(({ ConfigurationName }) => (profile.profile ?? ConfigurationName) === ConfigurationName)
    const [latest] = ours
    if (latest === undefined) return { ...of, version: 'no deployment' }
    const moving = ours.find(({ State }) => !isOver.has(State ?? ''))
    return { ...of, ...versionOf(latest), ...(moving === undefined ? {} : { underWay: movingWords(moving) }) }
  } catch (error) {
    const call = `appconfig:ListDeployments of ${of.name}`
    return { ...of, unread: asProblem(error, call).message.slice(0, 300) }
  }
}

/** A deployment that was rolled back has changed the configuration once more. */
function versionOf({ DeploymentNumber, State, StartedAt, CompletedAt }: DeploymentSummary) {
  const isBack = State === 'ROLLING_BACK' || State === 'ROLLED_BACK' || State === 'REVERTED'
  const at = isBack ? (CompletedAt ?? StartedAt) : StartedAt
  return {
    version: `deployment ${DeploymentNumber ?? 0}${isBack ? ', rolled back' : ''}`,
    ...(at === undefined ? {} : { changedAtMs: at.getTime() }),
  }
}

const movingWords = ({ DeploymentNumber, State, PercentageComplete, ConfigurationName }: DeploymentSummary): string =>
  oneLine(
    `deployment ${DeploymentNumber ?? 0} of ${ConfigurationName ?? 'a profile'}, ${State ?? 'unknown'}, ${PercentageComplete ?? 0} %`,
    200,
  )
