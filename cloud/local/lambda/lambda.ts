// AWS Lambda over REST-JSON: maps requests to operations. The operations are in registry.ts and invocation.ts.
import { AwsError, isAwsError, notImplemented } from '../protocol/aws-error.ts'
import { parseJson } from '../protocol/json-body.ts'
import type { Input } from '../protocol/json-protocol.ts'
import type { Rights } from '../protocol/rights.ts'
import { undecipherable } from '../s3/s3.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type {
  Caller,
  Invoker,
  LocalRequest,
  LocalResponse,
  LocalService,
  MetricSink,
  Site,
} from '../protocol/service.ts'
import { accountSettings, deleteConcurrency, getConcurrency, putConcurrency } from './limits.ts'
import { eventInvokeConfig } from './event-invoke-config.ts'
import { durableExecutions, startExecution, stopExecution } from './durable-executions.ts'
import { eventSourceMappings, type MappingDeps } from './event-source-mapping.ts'
import { invocations } from './invocation.ts'
import { paged } from './paging.ts'
import { addPermission, getPolicy, removePermission } from './policy.ts'
import { aliasOf, describeAlias, parseFunctionName } from './lambda-function.ts'
import { deleteProvisioned, getProvisioned, listProvisioned, putProvisioned } from './provisioned-concurrency.ts'
import {
  type Ask,
  createAlias,
  createFunction,
  deleteAlias,
  deleteFunction,
  describe,
  find,
  publishVersion,
  qualified,
  type Registry,
  updateAlias,
  updateCode,
  updateConfiguration,
} from './registry.ts'

type LambdaDeps = Omit<Registry, 'functions' | 'pendingMs' | 'provisionMs'> &
  MappingDeps & {
    readonly metrics: MetricSink
    readonly mayCaller: Rights['mayCaller']
    readonly runtime: Runtime
    readonly random: () => number
    readonly pendingMs?: number
    readonly provisionMs?: number | undefined
  }

type Route = readonly [method: string, path: RegExp, status: number, act: (registry: Registry, ask: Ask) => unknown]

/** The path is the part after `/functions/NAME`; it is empty for `/functions` itself. */
const routes: readonly Route[] = [
  ['POST', /^$/, 201, createFunction],
  [
    'GET',
    /^\/$/,
    200,
    (registry, ask) => ({ Configuration: configuration(registry, ask), Code: codeLocation(registry, ask) }),
  ],
  ['DELETE', /^\/$/, 204, deleteFunction],
  ['GET', /^\/configuration$/, 200, configuration],
  ['PUT', /^\/configuration$/, 200, updateConfiguration],
  ['PUT', /^\/code$/, 200, updateCode],
  ['POST', /^\/versions$/, 201, publishVersion],
  ['GET', /^\/versions$/, 200, listVersions],
  ['POST', /^\/aliases$/, 201, createAlias],
  ['GET', /^\/aliases$/, 200, listAliases],
  ['GET', /^\/aliases\/.+$/, 200, getAlias],
  ['PUT', /^\/aliases\/.+$/, 200, updateAlias],
  ['DELETE', /^\/aliases\/.+$/, 204, deleteAlias],
  ['GET', /^\/concurrency$/, 200, getConcurrency],
  ['PUT', /^\/concurrency$/, 200, putConcurrency],
  ['DELETE', /^\/concurrency$/, 204, deleteConcurrency],
  ['PUT', /^\/provisioned-concurrency$/, 202, putProvisioned],
  ['GET', /^\/provisioned-concurrency$/, 200, provisionedConcurrency],
  ['DELETE', /^\/provisioned-concurrency$/, 204, deleteProvisioned],
  ['POST', /^\/policy$/, 201, addPermission],
  ['GET', /^\/policy$/, 200, getPolicy],
  ['GET', /^\/durable-executions$/, 200, durableExecutions],
  ['DELETE', /^\/policy\/.+$/, 204, removePermission],
]

function configuration(registry: Registry, ask: Ask): unknown {
  return describe(registry, find(registry, ask.name), qualified(registry, ask), ask.qualifier)
}

/** Lambda signs an address in a bucket of its own. Here the address is the package, so that nobody has to serve it. */
function codeLocation(registry: Registry, ask: Ask): unknown {
  const { imageUri, bytes } = qualified(registry, ask).config.code
  if (imageUri !== undefined) return { RepositoryType: 'ECR', ImageUri: imageUri, ResolvedImageUri: imageUri }
  const Location = `data:application/zip;base64,${Buffer.from(bytes).toString('base64')}`
  return { RepositoryType: 'S3', Location }
}

