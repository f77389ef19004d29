// Incidents in other platforms by parameters: each platform's own resources are there only with its secret, and OpsItems where
// they are asked for.
import { Fn, type Stack } from 'aws-cdk-lib'
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import type { ReleaseController, ReleaseControllerProps } from '../controller.ts'
import { onlyIf } from './only-if.ts'
import type { Given } from './parameters.ts'

/** All of them: what is not asked for gets a condition. */
export const everyPlatform = (
  stack: Stack,
  { pagerDuty, jira }: Given['incidents'],
): NonNullable<ReleaseControllerProps['incidentsOut']> => ({
  pagerDuty: { secret: Secret.fromSecretCompleteArn(stack, 'RoutingKey', pagerDuty.value), url: pagerDuty.url },
  jiraServiceManagement: { secret: Secret.fromSecretCompleteArn(stack, 'JiraKey', jira.value), url: jira.url },
  opsCenter: true,
})

export function incidentsBy(
  { has, byDestination, pagerDuty, jira, opsCenter }: Given['incidents'],
  { incidentsOut }: ReleaseController,
): void {
  if (incidentsOut === undefined) return
  const part = (...ids: readonly string[]) => ids.map((id) => incidentsOut.node.findChild(id))
  onlyIf(pagerDuty.has, ...part('PagerDuty', 'PagerDutyEvents'))
  onlyIf(jira.has, ...part('Jira', 'JiraAlerts', 'JiraClosing'))
  onlyIf(opsCenter, ...part('OpsItems', 'OpensOpsItems', 'OverOpsItems'))
  // A rule without targets is of no use.
  onlyIf(byDestination, ...part('Opened', 'Resolved', 'Fixed'))
  onlyIf(has, incidentsOut)
  const [over] = part('Over').map(({ node }) => node.defaultChild as sfn.CfnStateMachine)
  over?.addPropertyOverride('DefinitionSubstitutions.HasOpsItems', Fn.conditionIf(opsCenter.logicalId, 'true', 'false'))
}
