// Invoke: picks the version by the alias's weights, runs the handler, and records what CloudWatch would get, at the time
// at which the invocation began.
import { AwsError } from '../aws-error.ts'
import type { LocalClock } from '../clock.ts'
import type { Runtime } from '../runtime.ts'
import type { Invocation, Invoker, LocalRequest, LocalResponse, MetricSink, Site } from '../service.ts'
import { versionOf } from './alias-rules.ts'
import { checkConcurrency } from './limits.ts'
import {
  functionArn,
  functionNotFound,
  type FunctionVersion,
  type LambdaFunction,
  parseFunctionName,
} from './lambda-function.ts'

type Deps = {
  readonly site: Site
  readonly clock: LocalClock
  readonly metrics: MetricSink
  readonly runtime: Runtime
  readonly random: () => number
  readonly ids: () => string
  readonly functions: ReadonlyMap<string, LambdaFunction>
}
type Named = { readonly name: string; readonly qualifier?: string }
type Invocations = Invoker & { answer(request: LocalRequest, named: Named): Promise<LocalResponse> }

// Lambda tries an asynchronous invocation three times in all.
const retryDelaysMs = [60_000, 120_000]

export function invocations(deps: Deps): Invocations {
  return {
    invoke: (functionName, qualifier, payload) =>
      run(deps, parseFunctionName(functionName, deps.site, qualifier), payload),
    answer: async (request, named) => {
      const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse'
      if (type !== 'RequestResponse') {
        route(deps, named)
        if (type === 'Event') runLater(deps, named, request.body, 0)
        return { status: type === 'Event' ? 202 : 204, headers: {}, body: '' }
      }
      const { payload, executedVersion, functionError } = await run(deps, named, request.body)
      const failed = functionError === undefined ? {} : { 'x-amz-function-error': functionError }
      const headers = { 'content-type': 'application/json', 'x-amz-executed-version': executedVersion, ...failed }
      return { status: 200, headers, body: payload }
    },
  }
}

/** Which version an invocation goes to. @throws AwsError when there is none */
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

async function run(deps: Deps, named: Named, payload: Uint8Array): Promise<Invocation> {
  const { fn, version } = route(deps, named)
  const atMs = deps.clock.nowMs()
  if (version.version !== '$LATEST' && atMs < version.readyAtMs) {
    const message =
      'The operation cannot be performed at this time. The function is currently in the following state: Pending'
    throw new AwsError('ResourceConflictException', message, 409)
  }
  const ran = await withinReserved(deps, fn, named, () => runVersion(deps, fn, named, version, payload))
  record(deps, named, version.version, atMs, ran)
  const { functionError } = ran
  const failed = functionError === undefined ? {} : { functionError }
  return { status: 200, payload: ran.payload, executedVersion: version.version, ...failed }
}

function runVersion(deps: Deps, fn: LambdaFunction, named: Named, version: FunctionVersion, payload: Uint8Array) {
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
    requestId: deps.ids(),
    timeoutSeconds: config.timeout,
  })
}

/** What reserved concurrency refuses has reached no version, so its Throttles come without one. */
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
  try {
    return await run()
  } finally {
    fn.underWay--
  }
}

type Ran = { readonly functionError?: string; readonly durationMs: number }

/** The dimension sets of docs/aws.md §2.1. */
function record(deps: Deps, { name, qualifier }: Named, version: string, atMs: number, ran: Ran): void {
  const whole = { FunctionName: name }
  const resource = { ...whole, Resource: `${name}:${qualifier ?? ''}` }
  const isAlias = qualifier !== undefined && deps.functions.get(name)?.aliases.has(qualifier) === true
  const sets = qualifier === undefined ? [whole] : [whole, resource]
  const dimensionSets = isAlias ? [...sets, { ...resource, ExecutedVersion: version }] : sets
  const put = (metric: string, value: number, unit: string): void => {
    deps.metrics.record({ namespace: 'AWS/Lambda', name: metric, dimensionSets, value, unit, atMs })
  }
  put('Invocations', 1, 'Count')
  put('Errors', ran.functionError === undefined ? 0 : 1, 'Count')
  put('Duration', ran.durationMs, 'Milliseconds')
}

/** In the background; a function error is tried again, after one and after two minutes. */
function runLater(deps: Deps, named: Named, payload: Uint8Array, attempt: number): void {
  const again = (): void => {
    const delayMs = retryDelaysMs[attempt]
    if (delayMs === undefined) return
    deps.clock.at(deps.clock.nowMs() + delayMs, () => runLater(deps, named, payload, attempt + 1))
  }
  const ran = run(deps, named, payload).then((result) => {
    if (result.functionError !== undefined) again()
  }, again)
  void deps.clock.hold(ran)
}
