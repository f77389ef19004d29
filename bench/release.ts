// Runs one good release on the embedded cloud, and counts everything that AWS would bill.
import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import type { LocalHandler } from '../cloud/local/dispatch.ts'
import type { LocalRequest } from '../cloud/local/protocol/service.ts'
import { verbs } from '../functions/handlers.ts'
import { startTraffic } from '../local/traffic.ts'
import { chance } from '../cloud/local/time/chance.ts'
import { type Sandbox, minute, openSandbox } from '../local/sandbox.ts'
import { functionName, isController } from '../local/installation.ts'
import { sampleDefinition, sampleService } from '../local/sample-service.ts'

export type Usage = {
  readonly minutes: number
  readonly transitions: number
  readonly states: Readonly<Record<string, number>>
  readonly invocations: number
  /** Invocations by the state machine, included above. */
  readonly tasks: number
  /** Custom metrics times the hours in which they were written. */
  readonly metricHours: number
  readonly metrics: number
  readonly calls: Readonly<Record<string, number>>
  readonly writeUnits: number
  readonly readUnits: number
}

export type Meter = { calls: Record<string, number>; metrics: number; writeUnits: number; readUnits: number }

/** Counts the requests of the controller, or of one of its functions, and has DynamoDB report the capacity that each consumed. */
export function metered(meter: Meter, caller = 'tidegate'): (handler: LocalHandler) => LocalHandler {
  return (handler) => async (request) => {
    if (request.headers['authorization']?.includes(`role.${caller}`) !== true) return handler(request)
    const target = request.headers['x-amz-target'] ?? ''
    if (target.endsWith('.GetMetricData')) meter.metrics += billedMetrics(bodyOf(request)['MetricDataQueries'])
    if (!target.startsWith('DynamoDB')) return handler(request)
    const body = Buffer.from(JSON.stringify({ ...bodyOf(request), ReturnConsumedCapacity: 'TOTAL' }))
    const response = await handler({
      ...request,
      body,
      headers: { ...request.headers, 'content-length': String(body.length) },
    })
    const consumed = (JSON.parse(String(response.body)) as { ConsumedCapacity?: { CapacityUnits?: number } })
      .ConsumedCapacity
    if (/\.(Put|Delete|Update)Item$/.test(target)) meter.writeUnits += consumed?.CapacityUnits ?? 0
    else meter.readUnits += consumed?.CapacityUnits ?? 0
    return response
  }
}

/** Up to five statistics of the same metric in one request are billed as one metric (docs/aws.md §2.3). */
function billedMetrics(queries: readonly unknown[] = []): number {
  const statistics = new Map<string, number>()
  for (const query of queries) {
    const metric = JSON.stringify((query as { MetricStat?: { Metric?: unknown } }).MetricStat?.Metric)
    statistics.set(metric, (statistics.get(metric) ?? 0) + 1)
  }
  return [...statistics.values()].reduce((sum, asked) => sum + Math.ceil(asked / 5), 0)
}

const bodyOf = (request: LocalRequest): Readonly<Record<string, readonly unknown[] | undefined>> =>
  JSON.parse(Buffer.from(request.body).toString()) as Readonly<Record<string, readonly unknown[] | undefined>>

const steps = [10, 25, 50, 100].map((weight) => ({ weight, bake: '5m' }))

/** @param changes what its definition says besides */
export async function measureRelease(changes: Readonly<Record<string, unknown>> = {}): Promise<Usage> {
  const meter: Meter = { calls: {}, metrics: 0, writeUnits: 0, readUnits: 0 }
  const sandbox = await openSandbox({
    through: metered(meter),
    onRequest: ({ phase, operation, caller }) => {
      if (phase === 'before' && isController(caller)) meter.calls[operation] = (meter.calls[operation] ?? 0) + 1
    },
  })
  const service = sampleService({ slos: [], plan: { steps }, hooks: [], ...changes })
  await sandbox.world.services.put(service)
  const others = service.targets.map(({ functionName }) => functionName).filter((name) => name !== 'checkout')
  for (const name of others) {
    await sandbox.addFunction(name)
    startTraffic(sandbox.cloud, sandbox.clock, chance(8, name), 200, { functionName: name, alias: 'live' })
  }
  if (others.length > 0) await sandbox.minutes(10)
  const versions = Object.fromEntries(['checkout', ...others].map((name) => [name, '2']))
  await sandbox.publish('v2')
  Object.assign(meter, { calls: {}, metrics: 0, writeUnits: 0, readUnits: 0 })
  const id = await sandbox.start(others.length > 0 ? { versions } : { version: '2' })
  const release = await sandbox.finish(id)
  if (release.ending?.outcome !== 'promoted' || release.state.phase !== 'settled')
    throw new Error(`the release was ${release.ending?.outcome ?? 'lost'}`)
  const [execution] = sandbox.cloud.states.executions()
  if (execution === undefined) throw new Error('there was no execution')
  const states: Record<string, number> = {}
  for (const event of execution.history) {
    if (!event.type.endsWith('StateEntered')) continue
    const { name } = event['stateEnteredEventDetails'] as { name: string }
    states[name] = (states[name] ?? 0) + 1
  }
  const invocations = await invocationsOf(sandbox)
  const hours = sandbox.measured.map(({ name, dimensions, atMs }) =>
    JSON.stringify([name, dimensions, Math.floor(atMs / (60 * minute))]),
  )
  sandbox.close()
  return {
    minutes: (release.state.atMs - release.requestedAtMs) / minute,
    transitions: execution.transitions,
    states,
    invocations,
    tasks: execution.history.filter((event) => event.type === 'TaskScheduled').length,
    metricHours: new Set(hours).size,
    ...meter,
  }
}

