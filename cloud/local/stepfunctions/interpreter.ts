// Runs a definition, state by state, as the Amazon States Language says (JSONata only). Time passes while it waits for a timer or
// an answer, and stands still otherwise. A run stops when somebody else ends its execution.
import type { Catcher, Retrier, State, TaskState } from './definition.ts'
import { isRunning, record } from './execution.ts'
import type { Ending, Execution } from './execution.ts'
import type { Bindings } from './expression.ts'
import { backoffMs, matches, StatesError, withinLimit } from './failure.ts'
import { attemptTask } from './task.ts'
import type { TaskDeps } from './task.ts'
import { newToken } from './tokens.ts'

export type InterpreterDeps = TaskDeps & { readonly random: () => number; readonly ids: () => string }

type Step = { readonly next: string; readonly output: unknown } | { readonly ending: Ending; readonly output?: unknown }

/** One visit to a state. */
type Visit = {
  readonly deps: InterpreterDeps
  readonly execution: Execution
  readonly name: string
  readonly input: unknown
  readonly enteredMs: number
}

/** Step Functions' limit; an execution that reaches it fails (docs/aws.md §3.3). */
const historyMax = 25_000

/** @returns how the run ended by itself; never returns if somebody else ends the execution while it waits */
export async function run(deps: InterpreterDeps, execution: Execution): Promise<Ending | undefined> {
  let name = execution.definition.StartAt
  let input: unknown = JSON.parse(execution.input)
  try {
    while (isRunning(execution)) {
      const step = await visit(deps, execution, name, input)
      if ('ending' in step) return step.ending
      name = step.next
      input = step.output
    }
    return undefined
  } catch (error) {
    if (!(error instanceof StatesError)) throw error
    return { status: 'FAILED', error: error.error, cause: error.cause }
  }
}

async function visit(deps: InterpreterDeps, execution: Execution, name: string, input: unknown): Promise<Step> {
  const state = execution.definition.States[name]
  if (state === undefined) throw new StatesError('States.Runtime', `There is no state ${name}.`)
  checkHistory(execution)
  const enteredMs = deps.clock.nowMs()
  execution.transitions++
  record(execution, enteredMs, `${state.Type}StateEntered`, {
    name,
    input: JSON.stringify(input),
    inputDetails: { truncated: false },
  })
  const before = execution.variables
  const step = await perform({ deps, execution, name, input, enteredMs }, state)
  if (state.Type === 'Fail') return step
  const output = withinLimit(step.output, 'a state output') ?? null
  record(execution, deps.clock.nowMs(), `${state.Type}StateExited`, {
    name,
    output: JSON.stringify(output),
    outputDetails: { truncated: false },
    ...assignedSince(before, execution.variables),
  })
  return step
}

/** The variables that a state has set, each as JSON text. */
function assignedSince(before: Bindings, after: Bindings): Record<string, unknown> {
  if (before === after) return {}
  const changed = Object.entries(after).filter(([name, value]) => before[name] !== value)
  return { assignedVariables: Object.fromEntries(changed.map(([name, value]) => [name, JSON.stringify(value)])) }
}

// Leaves room for the events of one more state or retry, and for the last event.
function checkHistory(execution: Execution): void {
  if (execution.history.length + 6 <= historyMax) return
  throw new StatesError('States.Runtime', `The execution reached the maximum number of history events (${historyMax}).`)
}

type Moment = {
  readonly result?: unknown
  readonly errorOutput?: unknown
  readonly token?: string
  readonly retries?: number
}

/** The variables that expressions see: `$states`, and those that earlier states assigned. */
function bindings(
  { execution, name, input, enteredMs }: Visit,
  { token, retries = 0, ...more }: Moment = {},
): Bindings {
  const { arn, machineArn, startMs } = execution
  const iso = (ms: number): string => new Date(ms).toISOString()
  const context = {
    Execution: {
      Id: arn,
      Name: execution.name,
      Input: JSON.parse(execution.input) as unknown,
      StartTime: iso(startMs),
    },
    State: { Name: name, EnteredTime: iso(enteredMs), RetryCount: retries },
    StateMachine: { Id: machineArn, Name: machineArn.split(':').at(-1) },
    ...(token === undefined ? {} : { Task: { Token: token } }),
  }
  return { ...execution.variables, states: { input, context, ...more } }
}

async function perform(visited: Visit, state: State): Promise<Step> {
  const { clock, evaluate } = visited.deps
  switch (state.Type) {
    case 'Task':
      return performTask(visited, state)
    case 'Pass':
      return clock.hold(leave(visited, state, state, bindings(visited), visited.input))
    case 'Wait':
      await sleepUntil(visited, await clock.hold(endOfWait(visited, state)))
      return clock.hold(leave(visited, state, state, bindings(visited), visited.input))
    case 'Choice':
      return clock.hold(choose(visited, state))
    case 'Succeed': {
      const output =
        state.Output === undefined ? visited.input : await clock.hold(evaluate(state.Output, bindings(visited)))
      return succeeded(output)
    }
    case 'Fail': {
      const said = await clock.hold(evaluate({ error: state.Error, cause: state.Cause }, bindings(visited)))
      const { error, cause } = said as { error?: unknown; cause?: unknown }
      return { ending: { status: 'FAILED', ...asText('error', error), ...asText('cause', cause) } }
    }
  }
}

