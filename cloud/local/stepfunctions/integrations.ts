// What a task calls: a function, or an HTTP API.
import { STATUS_CODES } from 'node:http'
import { AwsError } from '../protocol/aws-error.ts'
import type { Invoker, LocalRequest, LocalResponse } from '../protocol/service.ts'
import { StatesError } from './failure.ts'

/** After its expressions were evaluated. */
type Arguments = Readonly<Record<string, unknown>>

/** Calls the API at a host as a role. @returns `undefined` when there is none */
export type ApiCaller = (host: string, request: LocalRequest, roleArn: string) => Promise<LocalResponse> | undefined

export async function invoke(invoker: Invoker, args: Arguments): Promise<unknown> {
  const { FunctionName, InvocationType, Payload, Qualifier } = args
  const payload = Buffer.from(JSON.stringify(Payload ?? {}))
  const qualifier = typeof Qualifier === 'string' ? Qualifier : undefined
  if (InvocationType === 'Event') {
    await called(() => Promise.resolve().then(() => invoker.take(String(FunctionName), qualifier, payload)))
    return { StatusCode: 202 }
  }
  const { status, executedVersion, ...answer } = await called(() =>
    invoker.invoke(String(FunctionName), qualifier, payload),
  )
  const text = Buffer.from(answer.payload).toString('utf8')
  const value = parsed(text)
  if (answer.functionError !== undefined) throw new StatesError(errorTypeOf(value), text.slice(0, 32_768))
  return { ExecutedVersion: executedVersion, Payload: value, StatusCode: status }
}

/** Step Functions names an API error by service and exception; a lost connection is an SDK error. */
async function called<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof AwsError) throw new StatesError(`Lambda.${error.code}`, error.message)
    const cause = error instanceof Error ? error.message : String(error)
    throw new StatesError('Lambda.SdkClientException', cause)
  }
}

function parsed(text: string): unknown {
  try {
    return text === '' ? null : (JSON.parse(text) as unknown)
  } catch {
    return text
  }
}

function errorTypeOf(value: unknown): string {
  const type = typeof value === 'object' && value !== null && 'errorType' in value ? value.errorType : undefined
  return typeof type === 'string' && type !== '' ? type : 'Lambda.Unknown'
}

/**
 * Anything but 2xx is an error with the status as its name. Nobody is at a host that is no API here: which name AWS gives to
 * that is not documented.
 */
export async function callApi(api: ApiCaller, args: Arguments, roleArn: string): Promise<unknown> {
  const { ApiEndpoint, Method, Stage, Path = '', QueryParameters = {}, RequestBody, AllowNullValues } = args
  const body = AllowNullValues === true ? RequestBody : withoutNulls(RequestBody)
  const isText = typeof body === 'string'
  const stage = typeof Stage === 'string' ? `/${Stage}` : ''
  const request = {
    method: String(Method),
    path: `${stage}/${String(Path).replace(/^\//, '')}`,
    query: new URLSearchParams(pairsOf(QueryParameters)),
    headers: { host: String(ApiEndpoint), ...(isText ? {} : { 'content-type': 'application/json' }) },
    body: new TextEncoder().encode(isText ? body : body === undefined ? '' : JSON.stringify(body)),
  }
  const answer = await api(request.headers.host, request, roleArn)
  if (answer === undefined) throw new StatesError('ApiGateway.UnknownHostException', request.headers.host)
  const text = Buffer.from(answer.body).toString('utf8')
  if (answer.status < 200 || answer.status > 299) throw new StatesError(`ApiGateway.${answer.status}`, text)
  const Headers = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, [value]]))
  return {
    ResponseBody: parsed(text),
    Headers,
    StatusCode: answer.status,
    StatusText: STATUS_CODES[answer.status] ?? '',
  }
}

/** By the name of the integration. */
export type ServiceCalls = Readonly<Record<string, (args: Arguments) => unknown>>

const errorsOf: Readonly<Record<string, string>> = { events: 'EventBridge', 'aws-sdk:ssm': 'Ssm' }

/** Its errors are named by service and exception. */
export async function callService(services: ServiceCalls, name: string, args: Arguments): Promise<unknown> {
  try {
    return await Promise.resolve(args).then((given) => services[name]?.(given))
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    throw new StatesError(`${errorsOf[name.replace(/:\w+$/, '')] ?? name}.${error.code}`, error.message)
  }
}

const pairsOf = (query: unknown): [string, string][] =>
  Object.entries(query as Readonly<Record<string, readonly string[]>>).flatMap(([name, values]) =>
    values.map((value): [string, string] => [name, value]),
  )

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) => (one === null ? [] : [[name, withoutNulls(one)]])),
  )
}
