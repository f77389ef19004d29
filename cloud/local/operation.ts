// Names the operation of a request, as the SDK names it. Services do not need this; it is for code that observes requests.
import { appConfigOperation } from './app-config.ts'
import { signalsOperations } from './application-signals.ts'
import type { ServiceName } from './protocol/service.ts'
import type { LocalRequest } from './protocol/service.ts'

type Route = readonly [method: string, path: RegExp, name: string]

const lambdaRoutes: readonly Route[] = [
  ['GET', /^\/account-settings$/, 'GetAccountSettings'],
  ['GET', /^\/tags\/.+$/, 'ListTags'],
  ['POST', /^\/functions$/, 'CreateFunction'],
  ['GET', /^\/functions$/, 'ListFunctions'],
  ['GET', /^\/functions\/[^/]+$/, 'GetFunction'],
  ['DELETE', /^\/functions\/[^/]+$/, 'DeleteFunction'],
  ['POST', /^\/functions\/[^/]+\/invocations$/, 'Invoke'],
  ['GET', /^\/functions\/[^/]+\/configuration$/, 'GetFunctionConfiguration'],
  ['PUT', /^\/functions\/[^/]+\/configuration$/, 'UpdateFunctionConfiguration'],
  ['PUT', /^\/functions\/[^/]+\/code$/, 'UpdateFunctionCode'],
  ['POST', /^\/functions\/[^/]+\/versions$/, 'PublishVersion'],
  ['GET', /^\/functions\/[^/]+\/versions$/, 'ListVersionsByFunction'],
  ['POST', /^\/functions\/[^/]+\/aliases$/, 'CreateAlias'],
  ['GET', /^\/functions\/[^/]+\/aliases$/, 'ListAliases'],
  ['GET', /^\/functions\/[^/]+\/aliases\/[^/]+$/, 'GetAlias'],
  ['PUT', /^\/functions\/[^/]+\/aliases\/[^/]+$/, 'UpdateAlias'],
  ['DELETE', /^\/functions\/[^/]+\/aliases\/[^/]+$/, 'DeleteAlias'],
  ['GET', /^\/functions\/[^/]+\/policy$/, 'GetPolicy'],
  ['GET', /^\/functions\/[^/]+\/durable-executions$/, 'ListDurableExecutionsByFunction'],
  ['POST', /^\/durable-executions\/.+\/stop$/, 'StopDurableExecution'],
  ['POST', /^\/functions\/[^/]+\/policy$/, 'AddPermission'],
  ['DELETE', /^\/functions\/[^/]+\/policy\/[^/]+$/, 'RemovePermission'],
  ['GET', /^\/functions\/[^/]+\/concurrency$/, 'GetFunctionConcurrency'],
  ['PUT', /^\/functions\/[^/]+\/concurrency$/, 'PutFunctionConcurrency'],
  ['DELETE', /^\/functions\/[^/]+\/concurrency$/, 'DeleteFunctionConcurrency'],
  ['PUT', /^\/functions\/[^/]+\/event-invoke-config$/, 'PutFunctionEventInvokeConfig'],
  ['POST', /^\/functions\/[^/]+\/event-invoke-config$/, 'UpdateFunctionEventInvokeConfig'],
  ['GET', /^\/functions\/[^/]+\/event-invoke-config$/, 'GetFunctionEventInvokeConfig'],
  ['DELETE', /^\/functions\/[^/]+\/event-invoke-config$/, 'DeleteFunctionEventInvokeConfig'],
  ['GET', /^\/functions\/[^/]+\/event-invoke-config\/list$/, 'ListFunctionEventInvokeConfigs'],
  ['POST', /^\/event-source-mappings$/, 'CreateEventSourceMapping'],
  ['GET', /^\/event-source-mappings$/, 'ListEventSourceMappings'],
  ['GET', /^\/event-source-mappings\/[^/]+$/, 'GetEventSourceMapping'],
  ['GET', /^\/functions\/[^/]+\/provisioned-concurrency$/, 'GetProvisionedConcurrencyConfig'],
  ['PUT', /^\/functions\/[^/]+\/provisioned-concurrency$/, 'PutProvisionedConcurrencyConfig'],
  ['DELETE', /^\/functions\/[^/]+\/provisioned-concurrency$/, 'DeleteProvisionedConcurrencyConfig'],
]

/** Keyed by method and query parameter. */
const s3Settings: Readonly<Record<string, string>> = {
  'GET notification': 'GetBucketNotificationConfiguration',
  'PUT notification': 'PutBucketNotificationConfiguration',
  'GET versioning': 'GetBucketVersioning',
  'PUT versioning': 'PutBucketVersioning',
  'GET tagging': 'GetBucketTagging',
  'GET versions': 'ListObjectVersions',
  'PUT policy': 'PutBucketPolicy',
  'PUT tagging': 'PutBucketTagging',
}

const s3Routes: readonly Route[] = [
  ['GET', /^\/$/, 'ListBuckets'],
  ['PUT', /^\/[^/]+\/?$/, 'CreateBucket'],
  ['HEAD', /^\/[^/]+\/?$/, 'HeadBucket'],
  ['GET', /^\/[^/]+\/?$/, 'ListObjectsV2'],
  ['DELETE', /^\/[^/]+\/?$/, 'DeleteBucket'],
  ['PUT', /^\/[^/]+\/.+$/, 'PutObject'],
  ['GET', /^\/[^/]+\/.+$/, 'GetObject'],
  ['HEAD', /^\/[^/]+\/.+$/, 'HeadObject'],
  ['DELETE', /^\/[^/]+\/.+$/, 'DeleteObject'],
]

export function operationOf(service: ServiceName, request: LocalRequest): string {
  const target = request.headers['x-amz-target']?.split('.').at(-1)
  if (target !== undefined) return target
  if (request.query.get('List') === 'ALL' && request.path.endsWith('/provisioned-concurrency'))
    return 'ListProvisionedConcurrencyConfigs'
  if (service === 'execute-api') return 'Invoke'
  if (service === 'lambda')
    return routed(lambdaRoutes, request.method, request.path.replace(/^\/[\d-]+/, '').replace(/\/$/, ''))
  if (service === 'appconfig') return appConfigOperation(request)
  if (service === 'application-signals')
    return signalsOperations[`${request.method} ${request.path}`] ?? `${request.method} ${request.path}`
  if (service === 's3') {
    const setting = [...request.query.keys()].map((key) => s3Settings[`${request.method} ${key}`]).find(Boolean)
    return setting ?? routed(s3Routes, request.method, request.path)
  }
  const rpc = /\/operation\/([^/]+)$/.exec(request.path)?.[1]
  if (rpc !== undefined) return rpc
  return (
    new URLSearchParams(Buffer.from(request.body).toString('utf8')).get('Action') ?? `${request.method} ${request.path}`
  )
}

function routed(routes: readonly Route[], method: string, path: string): string {
  return routes.find(([verb, pattern]) => verb === method && pattern.test(path))?.[2] ?? `${method} ${path}`
}
