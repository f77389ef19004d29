// The permissions that IAM checks for a request: the action, and the resource in the form that AWS checks
// (cloud/authorization.ts).
import { authorizationOf } from '../authorization.ts'
import { jsonOf } from './protocol/json-body.ts'
import type { RequestInfo, ServiceName } from './protocol/service.ts'
import type { Permission } from './protocol/rights.ts'
import type { LocalRequest, LocalService, Site } from './protocol/service.ts'
import { appConfigResources } from './app-config.ts'
import { anyScalableTarget } from './application-auto-scaling.ts'
import { secretArn } from './secrets.ts'
import { machineOfToken } from './stepfunctions/tokens.ts'

const prefixes: Partial<Readonly<Record<ServiceName, string>>> = { monitoring: 'cloudwatch' }

type Asked = Pick<RequestInfo, 'service' | 'operation' | 'site'>

/** The caller needs all of them. A call that is not in the table needs resource `*`. */
export function permissionsOf(
  { service, operation, site }: Asked,
  request: LocalRequest,
  serving: Pick<LocalService, 'conditionsOf'> = {},
): readonly Permission[] {
  // Which resource it is depends on the route, so the API asks by itself.
  if (service === 'execute-api') return []
  const tested = serving.conditionsOf?.(request) ?? {}
  const context = Object.keys(tested).length === 0 ? {} : { context: tested }
  if (service === 'dynamodb' && operation === 'TransactWriteItems')
    return transacted(site, request).map((permission) => ({ ...permission, ...context }))
  const versioned = service === 's3' && operation === 'GetObject' && request.query.has('versionId') ? 'Version' : ''
  const call = `${prefixes[service] ?? service}:${operation}${versioned}`
  const row = authorizationOf(call)
  if (row === undefined || row.on.length === 0) return [{ action: row?.action ?? call, resource: '*' }]
  return resourcesOf(service, site, row.on, request).map((resource) => ({ action: row.action, resource, ...context }))
}

const transactionActions: Readonly<Record<string, string>> = {
  Put: 'dynamodb:PutItem',
  Update: 'dynamodb:UpdateItem',
  Delete: 'dynamodb:DeleteItem',
  ConditionCheck: 'dynamodb:ConditionCheckItem',
}

/** A transaction has no action of its own: IAM checks the action of each part (docs/aws.md §7). */
function transacted(site: Site, request: LocalRequest): readonly Permission[] {
  return listOf(request, 'TransactItems').flatMap((part) =>
    Object.entries(part as Readonly<Record<string, { readonly TableName?: unknown }>>).map(([kind, { TableName }]) => ({
      action: transactionActions[kind] ?? 'dynamodb:TransactWriteItems',
      resource: arnOf(site, 'dynamodb', 'table', String(TableName)),
    })),
  )
}

const arn = ({ account, region }: Site, service: string, resource: string): string =>
  `arn:aws:${service}:${region}:${account}:${resource}`
/** Accepts a name or an ARN. */
const arnOf = (site: Site, service: string, kind: string, name: string): string =>
  name.startsWith('arn:') ? name : arn(site, service, `${kind}/${name}`)

function resourcesOf(
  service: ServiceName,
  site: Site,
  kinds: readonly string[],
  request: LocalRequest,
): readonly string[] {
  switch (service) {
    case 'lambda':
      return [mappingArn(site, request) ?? functionArn(site, kinds, request)]
    case 'dynamodb': {
      const table = arnOf(site, service, 'table', field(request, 'TableName') ?? '')
      const index = field(request, 'IndexName')
      return [index === undefined ? table : `${table}/index/${index}`]
    }
    case 'states':
      return [field(request, 'stateMachineArn') ?? field(request, 'executionArn') ?? machineOfTask(request) ?? '*']
    case 'events':
      return busesOf(request).map((bus) => arnOf(site, service, 'event-bus', bus))
    case 'sqs':
      return [
        arn(site, 'sqs', (field(request, 'QueueUrl') ?? field(request, 'QueueName') ?? '').split('/').at(-1) ?? ''),
      ]
    case 'secretsmanager':
      return [secretArn(field(request, 'SecretId') ?? '')]
    case 'appconfig':
      return appConfigResources(request.path).map((one) => arn(site, 'appconfig', one))
    case 'application-autoscaling':
      return [arn(site, service, anyScalableTarget)]
    case 'sns':
      return [formOf(request).get('TopicArn') ?? '*']
    case 'sts':
      return [formOf(request).get('RoleArn') ?? '*']
    case 's3':
      return [`arn:aws:s3:::${request.path.slice(1)}`]
    case 'application-signals':
      return listOf(request, 'SloIds').map((id) => arnOf(site, service, 'slo', String(id)))
    default:
      return ['*']
  }
}

const formOf = (request: LocalRequest): URLSearchParams =>
  new URLSearchParams(Buffer.from(request.body).toString('utf8'))

function mappingArn(site: Site, { path }: LocalRequest): string | undefined {
  const id = /\/event-source-mappings\/([^/]+)$/.exec(path)?.[1]
  return id === undefined ? undefined : arn(site, 'lambda', `event-source-mapping:${id}`)
}

/** The qualified ARN, if there is a qualifier and the operation supports one. */
function functionArn(site: Site, kinds: readonly string[], request: LocalRequest): string {
  const place = decodeURIComponent(/\/functions\/([^/]+)/.exec(request.path)?.[1] ?? '')
  const [name = '', inName] = place.replace(/^.*function:/, '').split(':')
  const qualifier = request.query.get('Qualifier') ?? inName
  const isQualified = qualifier !== undefined && kinds.some((kind) => kind !== 'function')
  return arn(site, 'lambda', `function:${name}${isQualified ? `:${qualifier}` : ''}`)
}

/** IAM checks the state machine that the task token belongs to. */
function machineOfTask(request: LocalRequest): string | undefined {
  const token = field(request, 'taskToken')
  return token === undefined ? undefined : machineOfToken(token)
}

/** Each entry may name its own bus, and each bus is checked. */
function busesOf(request: LocalRequest): readonly string[] {
  const named = listOf(request, 'Entries').map(
    (entry) => (entry as { EventBusName?: string }).EventBusName ?? 'default',
  )
  return [...new Set(named)]
}

function field(request: LocalRequest, name: string): string | undefined {
  const value = valueOf(request, name)
  return typeof value === 'string' ? value : undefined
}

function listOf(request: LocalRequest, name: string): readonly unknown[] {
  const value = valueOf(request, name)
  return Array.isArray(value) ? (value as readonly unknown[]) : []
}

function valueOf(request: LocalRequest, name: string): unknown {
  const body = jsonOf(request)
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined
}
