// What IAM is asked about a request: the action, and the resource in the form that AWS checks it (docs/aws.md §9).
import { sloArn } from './application-signals.ts'
import type { RequestInfo, ServiceName } from './dispatch.ts'
import { account, type Caller, type LocalRequest, type Site } from './service.ts'

export type Permission = { readonly action: string; readonly resource: string }

/** Decides for a caller. What it refuses is answered as AWS does, and reaches no service. */
export type Authorize = (asked: Permission & Pick<RequestInfo, 'caller'>) => boolean | Promise<boolean>

export type Rights = {
  /** Whether a role may, when a service acts for it. */
  readonly mayRole: (roleArn: string, permission: Permission) => Promise<boolean>
  /** Whether a caller may, when a service does something for it. */
  readonly mayCaller: (caller: Caller, permission: Permission) => Promise<boolean>
}

/** What services ask for themselves. */
export function rightsBy(authorize: Authorize | undefined): Rights {
  const mayCaller: Rights['mayCaller'] = async (caller, permission) =>
    authorize === undefined || authorize({ ...permission, caller })
  return {
    mayCaller,
    mayRole: (roleArn, permission) => {
      const role = roleArn.split('/').at(-1) ?? ''
      const arn = `arn:aws:sts::${account}:assumed-role/${role}/session`
      return mayCaller({ accessKeyId: `role.${role}`, arn }, permission)
    },
  }
}

const prefixes: Partial<Readonly<Record<ServiceName, string>>> = { monitoring: 'cloudwatch' }
const actions: Readonly<Record<string, string>> = { 'lambda:Invoke': 'lambda:InvokeFunction' }

type Asked = Pick<RequestInfo, 'service' | 'operation' | 'site'>

export function permissionOf({ service, operation, site }: Asked, request: LocalRequest): Permission {
  const action = `${prefixes[service] ?? service}:${operation}`
  return { action: actions[action] ?? action, resource: resourceOf({ service, operation, site }, request) }
}

const arn = ({ account, region }: Site, service: string, resource: string): string =>
  `arn:aws:${service}:${region}:${account}:${resource}`

function resourceOf({ service, operation, site }: Asked, request: LocalRequest): string {
  switch (service) {
    case 'lambda':
      return request.path.includes('/functions') ? functionArn(site, operation, request) : '*'
    case 'dynamodb':
      return arn(site, 'dynamodb', `table/${field(request, 'TableName') ?? ''}`)
    case 'states':
      return field(request, 'stateMachineArn') ?? field(request, 'executionArn') ?? '*'
    case 'events':
      return operation === 'PutEvents' ? arn(site, 'events', 'event-bus/default') : '*'
    case 'sqs':
      return arn(site, 'sqs', (field(request, 'QueueUrl') ?? field(request, 'QueueName') ?? '').split('/').at(-1) ?? '')
    case 'sns':
      return formOf(request).get('TopicArn') ?? '*'
    case 'sts':
      return formOf(request).get('RoleArn') ?? '*'
    case 's3':
      return `arn:aws:s3:::${request.path.slice(1)}`
    case 'application-signals':
      // The first stands for all that are asked about together.
      return sloArn(firstOf(request, 'SloIds') ?? '')
    case 'cloudtrail':
    case 'ecr':
    case 'logs':
    case 'iam':
    case 'codepipeline':
    case 'monitoring':
      return '*'
  }
}

const formOf = (request: LocalRequest): URLSearchParams =>
  new URLSearchParams(Buffer.from(request.body).toString('utf8'))

/** Aliases cannot be told apart by IAM; what is invoked can. */
function functionArn(site: Site, operation: string, request: LocalRequest): string {
  const place = decodeURIComponent(/\/functions\/([^/]+)/.exec(request.path)?.[1] ?? '')
  const [name = '', inName] = (place.split(':function:').at(-1) ?? '').split(':')
  const qualifier = request.query.get('Qualifier') ?? inName
  const isQualified = operation === 'Invoke' && qualifier !== undefined
  return arn(site, 'lambda', `function:${name}${isQualified ? `:${qualifier}` : ''}`)
}

function field(request: LocalRequest, name: string): string | undefined {
  const value = valueOf(request, name)
  return typeof value === 'string' ? value : undefined
}

function firstOf(request: LocalRequest, name: string): string | undefined {
  const value = valueOf(request, name)
  return Array.isArray(value) && typeof value[0] === 'string' ? value[0] : undefined
}

function valueOf(request: LocalRequest, name: string): unknown {
  const body: unknown = request.body.length === 0 ? {} : JSON.parse(Buffer.from(request.body).toString('utf8'))
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined
}
