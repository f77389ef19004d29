// An error that AWS would answer. Each service's protocol serialises it in its own way.

export class AwsError extends Error {
  readonly code: string
  readonly status: number
  readonly extra: Readonly<Record<string, unknown>>
  constructor(code: string, message: string, status = 400, extra: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.name = code
    this.code = code
    this.status = status
    this.extra = extra
  }
}

export const isAwsError = (error: unknown): error is AwsError => error instanceof AwsError

/** The embedded cloud's answer to anything that it does not implement. */
export const notImplemented = (what: string): AwsError =>
  new AwsError('NotImplemented', `not implemented in the embedded cloud: ${what}`, 501)
