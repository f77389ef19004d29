// What AWS errors mean to an experiment: access denied, not available on this endpoint, or stopped by the user.

const stopped = 'VerifyStopped'
/** The user, or the pipeline, has interrupted. */
export const stop = (): Error => Object.assign(new Error('stopped'), { name: stopped })
export const isStopped = (error: unknown): boolean => error instanceof Error && error.name === stopped

/** Recognises an emulator's answer to an operation that it does not implement. */
export function isMissingHere(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
  return (
    status === 501 ||
    /not implemented|NotImplemented|UnknownOperation|InvalidAction|unsupported/i.test(`${error.name} ${error.message}`)
  )
}

/** The error of a call that should fail; `undefined` if it succeeds. */
export async function refusal(call: Promise<unknown>): Promise<Error | undefined> {
  try {
    await call
    return undefined
  } catch (error) {
    if (isMissingHere(error)) throw error
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** The action and resource that AWS denied; `undefined` if the error is not a denial. */
export function denialIn(error: unknown): { readonly action: string; readonly resource: string } | undefined {
  if (!(error instanceof Error) || !/AccessDenied|NotAuthorized|Unauthorized/.test(error.name)) return undefined
  const [, action = '', resource = ''] = /perform: ([a-z0-9-]+:\w+)(?: on resource: (\S+))?/i.exec(error.message) ?? []
  return { action, resource }
}
