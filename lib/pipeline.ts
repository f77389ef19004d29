// Parts for a CodePipeline: the action that releases and waits for the end, and the rule that asks before a stage (docs/aws.md
// §5.1, §5.4).
import { Stack, Token } from 'aws-cdk-lib'
import * as codepipeline from 'aws-cdk-lib/aws-codepipeline'
import * as actions from 'aws-cdk-lib/aws-codepipeline-actions'
import { Problem } from '../core/problem.ts'
import { ReleaseCall } from '../core/release/request.ts'
import type { ReleaseController } from './controller.ts'

/** The same fields as in a call of `tidegate-intake`; values may be pipeline variables (`#{Build.VERSION}`). */
export type PipelineRelease = {
  readonly service: string
  /** A published version, if the service has a single target. */
  readonly version?: string
  /** A published version for each function. */
  readonly versions?: Readonly<Record<string, string>>
  readonly commit?: string
  readonly build?: string
  readonly author?: string
  readonly reason?: string
}

export type ReleaseActionProps = Omit<actions.StepFunctionsInvokeActionProps, 'stateMachine' | 'stateMachineInput'> & {
  readonly release: PipelineRelease
}

const variable = /#\{[^}]+\}/g

/**
 * CodePipeline's StepFunctions action. It starts the release, and ends with the release's result and sentence.
 * @throws Problem `call_invalid` when the controller would refuse the call, or CodePipeline the action; `service_missing`
 */
export function releaseAction(
  controller: ReleaseController,
  { release, executionNamePrefix = 'pipeline', ...props }: ReleaseActionProps,
): actions.StepFunctionInvokeAction {
  checkService(controller, release.service)
  const input = { ...release, source: 'codepipeline' }
  const text = JSON.stringify(input)
  // The values of variables are not known yet. Substitute a number, which is valid as a version and as any text.
  const parsed = ReleaseCall.safeParse(JSON.parse(text.replaceAll(variable, '1')))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw invalid(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
  }
  if (text.length > 1000) throw invalid(`its input has ${text.length} characters, and CodePipeline takes 1000`)
  // The execution's name is prefix, hyphen and an id of 36 characters; Step Functions allows 80.
  if (!/^[A-Za-z0-9_-]{1,43}$/.test(executionNamePrefix))
    throw invalid('executionNamePrefix takes 1 to 43 letters, digits, - and _')
  return new actions.StepFunctionInvokeAction({
    ...props,
    executionNamePrefix,
    stateMachine: controller.stateMachine,
    stateMachineInput: actions.StateMachineInput.literal(input),
  })
}

/**
 * A rule for a stage's `beforeEntry` conditions. It fails while a release of the service would be refused. The pipeline's role
 * needs `controller.grantPipeline`.
 */
export function mayReleaseRule(controller: ReleaseController, service: string): codepipeline.Rule {
  checkService(controller, service)
  return new codepipeline.Rule({
    name: `MayRelease-${service}`,
    region: Stack.of(controller).region,
    provider: 'LambdaInvoke',
    version: '1',
    configuration: {
      FunctionName: controller.functions.pipeline.functionName,
      UserParameters: JSON.stringify({ service }),
    },
  })
}

function checkService(controller: ReleaseController, service: string): void {
  if (Token.isUnresolved(service) || controller.services.some((one) => one.name === service)) return
  throw new Problem('service_missing', `The controller has no service ${service}.`)
}

const invalid = (why: string): Problem => new Problem('call_invalid', `The pipeline's action cannot release: ${why}.`)
