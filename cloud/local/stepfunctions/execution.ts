// One execution: its status, history and result. An ended execution records nothing more.
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Definition } from './definition.ts'

type Status = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED' | 'TIMED_OUT'

type HistoryEvent = {
  readonly id: number
  readonly previousEventId: number
  /** Epoch seconds, as in the JSON protocol. */
  readonly timestamp: number
  readonly type: string
  readonly [details: string]: unknown
}

export type Execution = {
  readonly arn: string
  readonly name: string
  readonly machineArn: string
  /** Of the state machine, when the execution began. */
  readonly roleArn: string
  readonly definition: Definition
  readonly input: string
  readonly startMs: number
  readonly history: HistoryEvent[]
  variables: Readonly<Record<string, unknown>>
  status: Status
  stopMs?: number
  output?: string
  error?: string
  cause?: string
  /** States entered and retries made, which AWS bills as transitions. */
  transitions: number
  /** Callbacks that release the timers and tokens that the execution waits for, when it ends. */
  readonly waits: Set<() => void>
}

type Beginning = Pick<Execution, 'arn' | 'name' | 'machineArn' | 'roleArn' | 'definition' | 'input' | 'startMs'>

export function newExecution(beginning: Beginning): Execution {
  return { ...beginning, history: [], variables: {}, status: 'RUNNING', transitions: 0, waits: new Set() }
}

export const isRunning = (execution: Execution): boolean => execution.status === 'RUNNING'

/**
 * The name of the details field: `TaskStateEntered` uses `stateEnteredEventDetails`, `TaskScheduled` uses
 * `taskScheduledEventDetails`.
 */
function detailsName(type: string): string {
  const name = type.replace(/^(Task|Pass|Choice|Wait|Succeed|Fail)State(?=Entered|Exited)/, 'State')
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}EventDetails`
}

export function record(
  execution: Execution,
  nowMs: number,
  type: string,
  details?: Readonly<Record<string, unknown>>,
): void {
  if (!isRunning(execution)) return
  const id = execution.history.length + 1
  execution.history.push({
    id,
    previousEventId: id - 1,
    timestamp: nowMs / 1000,
    type,
    ...(details === undefined ? {} : { [detailsName(type)]: details }),
  })
}

export type Ending = {
  readonly status: Exclude<Status, 'RUNNING'>
  readonly output?: string
  readonly error?: string
  readonly cause?: string
}

const lastEvents = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  ABORTED: 'ExecutionAborted',
  TIMED_OUT: 'ExecutionTimedOut',
} as const

/** Only the first ending counts. @returns whether this was it */
export function end(execution: Execution, nowMs: number, ending: Ending): boolean {
  if (!isRunning(execution)) return false
  const { status, ...result } = ending
  record(execution, nowMs, lastEvents[status], result)
  Object.assign(execution, result, { status, stopMs: nowMs })
  for (const letGo of [...execution.waits]) letGo()
  execution.waits.clear()
  pack(execution)
  return true
}

/** Compresses the history of an ended execution to a tenth of its size until somebody reads it. */
function pack(execution: Execution): void {
  const packed = gzipSync(JSON.stringify(execution.history))
  const get = (): readonly HistoryEvent[] => JSON.parse(gunzipSync(packed).toString()) as HistoryEvent[]
  Object.defineProperty(execution, 'history', { get, enumerable: true })
}
