// API destinations: HTTP endpoints as targets, with the authorization of a connection (docs/aws.md §14). Real requests go out.
// Addresses of this machine may be http; AWS takes https alone.
import { AwsError, notImplemented } from '../protocol/aws-error.ts'
import { list, object, optionalText, text } from '../protocol/field.ts'
import type { Input, Operations } from '../protocol/json-protocol.ts'
import { account, defaultRegion } from '../protocol/service.ts'

type Pair = { readonly key: string; readonly value: string }
type Connection = {
  readonly name: string
  readonly arn: string
  readonly headers: readonly Pair[]
  readonly query: readonly Pair[]
  readonly body: readonly Pair[]
}
type Destination = {
  readonly name: string
  readonly arn: string
  readonly connectionArn: string
  readonly endpoint: string
  readonly method: string
}

/** What a target adds to a request. */
export type HttpParameters = {
  readonly path: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
}

export type ApiDestinations = {
  readonly operations: Operations
  has(arn: string): boolean
  /** @param body JSON text @throws AwsError; 5xx if it is to be tried again */
  send(arn: string, body: string, parameters: HttpParameters): Promise<void>
}

/** AWS waits so long for the answer. */
const answerMs = 5_000
const triedAgain: ReadonlySet<number> = new Set([401, 407, 409, 429])

const arnOf = (kind: string, name: string, ids: () => string): string =>
  `arn:aws:events:${defaultRegion}:${account}:${kind}/${name}/${ids()}`

export function apiDestinations(ids: () => string, timeoutMs = answerMs): ApiDestinations {
  const connections = new Map<string, Connection>()
  const destinations = new Map<string, Destination>()

  async function send(arn: string, body: string, parameters: HttpParameters): Promise<void> {
    const destination = destinations.get(arn)
    const connection = destination && connections.get(destination.connectionArn)
    if (destination === undefined || connection === undefined)
      throw new AwsError('ResourceNotFoundException', 'The API destination does not exist.')
    const request = requestOf(destination, connection, body, parameters)
    const { status } = await fetch(request.url, {
      ...{ method: destination.method, headers: request.headers, body: request.body, redirect: 'manual' },
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (status >= 200 && status < 300) return
    const isTriedAgain = triedAgain.has(status) || status >= 500
    throw new AwsError('SDK_CLIENT_ERROR', `The endpoint answered ${status}.`, isTriedAgain ? 503 : 400)
  }

  return {
    has: (arn) => destinations.has(arn),
    send,
    operations: {
      CreateConnection(input) {
        const name = text(input, 'Name')
        const made = connectionFrom(input, name, arnOf('connection', name, ids))
        connections.set(made.arn, made)
        return { ConnectionArn: made.arn, ConnectionState: 'AUTHORIZED' }
      },
      CreateApiDestination(input) {
        const name = text(input, 'Name')
        const connectionArn = text(input, 'ConnectionArn')
        if (!connections.has(connectionArn))
          throw new AwsError('ResourceNotFoundException', 'The connection does not exist.')
        const endpoint = text(input, 'InvocationEndpoint')
        if (!/^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost)[:/])/.test(endpoint))
          throw new AwsError('ValidationException', 'InvocationEndpoint must begin with https://.')
        const arn = arnOf('api-destination', name, ids)
        destinations.set(arn, { name, arn, connectionArn, endpoint, method: text(input, 'HttpMethod') })
        return { ApiDestinationArn: arn, ApiDestinationState: 'ACTIVE' }
      },
      ListApiDestinations: () => ({
        ApiDestinations: [...destinations.values()].map(({ name, arn, endpoint }) => ({
          ...{ Name: name, ApiDestinationArn: arn, InvocationEndpoint: endpoint },
        })),
      }),
    },
  }
}

function connectionFrom(input: Input, name: string, arn: string): Connection {
  const kind = text(input, 'AuthorizationType')
  if (kind !== 'API_KEY') throw notImplemented(`connections with ${kind}`)
  const auth = object(input['AuthParameters'], 'AuthParameters')
  const key = object(auth['ApiKeyAuthParameters'], 'ApiKeyAuthParameters')
  const more = object(auth['InvocationHttpParameters'] ?? {}, 'InvocationHttpParameters')
  const pairs = (field: string): readonly Pair[] =>
    more[field] === undefined
      ? []
      : list(more, field).map((one) => ({
          key: text(object(one, field), 'Key'),
          value: text(object(one, field), 'Value'),
        }))
  return {
    ...{ name, arn, query: pairs('QueryStringParameters'), body: pairs('BodyParameters') },
    headers: [...pairs('HeaderParameters'), { key: text(key, 'ApiKeyName'), value: text(key, 'ApiKeyValue') }],
  }
}

function requestOf(
  { endpoint }: Destination,
  connection: Connection,
  body: string,
  { path, headers, query }: HttpParameters,
) {
  let next = 0
  const url = new URL(endpoint.replaceAll('*', () => encodeURIComponent(path[next++] ?? '*')))
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value)
  for (const { key, value } of connection.query) url.searchParams.set(key, value)
  return {
    url,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'user-agent': 'Amazon/EventBridge/ApiDestinations',
      range: 'bytes=0-1048575',
      ...headers,
      // The connection's come last: they win.
      ...Object.fromEntries(connection.headers.map(({ key, value }) => [key, value])),
    },
    body: withParameters(body, connection.body),
  }
}

/** @throws AwsError when the template has made something that is no JSON */
function withParameters(body: string, more: readonly Pair[]): string {
  try {
    const parsed = JSON.parse(body) as object
    return JSON.stringify({ ...parsed, ...Object.fromEntries(more.map(({ key, value }) => [key, value])) })
  } catch {
    throw new AwsError('SDK_CLIENT_ERROR', 'The transformed event is not JSON.', 400)
  }
}

/** @throws AwsError */
export function httpParametersFrom(value: unknown): HttpParameters {
  const source = object(value ?? {}, 'HttpParameters')
  const texts = (field: string): Record<string, string> => {
    const found = object(source[field] ?? {}, field)
    return Object.fromEntries(Object.keys(found).map((key) => [key, optionalText(found, key) ?? '']))
  }
  const path = source['PathParameterValues'] === undefined ? [] : list(source, 'PathParameterValues').map(String)
  return { path, headers: texts('HeaderParameters'), query: texts('QueryStringParameters') }
}
