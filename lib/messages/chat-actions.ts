// A button in a chat that puts traffic back: a state machine that calls the API's route for that, and has no other right. The
// channel's role may start it. It proves no person, so it may do nothing that takes one (docs/messages.md).
import { readFileSync } from 'node:fs'
import { Duration, Stack } from 'aws-cdk-lib'
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as sfn from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct } from 'constructs'

/**
 * @param controller its name, and the path of its roles
 * @param mayCall gives the machine its one right
 */
export function putBackMachine(
  scope: Construct,
  controller: { readonly name: string; readonly rolePath: string },
  api: HttpApi,
  mayCall: (machine: iam.IGrantable) => void,
): sfn.StateMachine {
  const { region, urlSuffix, partition } = Stack.of(scope)
  const name = `${controller.name}-put-back`
  const definition = new URL('../../statemachines/put-back.asl.json', import.meta.url)
  const machine = new sfn.StateMachine(scope, 'PutBackFromChat', {
    stateMachineName: name,
    // Logs say that this role has decided.
    role: new iam.Role(scope, 'PutBackFromChatRole', {
      ...{ roleName: `${name}-${region}`, path: controller.rolePath },
      assumedBy: new iam.ServicePrincipal('states.amazonaws.com'),
    }),
    definitionBody: sfn.DefinitionBody.fromString(readFileSync(definition, 'utf8')),
    definitionSubstitutions: {
      ...{ Partition: partition, ApiEndpoint: `${api.apiId}.execute-api.${region}.${urlSuffix}` },
    },
    timeout: Duration.minutes(5),
  })
  // cfn-lint knows the partition as text only.
  const resource = machine.node.defaultChild as sfn.CfnStateMachine
  resource.addMetadata('cfn-lint', { config: { ignore_checks: ['E3601'] } })
  mayCall(machine)
  return machine
}

/** The right to press the button, for a channel's role. */
export const grantPutBack = (machine: sfn.StateMachine, grantee: iam.IGrantable): iam.Grant =>
  iam.Grant.addToPrincipal({
    grantee,
    actions: ['states:StartExecution'],
    resourceArns: [machine.stateMachineArn],
  })