const succeeded = (output: unknown): Step => ({
  ending: { status: 'SUCCEEDED', output: JSON.stringify(withinLimit(output, 'an output')) },
  output,
})

function asText(field: 'error' | 'cause', value: unknown): Partial<Record<'error' | 'cause', string>> {
  if (value === undefined) return {}
  if (typeof value === 'string') return { [field]: value }
  throw new StatesError(
    'States.QueryEvaluationError',
    `The ${field} of a Fail state must be a string, not ${JSON.stringify(value)}.`,
  )
}

type Leaving = { readonly Assign?: unknown; readonly Output?: unknown }
type Onward = { readonly Next?: string | undefined }

/** Output and Assign are both evaluated with the old variables; the next state sees the new ones. */
async function leave(
  { deps, execution }: Visit,
  to: Onward,
  by: Leaving,
  scope: Bindings,
  otherwise: unknown,
): Promise<Step> {
  const output = by.Output === undefined ? otherwise : await deps.evaluate(by.Output, scope)
  if (by.Assign !== undefined) {
    const values = withinLimit(await deps.evaluate(by.Assign, scope), 'variables') as Bindings
    execution.variables = { ...execution.variables, ...values }
  }
  return to.Next === undefined ? succeeded(output) : { next: to.Next, output }
}

async function choose(visited: Visit, state: Extract<State, { Type: 'Choice' }>): Promise<Step> {
  const scope = bindings(visited)
  for (const rule of state.Choices) {
    const holds = await visited.deps.evaluate(rule.Condition, scope)
    if (typeof holds !== 'boolean') {
      throw new StatesError('States.QueryEvaluationError', `The Condition '${rule.Condition}' must give a boolean.`)
    }
    if (holds) return leave(visited, rule, rule, scope, visited.input)
  }
  if (state.Default === undefined)
    throw new StatesError('States.NoChoiceMatched', `No choice of ${visited.name} matched.`)
  return leave(visited, { Next: state.Default }, state, scope, visited.input)
}

async function performTask(visited: Visit, state: TaskState): Promise<Step> {
  const { deps, execution } = visited
  const used = new Map<Retrier, number>()
  for (let retries = 0; ; retries++) {
    const token = newToken(execution.machineArn, deps.ids)
    const moment: Moment = { token, retries }
    try {
      const result = await attemptTask(deps, { execution, state, bindings: bindings(visited, moment), token })
      return await deps.clock.hold(leave(visited, state, state, bindings(visited, { ...moment, result }), result))
    } catch (error) {
      if (!(error instanceof StatesError)) throw error
      const retrier = state.Retry?.find((one) => matches(one.ErrorEquals, error))
      const retry = retrier === undefined ? 0 : (used.get(retrier) ?? 0) + 1
      if (retrier === undefined || retry > (retrier.MaxAttempts ?? 3)) return caught(visited, state, error, moment)
      used.set(retrier, retry)
      await sleepUntil(visited, deps.clock.nowMs() + backoffMs(retrier, retry, deps.random))
      execution.transitions++
      checkHistory(execution)
    }
  }
}

async function caught(visited: Visit, state: TaskState, error: StatesError, moment: Moment): Promise<Step> {
  const catcher: Catcher | undefined = state.Catch?.find((one) => matches(one.ErrorEquals, error))
  if (catcher === undefined) throw error
  const errorOutput = { Error: error.error, Cause: error.cause }
  return visited.deps.clock.hold(
    leave(visited, catcher, catcher, bindings(visited, { ...moment, errorOutput }), errorOutput),
  )
}

async function endOfWait(visited: Visit, state: Extract<State, { Type: 'Wait' }>): Promise<number> {
  const { clock, evaluate } = visited.deps
  const value = await evaluate(state.Seconds ?? state.Timestamp, bindings(visited))
  if (state.Seconds !== undefined) {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 99_999_999) {
      return clock.nowMs() + value * 1000
    }
  } else if (typeof value === 'string' && !Number.isNaN(Date.parse(value))) return Date.parse(value)
  throw new StatesError('States.QueryEvaluationError', `${visited.name} cannot wait for ${JSON.stringify(value)}.`)
}

function sleepUntil({ deps, execution }: Visit, atMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = deps.clock.at(atMs, () => {
      execution.waits.delete(cancel)
      resolve()
    })
    execution.waits.add(cancel)
  })
}
