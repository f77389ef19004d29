// AWS Step Functions: STANDARD state machines in JSONata, their executions, and the answers to waiting tasks.
import type { LocalClock } from '../time/clock.ts'
import { optionalText, text } from '../protocol/field.ts'
import { answerJson } from '../protocol/json-protocol.ts'
import type { Operations } from '../protocol/json-protocol.ts'
import type { Bus, Invoker, LocalService } from '../protocol/service.ts'
import type { Execution } from './execution.ts'
import { executionOperations } from './execution-api.ts'
import { machineExecutions } from './executions.ts'
import { evaluator } from './expression.ts'
import type { ApiCaller, ServiceCalls } from './integrations.ts'
import { stateMachines } from './machines.ts'
import { taskTokens } from './tokens.ts'
import type { Tokens } from './tokens.ts'

type StepFunctionsDeps = {
  readonly clock: LocalClock
  readonly invoker: Invoker
  readonly api: ApiCaller
  readonly services: ServiceCalls
  readonly bus: Bus
  readonly random: () => number
  readonly ids: () => string
}

export type LocalStepFunctions = LocalService & {
  /** Like StartExecution. @returns the execution's ARN. @throws AwsError */
  start(machineArn: string, name: string | undefined, input: string): string
  /** Every execution so far, oldest first, with its billed `transitions`: for tests and the bench. */
  executions(): readonly Readonly<Execution>[]
}

export function localStepFunctions(deps: StepFunctionsDeps): LocalStepFunctions {
  const tokens = taskTokens()
  const machines = stateMachines(deps)
  const evaluate = evaluator({ ...deps, nowMs: () => deps.clock.nowMs() })
  const executions = machineExecutions({ ...deps, machines, tokens, evaluate })
  const operations = {
    ...machines.operations,
    ...executionOperations({ ...deps, machines, executions }),
    ...answers(tokens),
  }
  return {
    handle: (request, caller) => answerJson(request, caller, operations, '1.0'),
    start: (machineArn, name, input) => executions.start(machineArn, name, input).arn,
    executions: () => executions.all(),
  }
}

const answers = (tokens: Tokens): Operations => ({
  SendTaskSuccess: (input) => tokens.succeed(text(input, 'taskToken'), text(input, 'output')),
  SendTaskFailure: (input) =>
    tokens.fail(text(input, 'taskToken'), optionalText(input, 'error'), optionalText(input, 'cause')),
  SendTaskHeartbeat: (input) => tokens.heartbeat(text(input, 'taskToken')),
})
