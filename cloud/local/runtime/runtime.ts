// Where the embedded Lambda runs code. A runtime is given a version's code and an event, and says what came out.

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
  /** `Unhandled`, as Lambda says of everything that went wrong in the handler. */
  readonly functionError?: string
  readonly durationMs: number
}

/**
 * A function that runs is work (clock.ts) until it has answered, or only waits: for time, or for another function. After
 * `timeoutSeconds` of the cloud's time it is given up.
 */
export type Runtime = {
  run(request: RunRequest): Promise<RunResult>
  /** What a function has asked for and waits for. `session`: the token of its credentials. Absent where nobody works. */
  waitFor?<T>(session: string | undefined, answer: Promise<T>): Promise<T>
  stop(): Promise<void>
}

/** As Lambda has been seen to answer (docs/aws.md §1.5). */
export function timedOut({ requestId, timeoutSeconds }: RunRequest): RunResult {
  const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`
  const payload = new TextEncoder().encode(JSON.stringify({ errorType: 'Sandbox.Timedout', errorMessage }))
  return { payload, functionError: 'Unhandled', durationMs: timeoutSeconds * 1000 }
}

/** The payload with which Lambda answers when a handler throws or dies. */
export function errorPayload(errorType: string, errorMessage: string): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ errorType, errorMessage, trace: [] }))
}
