// Handlers called in this process, on stepped time: the package's bytes, read as text, name the handler.
import type { LocalClock } from './clock.ts'
import { errorPayload, type RunResult, type Runtime } from './runtime.ts'

type LocalContext = {
  readonly functionName: string
  readonly functionVersion: string
  readonly invokedFunctionArn: string
  readonly awsRequestId: string
  /** Says how long the invocation is to have taken: there is no other time here. */
  tookMs(ms: number): void
}
export type LocalFunction = (event: unknown, context: LocalContext) => unknown

export function inProcessRuntime(handlers: Readonly<Record<string, LocalFunction>>, clock: LocalClock): Runtime {
  return {
    async run(request): Promise<RunResult> {
      const name = new TextDecoder().decode(request.code.bytes)
      const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined
      const startMs = clock.nowMs()
      let tookMs: number | undefined
      const durationMs = (): number => tookMs ?? Math.max(1, clock.nowMs() - startMs)
      if (handler === undefined) {
        return {
          payload: errorPayload('Runtime.HandlerNotFound', `no handler for the package "${name.slice(0, 80)}"`),
          functionError: 'Unhandled',
          durationMs: 1,
        }
      }
      try {
        const text = new TextDecoder().decode(request.payload)
        const result = await handler(text === '' ? {} : JSON.parse(text), {
          functionName: request.functionName,
          functionVersion: request.version,
          invokedFunctionArn: request.functionArn,
          awsRequestId: request.requestId,
          tookMs: (ms) => {
            tookMs = ms
          },
        })
        return { payload: new TextEncoder().encode(JSON.stringify(result ?? null)), durationMs: durationMs() }
      } catch (error) {
        const { name: errorType, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
        return { payload: errorPayload(errorType, message), functionError: 'Unhandled', durationMs: durationMs() }
      }
    },
    stop: () => Promise.resolve(),
  }
}
