// Where the embedded Lambda runs code. A runtime gets a version's code and an event, and returns the result.

export type RunRequest = {
  readonly functionName: string
  readonly functionArn: string
  readonly version: string
  readonly handler: string
  readonly role: string
  readonly code: { readonly sha256: string; readonly bytes: Uint8Array }
  readonly environment: Readonly<Record<string, string>>
  readonly payload: Uint8Array
  readonly requestId: string
  readonly timeoutSeconds: number
}

export type RunResult = {
  readonly payload: Uint8Array
  /** `Unhandled`: Lambda uses it for every failure of the handler. */
  readonly functionError?: string
  readonly durationMs: number
}

/**
 * A running function counts as work (clock.ts) until it answers, or only waits: for time, or for another function. It is ended
 * after `timeoutSeconds` of the cloud's time.
 */
export type Runtime = {
  run(request: RunRequest): Promise<RunResult>
  /**
   * Wraps a call that a function made and awaits, so that it counts as waiting. `session` is the token of its credentials. Absent
   * if the runtime does not track work.
   */
  waitFor?<T>(session: string | undefined, answer: Promise<T>): Promise<T>
  stop(): Promise<void>
}

/** Lambda's answer as observed (docs/aws.md §1.5). */
export function timedOut({ requestId, timeoutSeconds }: RunRequest): RunResult {
  const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`
  const payload = new TextEncoder().encode(JSON.stringify({ errorType: 'Sandbox.Timedout', errorMessage }))
  return { payload, functionError: 'Unhandled', durationMs: timeoutSeconds * 1000 }
}

/** Lambda's payload when a handler throws or its process dies. */
export function errorPayload(errorType: string, errorMessage: string): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ errorType, errorMessage, trace: [] }))
}
