// A button in a chat that puts traffic back: a state machine that calls the API's route for that, and has no other right. The
// channel's role may start it. It proves no person, so it may do nothing that takes one (docs/messages.md).
import { Duration, Stack } from 'aws-cdk-lib'
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as sfn from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct } from 'constructs'

/** Errors of the integration after which nothing may have happened, or the same may be ordered again. */
const passing = ['ApiGateway.429', 'ApiGateway.500', 'ApiGateway.502', 'ApiGateway.503', 'ApiGateway.504']

/**
 * @param controller its name
 * @param mayCall gives the machine its one right
 */
export function putBackMachine(
  scope: Construct,
  controller: string,
  api: HttpApi,
  mayCall: (machine: iam.IGrantable) => void,
): sfn.StateMachine {
  const { region, urlSuffix } = Stack.of(scope)
  const putBack = {
    Type: 'Task',
    // Signs the request as the machine's role (docs/aws.md §14).
    Resource: `arn:${Stack.of(scope).partition}:states:::apigateway:invoke`,
    Arguments: {
      ApiEndpoint: `${api.apiId}.execute-api.${region}.${urlSuffix}`,
      Method: 'POST',
      Path: "{% '/roll-back/' & $encodeUrlComponent($states.input.service) %}",
      // With a release it ends that one, or nothing; without, it does what `tidegate rollback SERVICE` does.
      RequestBody:
        "{% $merge([{'reason': 'ordered in a chat'}, $sift($states.input, function($v, $k) {$k = 'releaseId'})]) %}",
      AuthType: 'IAM_ROLE',
    },
    TimeoutSeconds: 60,
    Retry: [{ ErrorEquals: passing, IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 5, JitterStrategy: 'FULL' }],
    Output: '{% $states.result.ResponseBody %}',
    End: true,
  }
  const machine = new sfn.StateMachine(scope, 'PutBackFromChat', {
    stateMachineName: `${controller}-put-back`,
    definitionBody: sfn.DefinitionBody.fromString(
      Stack.of(scope).toJsonString({ QueryLanguage: 'JSONata', StartAt: 'PutBack', States: { PutBack: putBack } }),
    ),
    timeout: Duration.minutes(5),
  })
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
