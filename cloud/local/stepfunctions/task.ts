// One attempt at a task: calls the function or the API, and may wait for an answer to the task token. The first of answer and
// timeout decides; anything later is dropped.
import type { LocalClock } from '../time/clock.ts'
import { defaultRegion } from '../protocol/service.ts'
import { apiResource, callbackResource, integrationOf, invokeResource, serviceCalls } from './definition.ts'
import type { TaskState } from './definition.ts'
import { isRunning, record } from './execution.ts'
import type { Execution } from './execution.ts'
import type { Bindings, Evaluate } from './expression.ts'
import { type ApiCaller, callApi, callService, invoke, type ServiceCalls } from './integrations.ts'
import { StatesError, timeout, withinLimit } from './failure.ts'
import type { Tokens } from './tokens.ts'

export type TaskDeps = {
  readonly clock: LocalClock
  readonly invoker: Parameters<typeof invoke>[0]
  readonly api: ApiCaller
  readonly services: ServiceCalls
  readonly tokens: Tokens
  readonly evaluate: Evaluate
}

type Attempt = {
  readonly execution: Execution
  readonly state: TaskState
  readonly bindings: Bindings
  readonly token: string
}
type Prepared = {
  readonly args: Readonly<Record<string, unknown>>
  readonly timeoutSeconds: number | undefined
  readonly heartbeatSeconds: number | undefined
}

/**
 * @returns the task's result; never returns if the execution ends meanwhile. @throws StatesError with which the attempt failed
 */
export async function attemptTask(deps: TaskDeps, attempt: Attempt): Promise<unknown> {
  const { execution, state } = attempt
  const prepared = await deps.clock.hold(prepare(deps.evaluate, attempt))
  // The execution ended while the arguments were evaluated, so nothing may start.
  if (!isRunning(execution)) throw new StatesError('States.Runtime', 'The execution has ended.')
  const note = (type: string, details: Readonly<Record<string, unknown>>): void => {
    const [, resourceType = '', resource = ''] = /^(.*):(\w+(?:\.\w+)?)$/.exec(integrationOf(state.Resource)) ?? []
    record(execution, deps.clock.nowMs(), type, { resourceType, resource, ...details })
  }
  note('TaskScheduled', {
    region: defaultRegion,
    parameters: JSON.stringify(prepared.args),
    ...(prepared.timeoutSeconds === undefined ? {} : { timeoutInSeconds: prepared.timeoutSeconds }),
    ...(prepared.heartbeatSeconds === undefined ? {} : { heartbeatInSeconds: prepared.heartbeatSeconds }),
  })
  note('TaskStarted', {})
  try {
    const result = withinLimit(await outcome(deps, attempt, prepared, note), 'a result')
    note('TaskSucceeded', { output: JSON.stringify(result), outputDetails: { truncated: false } })
    return result
  } catch (error) {
    if (!(error instanceof StatesError)) throw error
    note(error.error === 'States.Timeout' ? 'TaskTimedOut' : 'TaskFailed', { error: error.error, cause: error.cause })
    throw error
  }
}

type Note = (type: string, details: Readonly<Record<string, unknown>>) => void

function outcome(
  deps: TaskDeps,
  { execution, state, token }: Attempt,
  prepared: Prepared,
  note: Note,
): Promise<unknown> {
  const { clock, tokens } = deps
  return new Promise((resolve, reject) => {
    const waitsForToken = state.Resource === callbackResource
    const alarms = new Map<string, () => void>()
    const letGo = (): void => {
      for (const cancel of alarms.values()) cancel()
      tokens.close(token)
      execution.waits.delete(letGo)
    }
    const failed = (failure: Error): void => {
      letGo()
      reject(failure)
    }
    const succeeded = (result: unknown): void => {
      letGo()
      resolve(result)
    }
    const arm = (kind: 'time' | 'heartbeat', seconds: number | undefined): void => {
      alarms.get(kind)?.()
      if (seconds === undefined) return
      alarms.set(
        kind,
        clock.at(clock.nowMs() + seconds * 1000, () => failed(timeout(kind))),
      )
    }
    execution.waits.add(letGo)
    arm('time', prepared.timeoutSeconds)
    arm('heartbeat', prepared.heartbeatSeconds)
    const heartbeat = (): void => arm('heartbeat', prepared.heartbeatSeconds)
    // Open the token before the function runs: somebody may answer it before the function returns.
    if (waitsForToken) tokens.open(token, { succeeded, failed, heartbeat })
    const invoked = (result: unknown): void => {
      if (!execution.waits.has(letGo)) return
      if (!waitsForToken) succeeded(result)
      else note('TaskSubmitted', { output: JSON.stringify(result), outputDetails: { truncated: false } })
    }
    const refused = (failure: Error): void => {
      if (execution.waits.has(letGo)) failed(failure)
    }
    void called(deps, state.Resource, prepared.args, execution.roleArn).then(invoked, refused)
  })
}

function called(deps: TaskDeps, resource: string, args: Prepared['args'], roleArn: string): Promise<unknown> {
  const name = integrationOf(resource)
  if (resource === apiResource) return callApi(deps.api, args, roleArn)
  return Object.hasOwn(serviceCalls, name) ? callService(deps.services, name, args) : invoke(deps.invoker, args)
}

/** Texts without which nothing can be called. */
const neededBy: Readonly<Record<string, readonly string[]>> = {
  [invokeResource]: ['FunctionName'],
  [callbackResource]: ['FunctionName'],
  [apiResource]: ['ApiEndpoint', 'Method'],
}

async function prepare(evaluate: Evaluate, { state, bindings }: Attempt): Promise<Prepared> {
  const args = await evaluate(state.Arguments ?? {}, bindings)
  if (typeof args !== 'object' || args === null) throw new StatesError('States.Runtime', 'Arguments are no object.')
  const fields = args as Prepared['args']
  for (const name of neededBy[state.Resource] ?? [])
    if (typeof fields[name] !== 'string') throw new StatesError('States.Runtime', `Arguments need ${name}.`)
  return {
    args: withinLimit(fields, 'Arguments'),
    timeoutSeconds: await seconds(evaluate, state.TimeoutSeconds, 'TimeoutSeconds', bindings),
    heartbeatSeconds: await seconds(evaluate, state.HeartbeatSeconds, 'HeartbeatSeconds', bindings),
  }
}

async function seconds(
  evaluate: Evaluate,
  wanted: number | string | undefined,
  field: string,
  bindings: Bindings,
): Promise<number | undefined> {
  if (wanted === undefined) return undefined
  const value = await evaluate(wanted, bindings)
  if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 99_999_999) return value
  const cause = `The expression for ${field} must give a positive integer, not ${JSON.stringify(value)}.`
  throw new StatesError('States.QueryEvaluationError', cause)
}
