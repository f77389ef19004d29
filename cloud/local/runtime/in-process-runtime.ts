// Runs handlers in this process: the package's bytes, read as text, are the handler's name.
import { AsyncLocalStorage } from 'node:async_hooks'
import { type LocalClock, until } from '../time/clock.ts'
import { errorPayload, type RunRequest, type RunResult, type Runtime, timedOut } from './runtime.ts'

type LocalContext = {
  readonly functionName: string
  readonly functionVersion: string
  readonly invokedFunctionArn: string
  readonly awsRequestId: string
  /** The function's variables, which are in `process.env` on Lambda. */
  readonly environment: Readonly<Record<string, string>>
  getRemainingTimeInMillis(): number
  /** Waits in the cloud's time. Everything else that a handler does takes no time. */
  waitMs(ms: number): Promise<void>
}
export type LocalFunction = (event: unknown, context: LocalContext) => unknown

/** An invocation in progress. */
type Running = { waitFor<T>(answer: Promise<T>): Promise<T> }

const decoder = new TextDecoder()

type LocalFunctions = Readonly<Record<string, LocalFunction>>

/**
 * @param simple handlers that wait by their context or not at all, and never by `waitFor`. So nobody has to know later which of
 *   them is running. To keep that takes a tenth of the time of a simulated customer.
 */
export function inProcessRuntime(handlers: LocalFunctions, clock: LocalClock, simple: LocalFunctions = {}): Runtime {
  const present = new AsyncLocalStorage<Running>()
  const names = new WeakMap<Uint8Array, string>()
  function nameOf(code: Uint8Array): string {
    const name = names.get(code) ?? decoder.decode(code)
    names.set(code, name)
    return name
  }

  async function run(request: RunRequest): Promise<RunResult> {
    const name = nameOf(request.code.bytes)
    const known = Object.hasOwn(handlers, name) ? handlers[name] : undefined
    const handler = known ?? (Object.hasOwn(simple, name) ? simple[name] : undefined)
    if (handler === undefined) {
      const message = `no handler for the package "${name.slice(0, 80)}"`
      return { payload: errorPayload('Runtime.HandlerNotFound', message), functionError: 'Unhandled', durationMs: 1 }
    }
    const startMs = clock.nowMs()
    const endMs = startMs + request.timeoutSeconds * 1000
    let done = clock.work()
    let isOver = false
    // A handler may wait for several at once.
    let waiting = 0
    const running: Running = {
      async waitFor(answer) {
        if (waiting === 0) done()
        waiting++
        try {
          return await answer
        } finally {
          waiting--
          // On Lambda the invocation no longer exists, so its code must never resume.
          if (isOver) await new Promise(() => undefined)
          if (waiting === 0) done = clock.work()
        }
      },
    }
    const context: LocalContext = {
      ...namesOf(request),
      getRemainingTimeInMillis: () => Math.max(0, endMs - clock.nowMs()),
      waitMs: (ms) => running.waitFor(until(clock, clock.nowMs() + ms)),
    }
    const answered =
      known === undefined
        ? answerOf(handler, request, context)
        : present.run(running, () => answerOf(handler, request, context))
    // One that has answered already, as to most customers, needs no timer.
    const answer = answered instanceof Promise ? await inTime(clock, answered, endMs, request) : answered
    isOver = true
    done()
    return { ...answer, durationMs: Math.max(1, clock.nowMs() - startMs) }
  }

  return {
    run,
    waitFor: (_, answer) => present.getStore()?.waitFor(answer) ?? answer,
    stop: () => Promise.resolve(),
  }
}

async function inTime(
  clock: LocalClock,
  answered: Promise<RunResult>,
  endMs: number,
  request: RunRequest,
): Promise<RunResult> {
  let cancel = (): void => undefined
  const late = new Promise<RunResult>((resolve) => {
    cancel = clock.at(endMs, () => resolve(timedOut(request)))
  })
  const answer = await Promise.race([late, answered])
  cancel()
  return answer
}

const namesOf = ({ functionName, version, functionArn, requestId, environment }: RunRequest) => ({
  ...{ functionName, functionVersion: version, invokedFunctionArn: functionArn, awsRequestId: requestId, environment },
})

function answerOf(handler: LocalFunction, request: RunRequest, context: LocalContext): RunResult | Promise<RunResult> {
  try {
    const text = decoder.decode(request.payload)
    const result = handler(text === '' ? {} : JSON.parse(text), context)
    return result instanceof Promise ? result.then(succeeded).catch(failed) : succeeded(result)
  } catch (error) {
    return failed(error)
  }
}

const succeeded = (result: unknown): RunResult => ({
  payload: Buffer.from(JSON.stringify(result ?? null)),
  durationMs: 0,
})

function failed(error: unknown): RunResult {
  const { name: errorType, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
  return { payload: errorPayload(errorType, message), functionError: 'Unhandled', durationMs: 0 }
}
