// What a person at a keyboard can do about an error. A function in AWS sees an AWS that does not answer, and tries again; here it
// may be a key that is missing, a network that is down, or a name that is misspelt. Only a fault of ours is a surprise.
import { Problem, type ProblemCode, problems } from '../../core/problem.ts'

type Explained = { readonly code: ProblemCode; readonly message: string; readonly fix: string }
type Environment = Readonly<Record<string, string | undefined>>

const refusedKeys: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignature',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
])

// What API Gateway says before it asks who may call the route.
const refusedSigning = /security token|request signature|Authentication Token/i

// Of Node's sockets and of the SDK's time limits.
const unreachable = /^(ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|TimeoutError)$/

/** @returns what to tell; `undefined` for an error that nobody has foreseen */
export function explained(error: unknown, environment: Environment): Explained | undefined {
  if (!(error instanceof Problem)) return ofSystem(error)
  const { code, message, fix, cause } = error
  if (code === 'route_refused' && refusedSigning.test(message)) return told('credentials_refused', message)
  // What the controller was denied comes from the API, as a code and without the error of AWS.
  if (code === 'permission_denied' && cause !== undefined) return { code, message, fix: callerFix }
  if (code !== 'aws_unavailable') return { code, message, fix: isOfFile(cause) ? fileFix : fix }
  return ofAws(error, environment) ?? { code, message, fix }
}

/** Nobody can be asked without these, now or later. */
const needed: readonly ProblemCode[] = ['credentials_missing', 'credentials_refused', 'region_missing']

/** @returns what to tell if the caller has no credentials, or no region, that AWS takes */
export function unidentified(error: unknown, environment: Environment): Explained | undefined {
  const known = explained(error, environment)
  return known !== undefined && needed.includes(known.code) ? known : undefined
}

function ofAws({ message, cause }: Problem, environment: Environment): Explained | undefined {
  const { name, code, text } = factsOf(cause)
  if (/region=|region is missing/i.test(text)) return told('region_missing', 'No AWS region is set, or it is not one.')
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError')
    return told('credentials_missing', `No AWS credentials were found: ${text}`)
  if (refusedKeys.has(name))
    return told('credentials_refused', `AWS does not accept the credentials (${name}): ${text}`)
  const where = environment['AWS_ENDPOINT_URL'] ?? ''
  if (text === 'Invalid URL') return told('endpoint_unreachable', `AWS_ENDPOINT_URL is no address: "${where}".`)
  if (unreachable.test(code) || unreachable.test(name)) {
    const why = code === '' ? name : code
    return told('endpoint_unreachable', where === '' ? `${message} (${why})` : `Nothing answers at ${where} (${why}).`)
  }
  const isOfTable = message.startsWith('AWS failed dynamodb:')
  // The embedded cloud serves one region.
  if (isOfTable && (name === 'ResourceNotFoundException' || (where !== '' && name === 'NotImplemented')))
    return told(
      'table_missing',
      `There is no table ${environment['TIDEGATE_TABLE'] ?? 'tidegate'} in this account and region.`,
    )
  return undefined
}

const told = (code: ProblemCode, message: string): Explained => ({ code, message, fix: problems[code] })

type Facts = { readonly name: string; readonly code: string; readonly text: string }

function factsOf(cause: unknown): Facts {
  if (!(cause instanceof Error)) return { name: '', code: '', text: '' }
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  return { name: cause.name, code, text: cause.message }
}

const isOfFile = (cause: unknown): boolean => cause instanceof Error && 'syscall' in cause && 'path' in cause
const callerFix =
  'You are denied it, and not the controller: grant the named action to your user or role, or choose another one with AWS_PROFILE.'
const fileFix = 'Check the name of the file, and that you may read it.'

/** What the operating system refuses. */
function ofSystem(error: unknown): Explained | undefined {
  if (!(error instanceof Error) || !('syscall' in error)) return undefined
  const { code, text } = factsOf(error)
  if (error.syscall === 'listen') {
    const port = 'port' in error ? String(error.port) : ''
    return told(
      'port_unusable',
      `Port ${port} cannot be used: ${code === 'EADDRINUSE' ? 'another program has it' : text}.`,
    )
  }
  const path = 'path' in error && typeof error.path === 'string' ? error.path : undefined
  return path === undefined ? undefined : told('file_unusable', `The file ${path} cannot be written or read (${code}).`)
}