/** Gets one qualifier, or lists all of a function. The query decides (`?List=ALL`), which no other operation does. */
function provisionedConcurrency(registry: Registry, ask: Ask): unknown {
  return ask.qualifier === undefined ? listProvisioned(registry, ask) : getProvisioned(registry, ask)
}

function listVersions(registry: Registry, ask: Ask): unknown {
  const fn = find(registry, ask.name)
  const { items, ...next } = paged([fn.latest, ...fn.published.values()], ask.query, listedMax)
  return { Versions: items.map((version) => describe(registry, fn, version, version.version)), ...next }
}

function listAliases(registry: Registry, ask: Ask): unknown {
  const fn = find(registry, ask.name)
  const { items, ...next } = paged([...fn.aliases.values()], ask.query, listedMax)
  return { Aliases: items.map((alias) => describeAlias(fn, alias)), ...next }
}

function getAlias(registry: Registry, ask: Ask): unknown {
  const fn = find(registry, ask.name)
  return describeAlias(fn, aliasOf(fn, ask.alias))
}

export function localLambda({ pendingMs = 0, provisionMs = 90_000, ...deps }: LambdaDeps): LocalService & Invoker {
  const registry: Registry = { ...deps, pendingMs, provisionMs, functions: new Map() }
  const invoker = invocations({ ...deps, functions: registry.functions })
  const mappings = eventSourceMappings(deps, invoker)
  return {
    invoke: (functionName, qualifier, payload) => invoker.invoke(functionName, qualifier, payload),
    take: (functionName, qualifier, payload) => invoker.take(functionName, qualifier, payload),
    handle: async (request, caller) => {
      try {
        if (/^\/20[0-9-]+\/event-source-mappings\/?$/.test(request.path)) {
          const made = request.method === 'POST'
          if (!made && request.method !== 'GET') throw notImplemented(`Lambda ${request.method} ${request.path}`)
          const body = made
            ? await mappings.create(parseJson(request), (name) => find(registry, name))
            : mappings.list(request.query, mappedName(request, deps.site))
          return { status: made ? 202 : 200, headers: json, body: JSON.stringify(body) }
        }
        const mapping = /^\/20[0-9-]+\/event-source-mappings\/([^/]+)$/.exec(request.path)?.[1]
        if (mapping !== undefined && request.method === 'GET')
          return { status: 200, headers: json, body: JSON.stringify(mappings.get(mapping)) }
        const aside = besideFunctions(registry, request) ?? stopExecution(registry, request)
        if (aside !== undefined) return { status: 200, headers: json, body: JSON.stringify(aside) }
        const { name, qualifier, path } = addressOf(request, deps.site)
        const named = { name, ...(qualifier === undefined ? {} : { qualifier }) }
        if (request.method === 'POST' && path === '/invocations') {
          startExecution(registry, request, named)
          return await invoker.answer(request, named, caller)
        }
        if (/^\/event-invoke-config(\/list)?$/.test(path))
          return await asyncConfig(registry, deps, request, named, caller)
        const route = routes.find(([method, pattern]) => method === request.method && pattern.test(path))
        if (route === undefined) throw notImplemented(`Lambda ${request.method} ${request.path}`)
        const alias = decodeURIComponent(/^\/(?:aliases|policy)\/(.+)$/.exec(path)?.[1] ?? '')
        const [, , status, act] = route
        const input = parseJson(request)
        await checkPackage(deps, input, caller)
        const body = act(registry, { ...named, alias, body: input, caller, query: request.query })
        return { status, headers: json, body: status === 204 ? '' : JSON.stringify(body) }
      } catch (error) {
        if (!isAwsError(error)) throw error
        return refusal(error)
      }
    },
  }
}

/** The function whose event source mappings are listed; `undefined` for those of all. */
function mappedName({ query }: LocalRequest, site: Site): string | undefined {
  const named = query.get('FunctionName')
  return named === null ? undefined : parseFunctionName(named, site).name
}

const listedMax = 50

/** @param query may request all versions, and a page */
function listFunctions(registry: Registry, query: URLSearchParams): Record<string, unknown> {
  const all = [...registry.functions.values()].flatMap((fn) =>
    query.get('FunctionVersion') === 'ALL'
      ? [fn.latest, ...fn.published.values()].map((version) => describe(registry, fn, version, version.version))
      : [describe(registry, fn, fn.latest)],
  )
  const { items, ...next } = paged(all, query, listedMax)
  return { Functions: items, ...next }
}

