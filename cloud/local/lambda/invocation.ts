// Invoke: picks the version by the alias's weights, runs the handler, and records the metrics that CloudWatch would get, at the
// time at which the invocation started.
import { AwsError } from '../protocol/aws-error.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Caller, Invocation, Invoker, LocalRequest, LocalResponse, Site } from '../protocol/service.ts'
import { versionOf } from './alias-rules.ts'
import { noteConcurrency } from './concurrency-metrics.ts'
import { checkConcurrency } from './limits.ts'
import { type AsyncDeps, asyncInvocations } from './async-invocation.ts'
import {
  functionArn,
  functionNotFound,
  type FunctionVersion,
  type LambdaFunction,
  parseFunctionName,
} from './lambda-function.ts'

type Deps = AsyncDeps & {
  readonly site: Site
  readonly runtime: Runtime
  readonly random: () => number
}
type Named = { readonly name: string; readonly qualifier?: string }
type Invocations = Invoker & { answer(request: LocalRequest, named: Named, caller: Caller): Promise<LocalResponse> }

export function invocations(deps: Deps): Invocations {
  const enqueue = asyncInvocations(deps, (named, payload, requestId) => run(deps, named, payload, requestId))
  const take = (named: Named, payload: Uint8Array): void => {
    // Checks now that the function exists; the version is picked when it runs.
    route(deps, named)
    enqueue(named, payload)
  }
  return {
    invoke: (functionName, qualifier, payload) =>
      run(deps, parseFunctionName(functionName, deps.site, qualifier), payload),
    take: (functionName, qualifier, payload) => take(parseFunctionName(functionName, deps.site, qualifier), payload),
    answer: async (request, named, { session }) => {
      const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse'
      if (type === 'Event') {
        take(named, request.body)
        return { status: 202, headers: {}, body: '' }
      }
      if (type !== 'RequestResponse') {
        route(deps, named)
        return { status: 204, headers: {}, body: '' }
      }
      const answer = run(deps, named, request.body)
      const { payload, executedVersion, functionError } = await (deps.runtime.waitFor?.(session, answer) ?? answer)
      const failed = functionError === undefined ? {} : { 'x-amz-function-error': functionError }
      const headers = { 'content-type': 'application/json', 'x-amz-executed-version': executedVersion, ...failed }
      return { status: 200, headers, body: payload }
    },
  }
}

/** The version that an invocation goes to. @throws AwsError when there is none */
function route(
  { functions, random, site }: Deps,
  { name, qualifier = '$LATEST' }: Named,
): { fn: LambdaFunction; version: FunctionVersion } {
  const fn = functions.get(name)
  if (fn === undefined) throw functionNotFound({ name, site })
  const alias = fn.aliases.get(qualifier)
  if (alias === undefined) {
    if (qualifier !== '$LATEST' && !fn.published.has(qualifier)) throw functionNotFound(fn, qualifier)
    return { fn, version: versionOf(fn, qualifier) }
  }
  const [additional, weight = 0] = Object.entries(alias.weights)[0] ?? []
  const chosen = additional !== undefined && random() < weight ? additional : alias.version
  return { fn, version: versionOf(fn, chosen) }
}

async function run(deps: Deps, named: Named, payload: Uint8Array, requestId = deps.ids()): Promise<Invocation> {
  const { fn, version } = route(deps, named)
  const atMs = deps.clock.nowMs()
  if (version.version !== '$LATEST' && atMs < version.readyAtMs) {
    const message =
      'The operation cannot be performed at this time. The function is currently in the following state: Pending'
    throw new AwsError('ResourceConflictException', message, 409)
  }
  const ran = await withinReserved(deps, fn, named, () => runVersion(deps, { fn, named, version, payload, requestId }))
  record(deps, named, version, atMs, ran)
  const { functionError } = ran
  const failed = functionError === undefined ? {} : { functionError }
  return { status: 200, payload: ran.payload, executedVersion: version.version, ...failed }
}

type Job = {
  readonly fn: LambdaFunction
  readonly named: Named
  readonly version: FunctionVersion
  readonly payload: Uint8Array
  readonly requestId: string
}

function runVersion(deps: Deps, { fn, named, version, payload, requestId }: Job) {
  const { config } = version
  return deps.runtime.run({
    functionName: fn.name,
    functionArn: functionArn(fn, named.qualifier),
    version: version.version,
    handler: config.handler,
    role: config.role,
    code: config.code,
    environment: config.environment,
    payload,
    requestId,
    timeoutSeconds: config.timeout,
  })
}

/** An invocation that reserved concurrency refuses has no version yet, so its Throttles have none either. */
async function withinReserved<T>(deps: Deps, fn: LambdaFunction, named: Named, run: () => Promise<T>): Promise<T> {
  try {
    checkConcurrency(fn)
  } catch (error) {
    const whole = { FunctionName: fn.name }
    const dimensionSets =
      named.qualifier === undefined ? [whole] : [whole, { ...whole, Resource: `${fn.name}:${named.qualifier}` }]
    const unit = { value: 1, unit: 'Count', atMs: deps.clock.nowMs() }
    deps.metrics.record({ namespace: 'AWS/Lambda', name: 'Throttles', dimensionSets, ...unit })
    throw error
  }
  fn.underWay++
  noteConcurrency(deps, fn)
  try {
    return await run()
  } finally {
    fn.underWay--
  }
}

type Ran = { readonly functionError?: string; readonly durationMs: number }

type DimensionSets = readonly Readonly<Record<string, string>>[]
/** The same objects for every invocation of a version, because CloudWatch finds its series by them (metric-store.ts). */
const dimensionSetsOf = new WeakMap<FunctionVersion, Map<string, DimensionSets>>()

/** The dimension sets of docs/aws.md §2.1. */
function dimensionSets(deps: Deps, { name, qualifier }: Named, version: FunctionVersion): DimensionSets {
  const isAlias = qualifier !== undefined && deps.functions.get(name)?.aliases.has(qualifier) === true
  const known = dimensionSetsOf.get(version) ?? new Map<string, DimensionSets>()
  dimensionSetsOf.set(version, known)
  const key = `${qualifier ?? ''} ${isAlias}`
  const found = known.get(key)
  if (found !== undefined) return found
  const whole = { FunctionName: name }
  const resource = { ...whole, Resource: `${name}:${qualifier ?? ''}` }
  const sets = qualifier === undefined ? [whole] : [whole, resource]
  const made = isAlias ? [...sets, { ...resource, ExecutedVersion: version.version }] : sets
  known.set(key, made)
  return made
}

function record(deps: Deps, named: Named, version: FunctionVersion, atMs: number, ran: Ran): void {
  const sets = dimensionSets(deps, named, version)
  const put = (metric: string, value: number, unit: string): void => {
    deps.metrics.record({ namespace: 'AWS/Lambda', name: metric, dimensionSets: sets, value, unit, atMs })
  }
  put('Invocations', 1, 'Count')
  put('Errors', ran.functionError === undefined ? 0 : 1, 'Count')
  put('Duration', ran.durationMs, 'Milliseconds')
}
