// API Gateway's data plane for one HTTP API whose routes all have IAM authorisation and a function. There is no control plane:
// the installation creates the API in this process, because nothing here calls API Gateway's operations.
import type { LocalClock } from '../time/clock.ts'
import { isAwsError } from '../protocol/aws-error.ts'
import type { Rights } from '../protocol/rights.ts'
import type {
  Caller,
  Invocation,
  Invoker,
  LocalRequest,
  LocalResponse,
  LocalService,
  Site,
} from '../protocol/service.ts'
import { answerOf, broken, message } from './answer.ts'
import { eventOf } from './event.ts'
import { checkRoutes, type HttpRoute, routeOf } from './route.ts'

type Deps = {
  readonly site: Site
  readonly clock: LocalClock
  readonly ids: () => string
  readonly invoker: Pick<Invoker, 'invoke'>
  readonly mayCaller: Rights['mayCaller']
  /** See Runtime.waitFor: a function that calls the API waits for the one that it calls. */
  readonly waitFor?: (<T>(session: string | undefined, answer: Promise<T>) => Promise<T>) | undefined
  readonly endpointUrl: () => string
}
type Api = { readonly apiId: string; readonly routes: readonly HttpRoute[] }

export type LocalHttpApi = LocalService & {
  /**
   * Creates the API, of which there is one: every request that is signed for `execute-api` goes to it.
   * @returns its id, and the address that its paths follow
   */
  readonly create: (api: { readonly name: string; readonly routes: readonly HttpRoute[] }) => {
    readonly apiId: string
    readonly url: string
  }
  /** Whether a host is this API's. */
  readonly isAt: (host: string) => boolean
}

/** API Gateway's quotas. */
const bodyBytesMax = 10 * 1024 * 1024
const headerBytesMax = 10_240
const integrationMs = 30_000

const forbidden = message(403, 'Forbidden')

export function localHttpApi(deps: Deps): LocalHttpApi {
  let api: Api | undefined
  return {
    create({ name, routes }) {
      if (api !== undefined) throw new Error(`the embedded cloud has an HTTP API already, so it cannot have ${name}`)
      checkRoutes(routes)
      api = { apiId: deps.ids().replaceAll('-', '').slice(0, 10), routes }
      return { apiId: api.apiId, url: deps.endpointUrl() }
    },
    isAt: (host) => api !== undefined && host.startsWith(`${api.apiId}.execute-api.${deps.site.region}.`),
    handle: (request, caller) => answer(deps, api, request, caller),
  }
}

/** HTTP APIs have no resource policies, so nobody of another account may call one. Nor is it in another region. */
export const httpApiElsewhere: LocalService = { handle: () => Promise.resolve(forbidden) }

async function answer(deps: Deps, api: Api | undefined, request: LocalRequest, caller: Caller): Promise<LocalResponse> {
  if (headerBytes(request) > headerBytesMax) return message(431, 'Request Header Fields Too Large')
  if (request.body.length > bodyBytesMax) return message(413, 'Request Entity Too Large')
  const route = api && routeOf(api.routes, request.method, request.path)
  if (api === undefined || route === undefined) return message(404, 'Not Found')
  const { account, region } = deps.site
  // The path of the request, not of the route.
  const place = `${api.apiId}/$default/${request.method}${decodeURIComponent(request.path)}`
  const resource = `arn:aws:execute-api:${region}:${account}:${place}`
  if (!(await deps.mayCaller(caller, { action: 'execute-api:Invoke', resource }))) return forbidden
  const [requestId, nowMs] = [deps.ids(), deps.clock.nowMs()]
  const event = eventOf({ request, caller, api: { apiId: api.apiId, site: deps.site }, route, requestId, nowMs })
  const invoked = invoke(deps, route.functionArn, event)
  const answered = await (deps.waitFor?.(caller.session, invoked) ?? invoked)
  return { ...answered, headers: { ...answered.headers, 'apigw-requestid': requestId } }
}

async function invoke({ invoker, clock }: Deps, functionArn: string, event: object): Promise<LocalResponse> {
  const payload = new TextEncoder().encode(JSON.stringify(event))
  let cancel = (): void => undefined
  const late = new Promise<'late'>((resolve) => {
    cancel = clock.at(clock.nowMs() + integrationMs, () => resolve('late'))
  })
  try {
    const first: Invocation | 'late' = await Promise.race([late, invoker.invoke(functionArn, undefined, payload)])
    return first === 'late' ? message(503, 'Service Unavailable') : answerOf(first)
  } catch (error) {
    // API Gateway tells its caller nothing of why Lambda refused.
    if (isAwsError(error)) return broken
    throw error
  } finally {
    cancel()
  }
}

function headerBytes({ method, path, query, headers }: LocalRequest): number {
  const line = `${method} ${path}?${query.toString()} HTTP/1.1\r\n`
  return Object.entries(headers).reduce((bytes, [name, value]) => bytes + name.length + value.length + 4, line.length)
}