/** Operations on the account, and tags, which are addressed by ARN. `undefined` for all others. */
function besideFunctions(
  registry: Registry,
  { method, path, query }: LocalRequest,
): Record<string, unknown> | undefined {
  if (method !== 'GET') return undefined
  if (/^\/2015-03-31\/functions\/?$/.test(path)) return listFunctions(registry, query)
  if (/^\/2016-08-19\/account-settings\/?$/.test(path)) return accountSettings(registry)
  const tagged = /^\/2017-03-31\/tags\/(.+?)\/?$/.exec(path)?.[1]
  if (tagged === undefined) return undefined
  const { name } = parseFunctionName(decodeURIComponent(tagged), registry.site)
  return { Tags: find(registry, name).tags }
}

async function asyncConfig(
  registry: Registry,
  { clock, mayRole }: Pick<LambdaDeps, 'clock' | 'mayRole'>,
  request: LocalRequest,
  { name, qualifier = '$LATEST' }: { readonly name: string; readonly qualifier?: string },
  caller: Caller,
): Promise<LocalResponse> {
  const { method, path } = request
  const ask = {
    fn: find(registry, name),
    qualifier,
    method,
    isList: path.endsWith('/list'),
    body: parseJson(request),
    caller,
  }
  const { status, body } = await eventInvokeConfig({ nowMs: () => clock.nowMs(), mayRole }, ask)
  return { status, headers: json, body: status === 204 ? '' : JSON.stringify(body) }
}

/** Lambda reads a package or an image with the caller's permissions. */
async function checkPackage(
  { mayCaller, objects }: Pick<LambdaDeps, 'mayCaller' | 'objects'>,
  input: Input,
  caller: Caller,
): Promise<void> {
  const {
    S3Bucket: bucket,
    S3Key: key,
    S3ObjectVersion: version,
    ImageUri: image,
  } = { ...input, ...(input['Code'] as Input | undefined) }
  if (typeof image === 'string' && !(await mayPull(mayCaller, caller, image))) {
    const message = 'Lambda does not have permission to access the ECR image. Check the ECR permissions.'
    throw new AwsError('AccessDeniedException', message, 403)
  }
  if (typeof bucket !== 'string' || typeof key !== 'string') return
  const action = version === undefined ? 's3:GetObject' : 's3:GetObjectVersion'
  const encryptedBy = objects.keyOf(bucket)
  const mayRead = await mayCaller(caller, { action, resource: `arn:aws:s3:::${bucket}/${key}` })
  const mayDecrypt =
    encryptedBy === undefined || (await mayCaller(caller, { action: 'kms:Decrypt', resource: encryptedBy }))
  if (mayRead && mayDecrypt) return
  const message = `Your access has been denied by S3, please make sure your request credentials have permission to GetObject for ${bucket}/${key}. S3 Error Code: AccessDenied. S3 Error Message: ${mayRead ? undecipherable(caller) : 'Access Denied'}`
  throw new AwsError('AccessDeniedException', message, 403)
}

/** Repository policies are not checked. An image that is named in another way than ECR's belongs to nobody here. */
async function mayPull(mayCaller: LambdaDeps['mayCaller'], caller: Caller, uri: string): Promise<boolean> {
  const [, account, region, name] = /^(\d+)\.dkr\.ecr\.([^.]+)\.[^/]+\/([^@:]+)/.exec(uri) ?? []
  if (account === undefined) return true
  const resource = `arn:aws:ecr:${region}:${account}:repository/${name}`
  const asked = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'].map((action) =>
    mayCaller(caller, { action, resource }),
  )
  return (await Promise.all(asked)).every(Boolean)
}

type Address = { readonly name: string; readonly qualifier?: string | undefined; readonly path: string }

function addressOf(request: LocalRequest, site: Site): Address {
  const match = /^\/20[0-9-]+\/functions(?:\/([^/]*)(\/.*)?)?\/?$/.exec(request.path)
  if (match === null) throw notImplemented(`Lambda ${request.method} ${request.path}`)
  const [, encoded = '', tail = ''] = match
  if (encoded === '') return { name: '', path: '' }
  const named = parseFunctionName(decodeURIComponent(encoded), site, request.query.get('Qualifier') ?? undefined)
  return { ...named, path: tail === '' ? '/' : tail }
}

const json = { 'content-type': 'application/json' }

function refusal(error: AwsError): LocalResponse {
  const type = error.status < 500 ? 'User' : 'Service'
  const body = { Type: type, Message: error.message, message: error.message, ...error.extra }
  return { status: error.status, headers: { ...json, 'x-amzn-errortype': error.code }, body: JSON.stringify(body) }
}
