// Routes a request to its service, and identifies the caller. Signatures are read, not verified: the socket has done that, and
// in this process nobody is a stranger.
import {
  type Caller,
  home,
  type LocalRequest,
  type LocalResponse,
  type LocalService,
  type Site,
  type RequestInfo,
  type ServiceName,
  serviceNames,
} from './protocol/service.ts'
import { operationOf } from './operation.ts'
import { credentialOf, principalOf } from './protocol/credential.ts'
import { plainError } from './protocol/plain-error.ts'
import { queryError } from './protocol/query-protocol.ts'
import { s3Error } from './s3/answer.ts'
import { type Authorize, type Permission } from './protocol/rights.ts'
import { permissionsOf } from './permission.ts'

export type LocalHandler = (request: LocalRequest) => Promise<LocalResponse>

/** Keyed by the service name of a credential scope. */
export type LocalServices = Readonly<Partial<Record<ServiceName, LocalService>>>

/**
 * Called with every request before its service, and again before the answer is sent. If it throws, the caller gets no answer, as
 * when a connection breaks.
 */
export type RequestHook = (info: RequestInfo) => void | Promise<void>

type Watchers = {
  readonly onRequest?: RequestHook | undefined
  readonly authorize?: Authorize | undefined
}

/** @param servicesAt the services in an account and region */
export function localHandler(
  servicesAt: (site: Site) => LocalServices,
  { onRequest, authorize }: Watchers = {},
): LocalHandler {
  return async (request) => {
    if (!isDecodable(request.path)) return malformed(request)
    const caller = callerOf(request)
    const site = siteOf(request)
    const service = serviceOf(request)
    const serving = service && servicesAt(site)[service]
    if (service === undefined || serving === undefined) return refused(request)
    const info = { service, operation: operationOf(service, request), caller, site }
    await onRequest?.({ ...info, phase: 'before' })
    for (const asked of authorize === undefined ? [] : permissionsOf(info, request, serving))
      if ((await authorize?.({ ...asked, caller })) === false) return denied(request, caller, asked)
    const response = await answered(serving, request, caller)
    await onRequest?.({ ...info, phase: 'after' })
    return response
  }
}

/** Services decode paths, and none of them can decode `%zz`. */
function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

function malformed(request: LocalRequest): LocalResponse {
  const [code, message] = ['InvalidURI', "Couldn't parse the specified URI."]
  return serviceOf(request) === 's3' ? s3Error(400, code, message) : plainError(400, code, message)
}

/** A bug in a service is answered too: the client sees InternalFailure and the message. */
async function answered(service: LocalService, request: LocalRequest, caller: Caller): Promise<LocalResponse> {
  try {
    return await service.handle(request, caller)
  } catch (error) {
    const message = `A bug in the embedded cloud: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
    return plainError(500, 'InternalFailure', message)
  }
}

/** AWS's wording of a denial, in the protocol of the request. */
function denied(request: LocalRequest, { arn }: Caller, { action, resource }: Permission): LocalResponse {
  const message = `User: ${arn} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`
  if (isForm(request)) return queryError('', { code: 'AccessDenied', message, status: 403 })
  if (action.startsWith('s3:')) return xmlError(403, 'AccessDenied', message)
  return plainError(403, 'AccessDeniedException', message)
}

function xmlError(status: number, code: string, message: string): LocalResponse {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`
  return { status, headers: { 'content-type': 'application/xml' }, body }
}

const targets: readonly (readonly [prefix: string, service: ServiceName])[] = [
  ['AWSStepFunctions.', 'states'],
  ['AWSEvents.', 'events'],
  ['DynamoDB_', 'dynamodb'],
  ['CodePipeline_', 'codepipeline'],
  ['CodeDeploy_', 'codedeploy'],
  ['AmazonSQS.', 'sqs'],
  ['GraniteServiceVersion', 'monitoring'],
  ['com.amazonaws.cloudtrail.', 'cloudtrail'],
  ['CloudTrail_', 'cloudtrail'],
  ['AmazonEC2ContainerRegistry_', 'ecr'],
  ['Logs_', 'logs'],
  ['AnyScaleFrontendService.', 'application-autoscaling'],
  ['secretsmanager.', 'secretsmanager'],
  ['AmazonSSM.', 'ssm'],
]
const versions: Readonly<Record<string, ServiceName>> = {
  '2010-03-31': 'sns',
  '2010-08-01': 'monitoring',
  '2011-06-15': 'sts',
  '2010-05-08': 'iam',
}

export function serviceOf(request: LocalRequest): ServiceName | undefined {
  const target = request.headers['x-amz-target']
  if (target !== undefined) return targets.find(([prefix]) => target.startsWith(prefix))?.[1]
  if (/^\/service\/GraniteServiceVersion\d+\/operation\//.test(request.path)) return 'monitoring'
  const scope = credentialOf(request)?.[3]
  if (scope !== undefined) return serviceNames.find((name) => name === scope)
  if (/^\/20\d\d-\d\d-\d\d\/(functions|layers|event-source-mappings|tags|account-settings)/.test(request.path))
    return 'lambda'
  if (isForm(request)) {
    const form = new URLSearchParams(Buffer.from(request.body).toString('utf8'))
    if (form.has('Action')) return versions[form.get('Version') ?? '']
  }
  return 's3'
}

const isForm = (request: LocalRequest): boolean =>
  request.method === 'POST' && request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true

function callerOf(request: LocalRequest): Caller {
  const accessKeyId = credentialOf(request)?.[0]
  if (accessKeyId === undefined) return { accessKeyId: '', arn: 'anonymous' }
  const session = request.headers['x-amz-security-token']
  return { accessKeyId, arn: principalOf(accessKeyId).arn, ...(session === undefined ? {} : { session }) }
}

function siteOf(request: LocalRequest): Site {
  const [key = '', , region = home.region] = credentialOf(request) ?? []
  return { account: principalOf(key).account, region }
}

function refused(request: LocalRequest): LocalResponse {
  const scope = credentialOf(request)?.[3]
  const named = scope ?? request.headers['x-amz-target'] ?? `${request.method} ${request.path}`
  const message = `The service of this request (${named}) is not implemented in the embedded cloud.`
  // Clients of the query protocol can read only XML.
  if (isForm(request)) return queryError('', { code: 'NotImplemented', message, status: 501 })
  return plainError(501, 'NotImplemented', message)
}
