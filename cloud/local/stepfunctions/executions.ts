// The life of executions, from start to end. Each status change is an event on the bus.
import { AwsError } from '../protocol/aws-error.ts'
import { account, defaultRegion } from '../protocol/service.ts'
import type { Bus } from '../protocol/service.ts'
import { end, newExecution, record } from './execution.ts'
import type { Ending, Execution } from './execution.ts'
import { statusEvent } from './execution-view.ts'
import { run } from './interpreter.ts'
import type { InterpreterDeps } from './interpreter.ts'
import type { Machines } from './machines.ts'

type ExecutionDeps = InterpreterDeps & { readonly bus: Bus; readonly machines: Machines }

export type Executions = {
  start(machineArn: string, name: string | undefined, input: string): Execution
  /** Ends an execution that is still running. */
  finish(execution: Execution, ending: Ending): void
  /** @throws AwsError ExecutionDoesNotExist */
  named(arn: string): Execution
  /** Oldest first. */
  all(): readonly Execution[]
}

const keptMs = 90 * 24 * 3_600_000

export function machineExecutions(deps: ExecutionDeps): Executions {
  const { clock, machines, bus } = deps
  const executions = new Map<string, Execution>()

  const named = (arn: string): Execution => {
    const execution = executions.get(arn)
    if (execution === undefined) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`)
    return execution
  }

  const finish = (execution: Execution, ending: Ending): void => {
    if (end(execution, clock.nowMs(), ending)) bus.emit(statusEvent(execution))
  }

  /** AWS keeps an execution for 90 days after its end. */
  function forgetOld(): void {
    const sinceMs = clock.nowMs() - keptMs
    for (const { arn, startMs, stopMs } of executions.values()) {
      if (startMs >= sinceMs) return
      if (stopMs !== undefined && stopMs < sinceMs) executions.delete(arn)
    }
  }

  function begin(execution: Execution): void {
    forgetOld()
    executions.set(execution.arn, execution)
    record(execution, clock.nowMs(), 'ExecutionStarted', {
      input: execution.input,
      inputDetails: { truncated: false },
      roleArn: execution.roleArn,
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

  function start(machineArn: string, name: string = deps.ids(), input: string): Execution {
    const machine = machines.named(machineArn)
    if (!/^[0-9A-Za-z_.-]{1,80}$/.test(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`)
    checkInput(input)
    const arn = `arn:aws:states:${defaultRegion}:${account}:execution:${machine.name}:${name}`
    const known = executions.get(arn)
    // StartExecution is idempotent for the same name and input while it runs (docs/aws.md §3.3).
    if (known?.status === 'RUNNING' && known.input === input) return known
    if (known !== undefined) throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`)
    const { definition, roleArn } = machine
    const startMs = clock.nowMs()
    const execution = newExecution({ arn, name, machineArn: machine.arn, roleArn, definition, input, startMs })
    begin(execution)
    return execution
  }

  return { start, finish, named, all: () => [...executions.values()] }
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
