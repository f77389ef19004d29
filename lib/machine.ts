// The state machine of the stack: statemachines/release.asl.json, its log, and the right to call its functions.
import { readFileSync } from 'node:fs'
import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import type * as lambda from 'aws-cdk-lib/aws-lambda'
import * as logs from 'aws-cdk-lib/aws-logs'
import * as sfn from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct } from 'constructs'
import { type Verb, verbs } from '../functions/handlers.ts'

/** By its name: its functions need the ARN before there is the state machine, which needs the functions. */
export function machineArnOf(scope: Construct, resourceName: string): string {
  const arnFormat = ArnFormat.COLON_RESOURCE_NAME
  return Stack.of(scope).formatArn({ service: 'states', resource: 'stateMachine', resourceName, arnFormat })
}

/** The state machine, with its functions' ARNs filled in. */
export function machineOf(
  scope: Construct,
  stateMachineName: string,
  functions: Readonly<Record<Verb, lambda.Function>>,
): sfn.StateMachine {
  const text = readFileSync(new URL('../statemachines/release.asl.json', import.meta.url), 'utf8')
  const places = [...new Set([...text.matchAll(/\$\{([A-Z][A-Za-z]*)Function\}/g)].map((match) => match[1] ?? ''))]
  const called = places.map((place) => {
    const verb = verbs.find((one) => one.toLowerCase() === place.toLowerCase())
    if (verb === undefined) throw new Error(`bug: the state machine calls ${place}, and there is no such function`)
    return [place, functions[verb]] as const
  })
  const machine = new sfn.StateMachine(scope, 'Release', {
    stateMachineName,
    definitionBody: sfn.DefinitionBody.fromString(text),
    definitionSubstitutions: Object.fromEntries(called.map(([place, fn]) => [`${place}Function`, fn.functionArn])),
    tracingEnabled: true,
    logs: {
      destination: new logs.LogGroup(scope, 'ReleaseLog', {
        logGroupName: `/aws/vendedlogs/states/${stateMachineName}`,
        retention: logs.RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      // Inputs contain task tokens, so do not log execution data.
      includeExecutionData: false,
      level: sfn.LogLevel.ALL,
    },
  })
  // cfn-lint expects a number as TimeoutSeconds, but JSONata allows an expression. The validator in test/statemachines accepts
  // it.
  const resource = machine.node.defaultChild as sfn.CfnStateMachine
  resource.addMetadata('cfn-lint', { config: { ignore_checks: ['E3601'] } })
  machine.addToRolePolicy(
    new iam.PolicyStatement({
      actions: ['lambda:InvokeFunction'],
      resources: called.map(([, fn]) => fn.functionArn),
    }),
  )
  return machine
}