/** Invocations of all controller functions according to CloudWatch, except the sweep, which also runs without a release. */
async function invocationsOf({ clients, clock }: Sandbox): Promise<number> {
  const counted = verbs.filter((verb) => verb !== 'reconcile')
  const { MetricDataResults = [] } = await clients.cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(clock.nowMs() - 60 * minute),
      EndTime: new Date(clock.nowMs() + minute),
      MetricDataQueries: counted.map((verb, index) => ({
        Id: `q${index}`,
        MetricStat: {
          Metric: {
            Namespace: 'AWS/Lambda',
            MetricName: 'Invocations',
            Dimensions: [{ Name: 'FunctionName', Value: functionName(verb) }],
          },
          Period: 60,
          Stat: 'Sum',
        },
      })),
    }),
  )
  return MetricDataResults.flatMap(({ Values = [] }) => Values).reduce((sum, value) => sum + value, 0)
}

// What parts of a definition that few services have cost a release: the same good one, with one thing more each time.
type Feature = {
  readonly what: string
  readonly usage: Usage
  /** Calls of AWS that the plain release does not make, or makes less often: those outside the table. */
  readonly calls: string
}

const { signals } = sampleDefinition() as { readonly signals: object }
const oneWay = { reason: 'the column goes', yes: 'policy' }
const target = { function: 'checkout', alias: 'live' }
const secret = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:checkout/db-AbCdEf'
const definitions: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'nothing more': {},
  'watch (docs/watch.md)': { watch: { for: '24h' } },
  'a one-way step (docs/one-way.md)': {
    plan: { steps: steps.map((step) => (step.weight === 50 ? { ...step, oneWay } : step)) },
    gates: {
      rules:
        '@id("never") forbid (principal, action == Action::"goOn", resource) when { context.oneWay && context.urgent };',
    },
  },
  'provisionedConcurrency: 50 (docs/concurrency.md)': { targets: [{ ...target, provisionedConcurrency: 50 }] },
  'two functions': { targets: [target, { ...target, function: 'cart' }] },
  'two functions in two waves (docs/waves.md)': {
    targets: [target, { ...target, function: 'cart' }],
    waves: [
      { name: 'first', targets: ['checkout'] },
      { name: 'second', targets: ['cart'] },
    ],
  },
  'consumers: two guards (docs/consumers.md)': {
    signals: { ...signals, consumers: [{ name: 'events', asyncSeconds: 300, asyncDropped: 0 }] },
  },
  'depends: a secret and a parameter (docs/around.md)': {
    depends: { secrets: [secret], parameters: ['/checkout/limits'] },
  },
  'headroom (docs/concurrency.md)': { gates: { headroom: {} } },
  'a hook before traffic, such as a contract test (docs/around.md)': {
    hooks: [{ at: 'beforeTraffic', function: 'checkout-smoke' }],
  },
  'quietAlarms: one (docs/around.md)': {
    signals: { ...signals, alarms: [] },
    gates: { quietAlarms: ['checkout-errors'] },
  },
}

export async function measureFeatures(): Promise<readonly Feature[]> {
  const found: Omit<Feature, 'calls'>[] = []
  for (const [what, changes] of Object.entries(definitions)) found.push({ what, usage: await measureRelease(changes) })
  const plain = found[0]?.usage.calls ?? {}
  return found.map(({ what, usage }) => ({ what, usage, calls: besides(usage.calls, plain) }))
}

const ofTheTable = /Item|Query|GetRecords|Scan/

const besides = (calls: Usage['calls'], plain: Usage['calls']): string =>
  Object.entries(calls)
    .map(([call, count]) => [call, count - (plain[call] ?? 0)] as const)
    .filter(([call, more]) => more > 0 && !ofTheTable.test(call))
    .map(([call, more]) => `${more} ${call}`)
    .join(', ') || '-'
