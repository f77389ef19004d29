// Task tokens: each can be answered once, while its task waits. As on AWS, a later answer is refused.
import { AwsError } from '../protocol/aws-error.ts'
import { StatesError } from './failure.ts'

/** Callbacks of a waiting task. */
type Waiting = {
  readonly succeeded: (value: unknown) => void
  readonly failed: (failure: StatesError) => void
  readonly heartbeat: () => void
}

export type Tokens = {
  open(token: string, waiting: Waiting): void
  close(token: string): void
  /** Each throws AwsError if the token is not waiting: TaskTimedOut, TaskDoesNotExist or InvalidToken. */
  succeed(token: string, output: string): void
  fail(token: string, error: string | undefined, cause: string | undefined): void
  heartbeat(token: string): void
}

const longestOutputBytes = 262_144

const prefix = 'tidegate-task:'

/** Opaque, in AWS's alphabet. Contains the state machine's ARN, because IAM checks that resource. */
export function newToken(machineArn: string, ids: () => string): string {
  return `AQCc${Buffer.from(`${prefix}${machineArn} ${ids()}${ids()}`).toString('base64')}`
}

/** @returns undefined if it is not a token */
export function machineOfToken(token: string): string | undefined {
  const text = token.startsWith('AQCc') ? Buffer.from(token.slice(4), 'base64').toString() : ''
  return text.startsWith(prefix) ? text.slice(prefix.length).split(' ')[0] : undefined
}

export function taskTokens(): Tokens {
  const waiting = new Map<string, Waiting>()
  const closed = new Set<string>()

  const find = (token: string): Waiting => {
    const found = waiting.get(token)
    if (found !== undefined) return found
    if (closed.has(token)) {
      throw new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'")
    }
    if (machineOfToken(token) !== undefined)
      throw new AwsError('TaskDoesNotExist', "Task does not exist: 'Provided task does not exist'")
    throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'")
  }
  const close = (token: string): void => {
    if (waiting.delete(token)) closed.add(token)
  }

  return {
    open: (token, task) => void waiting.set(token, task),
    close,
    heartbeat: (token) => find(token).heartbeat(),
    succeed(token, output) {
      const task = find(token)
      const value = outputOf(output)
      close(token)
      task.succeeded(value)
    },
    fail(token, error = '', cause = '') {
      const task = find(token)
      close(token)
      task.failed(new StatesError(error, cause))
    },
  }
}

function outputOf(output: string): unknown {
  if (Buffer.byteLength(output) <= longestOutputBytes) {
    try {
      return JSON.parse(output) as unknown
    } catch {
      // Reported below.
    }
  }
  throw new AwsError('InvalidOutput', `Invalid Output: the output is not JSON of at most ${longestOutputBytes} bytes`)
}
