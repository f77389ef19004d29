// The ways in which a state can fail, by the names that Retry and Catch match.
import type { Retrier } from './definition.ts'

export class StatesError extends Error {
  readonly error: string
  override readonly cause: string
  /** A second name that clauses may use: a missed heartbeat is reported as States.Timeout. */
  readonly alias: string | undefined
  constructor(error: string, cause: string, alias?: string) {
    super(`${error}: ${cause}`)
    this.error = error
    this.cause = cause
    this.alias = alias
  }
}

/** Whether a clause's ErrorEquals matches this error. */
export function matches(names: readonly string[], failure: StatesError): boolean {
  // No clause catches States.Runtime, and only a clause that names it catches States.DataLimitExceeded (docs/aws.md §3.2).
  if (failure.error === 'States.Runtime') return false
  if (names.includes(failure.error)) return true
  if (failure.alias !== undefined && names.includes(failure.alias)) return true
  if (failure.error === 'States.DataLimitExceeded') return false
  return names.includes('States.ALL') || (names.includes('States.TaskFailed') && failure.error !== 'States.Timeout')
}

/** The delay before retry number `retry` (the first is 1), in milliseconds. */
export function backoffMs(retrier: Retrier, retry: number, random: () => number): number {
  const { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = Infinity, JitterStrategy = 'NONE' } = retrier
  const delayMs = Math.min(MaxDelaySeconds, IntervalSeconds * BackoffRate ** (retry - 1)) * 1000
  return Math.round(JitterStrategy === 'FULL' ? delayMs * random() : delayMs)
}

const longestBytes = 262_144

/** @throws StatesError States.DataLimitExceeded */
export function withinLimit<T>(value: T, what: string): T {
  if (Buffer.byteLength(JSON.stringify(value)) <= longestBytes) return value
  const cause = `The state/task returned ${what} with a size exceeding the maximum number of bytes service limit.`
  throw new StatesError('States.DataLimitExceeded', cause)
}

export function timeout(kind: 'time' | 'heartbeat'): StatesError {
  return kind === 'time'
    ? new StatesError('States.Timeout', 'The task took longer than TimeoutSeconds.')
    : new StatesError(
        'States.Timeout',
        'The task sent no heartbeat within HeartbeatSeconds.',
        'States.HeartbeatTimeout',
      )
}
