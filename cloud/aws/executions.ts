// Step Functions: starts executions and answers their waiting tasks. A task token is a credential, so it never appears in a
// message or in an error's cause.
import {
  DescribeExecutionCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import type { SFNClient } from '@aws-sdk/client-sfn'
import { Problem } from '../../core/problem.ts'
import type { Executions } from '../ports.ts'
import { asProblem, isNamed, present } from './failure.ts'

export function awsExecutions(client: SFNClient, stateMachineArn: string): Executions {
  return {
    async start(name, input) {
      const call = `states:StartExecution of ${name}`
      try {
        const command = new StartExecutionCommand({ stateMachineArn, name, input: json(input) })
        return present((await client.send(command)).executionArn, 'executionArn', call)
      } catch (error) {
        if (isNamed(error, 'ExecutionAlreadyExists')) return executionArn(stateMachineArn, name)
        throw asProblem(error, call)
      }
    },
    async status(execution) {
      const call = `states:DescribeExecution of ${execution}`
      try {
        const { status } = await client.send(new DescribeExecutionCommand({ executionArn: execution }))
        return statusOf(status, call)
      } catch (error) {
        if (isNamed(error, 'ExecutionDoesNotExist')) return 'gone'
        throw asProblem(error, call)
      }
    },
    wake(token, output) {
      const command = new SendTaskSuccessCommand({ taskToken: token, output: json(output) })
      return answered('states:SendTaskSuccess', token, () => client.send(command))
    },
    fail(token, error, cause) {
      const command = new SendTaskFailureCommand({
        taskToken: token,
        error: error.slice(0, 256),
        cause: cause.slice(0, 32_768),
      })
      return answered('states:SendTaskFailure', token, () => client.send(command))
    },
  }
}

/** JSON has no `undefined`, but an execution and a task need a value. */
const json = (value: unknown): string => JSON.stringify(value ?? null)

/** Accepts `arn:...:stateMachine:NAME`, also with a version or alias at the end. */
function executionArn(stateMachineArn: string, name: string): string {
  const parts = stateMachineArn.split(':')
  return [...parts.slice(0, 5), 'execution', parts[6] ?? '', name].join(':')
}

function statusOf(status: string | undefined, call: string): Awaited<ReturnType<Executions['status']>> {
  switch (status) {
    case 'RUNNING':
      return 'running'
    case 'SUCCEEDED':
      return 'succeeded'
    case 'FAILED':
    case 'TIMED_OUT':
    case 'ABORTED':
    case 'PENDING_REDRIVE':
      return 'failed'
    default:
      throw new Problem('aws_unavailable', `AWS answered ${call} with the status ${status ?? 'missing'}.`)
  }
}

async function answered(call: string, token: string, send: () => Promise<unknown>): Promise<boolean> {
  try {
    await send()
    return true
  } catch (error) {
    if (isNamed(error, 'TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken')) return false
    throw asProblem(withoutToken(error, token), call)
  }
}

/** Validation errors quote the argument that they refuse, which may be the token. */
function withoutToken(error: unknown, token: string): unknown {
  const text = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error)
  if (!text.includes(token)) return error
  const clean = new Error(error instanceof Error ? error.message.replaceAll(token, '(token)') : 'an error with a token')
  clean.name = error instanceof Error ? error.name : 'Error'
  return clean
}
