// The only place where SDK errors become Problems. Nothing is swallowed: the error stays the Problem's cause, and an error that
// is not recognised is `aws_unavailable`, never success.
import { Problem, type ProblemCode } from '../../core/problem.ts'
import { own } from '../../core/own.ts'

// The services use different names for throttling. This is smithy's list of names, and Lambda's.
const throttlingNames: ReadonlySet<string> = new Set([
  'BandwidthLimitExceeded',
  'LimitExceededFault',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'Throttled',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'TransactionInProgressException',
])

// Lambda errors that no retry cures, by name. test/contract/aws-refusals.test.ts checks every error name that the SDK knows.
// An error that is not listed here is retried.
const finalCodes: Readonly<Record<string, ProblemCode>> = {
  AliasLimitExceededException: 'aws_refused',
  CodeArtifactUserFailedException: 'version_failed',
  CodeSigningConfigNotFoundException: 'code_unsigned',
  CodeStorageExceededException: 'code_storage_full',
  CodeVerificationFailedException: 'code_unsigned',
  EC2AccessDeniedException: 'version_failed',
  EFSMountFailureException: 'version_failed',
  FunctionVersionsPerCapacityProviderLimitExceededException: 'code_storage_full',
  InvalidCodeSignatureException: 'code_unsigned',
  InvalidParameterValueException: 'aws_refused',
  InvalidRequestContentException: 'aws_refused',
  InvalidRuntimeException: 'version_failed',
  InvalidSecurityGroupIDException: 'version_failed',
  InvalidSubnetIDException: 'version_failed',
  InvalidZipFileException: 'code_refused',
  KMSAccessDeniedException: 'key_unusable',
  KMSDisabledException: 'key_unusable',
  KMSInvalidStateException: 'key_unusable',
  KMSNotFoundException: 'key_unusable',
  ModeNotSupportedException: 'aws_refused',
  NoPublishedVersionException: 'version_missing',
  RecursiveInvocationException: 'aws_refused',
  RequestTooLargeException: 'aws_refused',
  RuntimeAliasDeletedException: 'version_failed',
  RuntimeVersionDeletedException: 'version_failed',
  S3FilesMountFailureException: 'version_failed',
  SerializedRequestEntityTooLargeException: 'aws_refused',
  SnapStartException: 'version_failed',
  UnsupportedMediaTypeException: 'aws_refused',
}

const denialNames = /AccessDenied|AuthorizationError|UnauthorizedOperation|NotAuthorized/

/** Whether the SDK threw a service error with one of these names. */
export function isNamed(error: unknown, ...names: readonly string[]): error is Error {
  return error instanceof Error && names.includes(error.name)
}

/**
 * Turns a failed call into the Problem that an operator reads.
 * @param call the IAM action and what it was for, such as `lambda:GetAlias of orders:live`
 */
export function asProblem(error: unknown, call: string): Problem {
  if (error instanceof Problem) return error
  const { name, message } = error instanceof Error ? error : { name: 'unknown error', message: String(error) }
  return problemNamed(name, message, call, error)
}

/** Like `asProblem`, for failures that arrive as data, such as an entry of PutEvents. */
export function problemNamed(name: string, message: string, call: string, cause?: unknown): Problem {
  const options = cause === undefined ? undefined : { cause }
  const final = isOfLambda(call) ? own(finalCodes, name) : undefined
  if (final !== undefined) return new Problem(final, `AWS refused ${call}: ${name}: ${message.slice(0, 300)}`, options)
  if (denialNames.test(name)) {
    const action = /perform:\s*([a-z0-9-]+:[A-Za-z0-9*]+)/i.exec(message)?.[1] ?? call.split(' ')[0] ?? call
    return new Problem('permission_denied', `AWS denied ${action} (in ${call}).`, options)
  }
  if (throttlingNames.has(name) || hasStatus(cause, 429)) {
    return new Problem('aws_throttled', `AWS throttled ${call} (${name}).`, options)
  }
  return new Problem('aws_unavailable', `AWS failed ${call}: ${name}: ${message.slice(0, 300)}`, options)
}

/** Other services use the same names for other errors. */
const isOfLambda = (call: string): boolean => call.startsWith('lambda:')

/** Awaits a call for which no error needs special treatment. */
export async function translated<T>(call: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw asProblem(error, call)
  }
}

/** Reads a field that the service always sends, although its type is optional. */
export function present<T>(value: T | undefined, field: string, call: string): T {
  if (value === undefined) throw new Problem('aws_unavailable', `AWS answered ${call} without ${field}.`)
  return value
}

function hasStatus(error: unknown, status: number): boolean {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return false
  const metadata: unknown = error.$metadata
  return (
    typeof metadata === 'object' &&
    metadata !== null &&
    'httpStatusCode' in metadata &&
    metadata.httpStatusCode === status
  )
}

/**
 * Every item of a listing of a function: half of one must not look like all of it.
 * @throws Problem `version_missing` if there is no such function
 */
export async function allPages<Page, T>(
  pages: AsyncIterable<Page>,
  itemsOf: (page: Page) => readonly T[] | undefined,
  call: string,
  functionName: string,
): Promise<readonly T[]> {
  const found: T[] = []
  try {
    for await (const page of pages) found.push(...(itemsOf(page) ?? []))
  } catch (error) {
    if (isNamed(error, 'ResourceNotFoundException'))
      throw new Problem('version_missing', `There is no ${functionName}.`, { cause: error })
    // AWS returns an empty list; an emulator throws this error instead (docs/deploy.md).
    if (isNamed(error, 'ProvisionedConcurrencyConfigNotFoundException')) return found
    throw asProblem(error, call)
  }
  return found
}
