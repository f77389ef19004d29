// Executions, and the part of the API that is about them: starting, looking, stopping. Each change of status is an event
// on the bus.
import { AwsError } from '../aws-error.ts'
import { optionalNumber, optionalText, text } from '../field.ts'
import type { Input, Operations } from '../json-protocol.ts'
import { account, defaultRegion } from '../service.ts'
import type { Bus } from '../service.ts'
import { end, newExecution, record } from './execution.ts'
import type { Ending, Execution } from './execution.ts'
import { described, listed, statusEvent } from './execution-view.ts'
import { run } from './interpreter.ts'
import type { InterpreterDeps } from './interpreter.ts'
import type { Machines } from './machines.ts'

export type ExecutionDeps = InterpreterDeps & { readonly bus: Bus; readonly machines: Machines }

export type Executions = {
  start(machineArn: string, name: string | undefined, input: string): Execution
  all(): readonly Execution[]
  readonly operations: Operations
}

export function machineExecutions(deps: ExecutionDeps): Executions {
  const { clock, machines, bus } = deps
  const executions = new Map<string, Execution>()

  const named = (input: Input): Execution => {
    const arn = text(input, 'executionArn')
    const execution = executions.get(arn)
    if (execution === undefined) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`)
    return execution
  }

  const finish = (execution: Execution, ending: Ending): void => {
    if (end(execution, clock.nowMs(), ending)) bus.emit(statusEvent(execution))
  }

  function begin(execution: Execution, roleArn: string): void {
    executions.set(execution.arn, execution)
    record(execution, clock.nowMs(), 'ExecutionStarted', {
      input: execution.input,
      inputDetails: { truncated: false },
      roleArn,
    })
    bus.emit(statusEvent(execution))
    const seconds = execution.definition.TimeoutSeconds
    if (seconds !== undefined) {
      const late = (): void => finish(execution, { status: 'TIMED_OUT', error: 'States.Timeout' })
      execution.waits.add(clock.at(execution.startMs + seconds * 1000, late))
    }
    run(deps, execution).then(
      (ending) => {
        if (ending !== undefined) finish(execution, ending)
      },
      (bug: unknown) => {
        const cause = `A bug in the embedded cloud: ${bug instanceof Error ? (bug.stack ?? bug.message) : String(bug)}`
        finish(execution, { status: 'FAILED', error: 'States.Runtime', cause })
      },
    )
  }

  function start(machineArn: string, name: string = deps.ids(), input = '{}'): Execution {
    const machine = machines.named(machineArn)
    if (!/^[0-9A-Za-z_.-]{1,80}$/.test(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`)
    checkInput(input)
    const arn = `arn:aws:states:${defaultRegion}:${account}:execution:${machine.name}:${name}`
    const known = executions.get(arn)
    // facts: aws.md §3.3
    if (known?.status === 'RUNNING' && known.input === input) return known
    if (known !== undefined) throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`)
    const { definition } = machine
    const execution = newExecution({ arn, name, machineArn: machine.arn, definition, input, startMs: clock.nowMs() })
    begin(execution, machine.roleArn)
    return execution
  }

  const operations: Operations = {
    StartExecution(input) {
      const execution = start(text(input, 'stateMachineArn'), optionalText(input, 'name'), optionalText(input, 'input'))
      return { executionArn: execution.arn, startDate: execution.startMs / 1000 }
    },
    DescribeExecution: (input) => described(named(input)),
    ListExecutions(input) {
      const { arn } = machines.named(text(input, 'stateMachineArn'))
      const status = optionalText(input, 'statusFilter')
      const found = [...executions.values()]
        .filter((one) => one.machineArn === arn && (status === undefined || one.status === status))
        .reverse()
      const [items, rest] = page(found, input)
      return { executions: items.map(listed), ...rest }
    },
    GetExecutionHistory(input) {
      const events = [...named(input).history]
      if (input['reverseOrder'] === true) events.reverse()
      const [items, rest] = page(events, input)
      return { events: items, ...rest }
    },
    StopExecution(input) {
      const execution = named(input)
      const [error, cause] = [optionalText(input, 'error'), optionalText(input, 'cause')]
      const why = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) }
      finish(execution, { status: 'ABORTED', ...why })
      return { stopDate: (execution.stopMs ?? clock.nowMs()) / 1000 }
    },
  }

  return { start, all: () => [...executions.values()], operations }
}

function page<T>(items: readonly T[], input: Input): readonly [items: readonly T[], rest: { nextToken?: string }] {
  const token = optionalText(input, 'nextToken') ?? '0'
  if (!/^\d+$/.test(token)) throw new AwsError('InvalidToken', `Invalid Token: '${token}'`)
  // 0 means the default, as in the API's own description.
  const size = optionalNumber(input, 'maxResults') ?? 0
  if (!Number.isInteger(size) || size < 0 || size > 1000) {
    throw new AwsError('ValidationException', "Value at 'maxResults' failed to satisfy constraint: 0 to 1000")
  }
  const from = Number(token)
  const to = from + (size === 0 ? 100 : size)
  return [items.slice(from, to), to < items.length ? { nextToken: String(to) } : {}]
}

const longestInputBytes = 262_144

function checkInput(input: string): void {
  if (Buffer.byteLength(input) > longestInputBytes) {
    throw new AwsError(
      'InvalidExecutionInput',
      `Invalid State Machine Execution Input: longer than ${longestInputBytes} bytes`,
    )
  }
  try {
    JSON.parse(input)
  } catch {
    throw new AwsError('InvalidExecutionInput', 'Invalid State Machine Execution Input: it is not JSON')
  }
}
