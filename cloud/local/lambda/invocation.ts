// Invoke: picks the version by the alias's weights, runs the handler, and records what CloudWatch would get, at the time
// at which the invocation began.
import { AwsError } from '../aws-error.ts'
import type { LocalClock } from '../clock.ts'
import type { Runtime } from '../runtime.ts'
import type { Invocation, Invoker, LocalRequest, LocalResponse, MetricSink } from '../service.ts'
import { versionOf } from './alias-rules.ts'
import {
  functionArn,
  functionNotFound,
  type FunctionVersion,
  type LambdaFunction,
  parseFunctionName,
} from './lambda-function.ts'

type Deps = {
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
  const route = ({ name, qualifier = '$LATEST' }: Named): { fn: LambdaFunction; version: FunctionVersion } => {
    const fn = deps.functions.get(name)
    if (fn === undefined) throw functionNotFound(name)
    const alias = fn.aliases.get(qualifier)
    if (alias === undefined) {
      if (qualifier !== '$LATEST' && !fn.published.has(qualifier)) throw functionNotFound(name, qualifier)
      return { fn, version: versionOf(fn, qualifier) }
    }
    const [additional, weight = 0] = Object.entries(alias.weights)[0] ?? []
    const chosen = additional !== undefined && deps.random() < weight ? additional : alias.version
    return { fn, version: versionOf(fn, chosen) }
  }

  function record(named: Named, version: string, atMs: number, failed: boolean, durationMs: number): void {
    const { name, qualifier } = named
    const whole = { FunctionName: name }
    const resource = { ...whole, Resource: `${name}:${qualifier ?? ''}` }
    const isAlias = qualifier !== undefined && deps.functions.get(name)?.aliases.has(qualifier) === true
    const dimensionSets =
      qualifier === undefined
        ? [whole]
        : isAlias
          ? [whole, resource, { ...resource, ExecutedVersion: version }]
          : [whole, resource]
    const put = (metric: string, value: number, unit: string): void =>
      deps.metrics.record({ namespace: 'AWS/Lambda', name: metric, dimensionSets, value, unit, atMs })
    put('Invocations', 1, 'Count')
    put('Errors', failed ? 1 : 0, 'Count')
    put('Duration', durationMs, 'Milliseconds')
  }

  async function run(named: Named, payload: Uint8Array): Promise<Invocation> {
    const { fn, version } = route(named)
    if (version.version !== '$LATEST' && deps.clock.nowMs() < version.readyAtMs) {
      const message = `The operation cannot be performed at this time. The function is currently in the following state: Pending`
      throw new AwsError('ResourceConflictException', message, 409)
    }
    const atMs = deps.clock.nowMs()
    const { config } = version
    const ran = await deps.runtime.run({
      functionName: fn.name,
      functionArn: functionArn(fn.name, named.qualifier),
      version: version.version,
      handler: config.handler,
      role: config.role,
      code: config.code,
      environment: config.environment,
      payload,
      requestId: deps.ids(),
      timeoutSeconds: config.timeout,
    })
    record(named, version.version, atMs, ran.functionError !== undefined, ran.durationMs)
    return {
      status: 200,
      payload: ran.payload,
      executedVersion: version.version,
      ...(ran.functionError === undefined ? {} : { functionError: ran.functionError }),
    }
  }

  /** In the background; a function error is tried again, after one and after two minutes. */
  function runLater(named: Named, payload: Uint8Array, attempt = 0): void {
    void deps.clock.hold(
      run(named, payload).then((ran) => {
        const delayMs = retryDelaysMs[attempt]
        if (ran.functionError === undefined || delayMs === undefined) return
        deps.clock.at(deps.clock.nowMs() + delayMs, () => runLater(named, payload, attempt + 1))
      }),
    )
  }

  return {
    invoke: (functionName, qualifier, payload) => run(parseFunctionName(functionName, qualifier), payload),
    answer: async (request, named) => {
      const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse'
      const { version } = route(named)
      if (type === 'DryRun') return { status: 204, headers: {}, body: '' }
      if (type === 'Event') {
        runLater(named, request.body)
        return { status: 202, headers: {}, body: '' }
      }
      void version
      const { payload, executedVersion, functionError } = await run(named, request.body)
      const failed = functionError === undefined ? {} : { 'x-amz-function-error': functionError }
      return {
        status: 200,
        headers: { 'content-type': 'application/json', 'x-amz-executed-version': executedVersion, ...failed },
        body: payload,
      }
    },
  }
}
