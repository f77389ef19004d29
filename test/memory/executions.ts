// Executions in memory: recorded, not run. The test decides how they continue and who waits.
import type { Clock, Executions } from '../../cloud/ports.ts'

export type MemoryExecution = {
  readonly arn: string
  readonly name: string
  readonly input: unknown
  readonly startedAtMs: number
  status: 'running' | 'succeeded' | 'failed'
}

type Answer =
  | { readonly kind: 'succeeded'; readonly token: string; readonly output: unknown }
  | { readonly kind: 'failed'; readonly token: string; readonly error: string; readonly cause: string }

type MemoryExecutions = {
  readonly executions: Executions
  /** By ARN, in the order in which they were started. */
  readonly started: Map<string, MemoryExecution>
  readonly answers: readonly Answer[]
  /** Creates the token of a task that waits from now on. */
  readonly openTask: () => string
  /** The task timed out, or its execution is gone. */
  readonly closeTask: (token: string) => void
}

export function memoryExecutions(clock: Clock): MemoryExecutions {
  const started = new Map<string, MemoryExecution>()
  const answers: Answer[] = []
  const waiting = new Set<string>()
  let tokens = 0
  const answer = (one: Answer): Promise<boolean> => {
    const first = waiting.delete(one.token)
    if (first) answers.push(one)
    return Promise.resolve(first)
  }
  return {
    started,
    answers,
    openTask() {
      tokens += 1
      const token = `task-token-${tokens}`
      waiting.add(token)
      return token
    },
    closeTask(token) {
      waiting.delete(token)
    },
    executions: {
      start(name, input) {
        const arn = `arn:aws:states:eu-west-1:000000000000:execution:tidegate:${name}`
        if (!started.has(arn)) {
          started.set(arn, { arn, name, input: asJson(input), startedAtMs: clock.nowMs(), status: 'running' })
        }
        return Promise.resolve(arn)
      },
      status: (execution) => Promise.resolve(started.get(execution)?.status ?? 'gone'),
      wake: (token, output) => answer({ kind: 'succeeded', token, output: asJson(output) }),
      fail: (token, error, cause) => answer({ kind: 'failed', token, error, cause }),
    },
  }
}

/** The value as the receiver gets it. */
export function asJson(value: unknown): unknown {
  const sent: unknown = JSON.parse(JSON.stringify(value ?? null))
  return sent
}
