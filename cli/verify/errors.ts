// What errors of AWS mean to an experiment: denied, not there on this endpoint, or stopped by whoever began it.

const stopped = 'VerifyStopped'
/** The person, or the pipeline, has had enough. */
export const stop = (): Error => Object.assign(new Error('stopped'), { name: stopped })
export const isStopped = (error: unknown): boolean => error instanceof Error && error.name === stopped

/** What an emulator says to an operation that it does not have. */
export function isMissingHere(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
  return (
    status === 501 ||
    /not implemented|NotImplemented|UnknownOperation|InvalidAction|unsupported/i.test(`${error.name} ${error.message}`)
  )
}

/** The error of a call that is to fail; `undefined` when it succeeds. */
export async function refusal(call: Promise<unknown>): Promise<Error | undefined> {
  try {
    await call
    return undefined
  } catch (error) {
    if (isMissingHere(error)) throw error
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** What a call is denied, in AWS's words; `undefined` when it is not denied, whatever else it was. */
export function denialIn(error: unknown): { readonly action: string; readonly resource: string } | undefined {
  if (!(error instanceof Error) || !/AccessDenied|NotAuthorized|Unauthorized/.test(error.name)) return undefined
  const [, action = '', resource = ''] = /perform: ([a-z0-9-]+:\w+)(?: on resource: (\S+))?/i.exec(error.message) ?? []
  return { action, resource }
}
