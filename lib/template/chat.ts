// The chat by parameters: the topic, a channel of Slack or Teams that reads it, and what a button of the channel may start.
import { CfnOutput, Fn, type Stack } from 'aws-cdk-lib'
import * as chatbot from 'aws-cdk-lib/aws-chatbot'
import * as iam from 'aws-cdk-lib/aws-iam'
import type { ReleaseController } from '../controller.ts'
import { onlyIf } from './only-if.ts'
import type { Given } from './parameters.ts'

export function chatBy(
  { has, isTold, putBack, slack, teams }: Given['chat'],
  stack: Stack,
  controller: ReleaseController,
): void {
  const { node } = controller
  onlyIf(putBack, node.findChild('PutBackFromChat'), node.findChild('PutBackFromChatRole'))
  onlyIf(has, node.findChild('Chat'), node.findChild('ChatTopicArn'))
  const role = new iam.Role(stack, 'ChannelRole', {
    assumedBy: new iam.ServicePrincipal('chatbot.amazonaws.com'),
    description: "Tidegate: the chat's channel",
  })
  const button = new iam.ManagedPolicy(stack, 'PutBackFromChatPolicy', {
    description: 'Tidegate: Puts traffic back by a button of a chat, and nothing else',
  })
  controller.grantPutBackFromChat(button)
  onlyIf(putBack, button)
  const { managedPolicyArn } = button
  // Without a guardrail, people may give the channel roles with every right (AWS::Chatbot: the default is AdministratorAccess).
  const guardrail = Fn.conditionIf(
    putBack.logicalId,
    managedPolicyArn,
    `arn:${stack.partition}:iam::aws:policy/AWSDenyAll`,
  )
  const given = Fn.conditionIf(putBack.logicalId, managedPolicyArn, { Ref: 'AWS::NoValue' })
  role.node
    .findAll()
    .find((one) => one instanceof iam.CfnRole)
    ?.addPropertyOverride('ManagedPolicyArns', [given])
  const shared = {
    configurationName: `${stack.stackName}-${stack.region}`,
    iamRoleArn: role.roleArn,
    snsTopicArns: [controller.topics.chat?.topicArn ?? ''],
    guardrailPolicies: [guardrail.toString()],
  }
  const inSlack = new chatbot.CfnSlackChannelConfiguration(stack, 'SlackChannelConfiguration', {
    ...{ ...shared, slackWorkspaceId: slack.workspace, slackChannelId: slack.channel.value },
  })
  const inTeams = new chatbot.CfnMicrosoftTeamsChannelConfiguration(stack, 'TeamsChannelConfiguration', {
    ...{ ...shared, teamsTenantId: teams.tenant, teamId: teams.team, teamsChannelId: teams.channel.value },
  })
  onlyIf(slack.channel.has, inSlack)
  onlyIf(teams.channel.has, inTeams)
  onlyIf(isTold, role)
  const out = new CfnOutput(stack, 'PutBackFromChatPolicyArn', {
    value: managedPolicyArn,
    description:
      'For the role of a channel that you configure yourself: a button that puts traffic back, and nothing else',
  })
  out.condition = putBack
}
