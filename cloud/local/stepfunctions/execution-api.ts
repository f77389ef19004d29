// The API operations on executions: start, describe, list, stop.
import { AwsError } from '../protocol/aws-error.ts'
import type { LocalClock } from '../time/clock.ts'
import { optionalNumber, optionalText, text } from '../protocol/field.ts'
import type { Input, Operations } from '../protocol/json-protocol.ts'
import { described, listed } from './execution-view.ts'
import type { Executions } from './executions.ts'
import type { Machines } from './machines.ts'

type ApiDeps = { readonly clock: LocalClock; readonly machines: Machines; readonly executions: Executions }

export const executionOperations = ({ clock, machines, executions }: ApiDeps): Operations => ({
  StartExecution(input) {
    const execution = executions.start(
      text(input, 'stateMachineArn'),
      optionalText(input, 'name'),
      optionalText(input, 'input') ?? '{}',
    )
    return { executionArn: execution.arn, startDate: execution.startMs / 1000 }
  },
  DescribeExecution: (input) => described(executions.named(text(input, 'executionArn'))),
  ListExecutions(input) {
    const { arn } = machines.named(text(input, 'stateMachineArn'))
    const status = optionalText(input, 'statusFilter')
    const found = executions
      .all()
      .filter((one) => one.machineArn === arn && (status === undefined || one.status === status))
      .reverse()
    const [items, rest] = page(found, input)
    return { executions: items.map(listed), ...rest }
  },
  GetExecutionHistory(input) {
    const events = [...executions.named(text(input, 'executionArn')).history]
    if (input['reverseOrder'] === true) events.reverse()
    const [items, rest] = page(events, input)
    return { events: items, ...rest }
  },
  StopExecution(input) {
    const execution = executions.named(text(input, 'executionArn'))
    const [error, cause] = [optionalText(input, 'error'), optionalText(input, 'cause')]
    const why = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) }
    executions.finish(execution, { status: 'ABORTED', ...why })
    return { stopDate: (execution.stopMs ?? clock.nowMs()) / 1000 }
  },
})

function page<T>(items: readonly T[], input: Input): readonly [items: readonly T[], rest: { nextToken?: string }] {
  const token = optionalText(input, 'nextToken') ?? '0'
  if (!/^\d+$/.test(token)) throw new AwsError('InvalidToken', `Invalid Token: '${token}'`)
  // 0 means the default, as the API reference says.
  const size = optionalNumber(input, 'maxResults') ?? 0
  if (!Number.isInteger(size) || size < 0 || size > 1000) {
    throw new AwsError('ValidationException', "Value at 'maxResults' failed to satisfy constraint: 0 to 1000")
  }
  const from = Number(token)
  const to = from + (size === 0 ? 100 : size)
  return [items.slice(from, to), to < items.length ? { nextToken: String(to) } : {}]
}
