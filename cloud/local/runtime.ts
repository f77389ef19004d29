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

export type Runtime = {
  run(request: RunRequest): Promise<RunResult>
  stop(): Promise<void>
}

/** The payload with which Lambda answers when a handler throws, runs out of time or dies. */
export function errorPayload(errorType: string, errorMessage: string): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ errorType, errorMessage, trace: [] }))
}
