// Runs one good release on the embedded cloud, and counts everything that AWS would bill.
import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import type { LocalHandler } from '../cloud/local/dispatch.ts'
import type { LocalRequest } from '../cloud/local/protocol/service.ts'
import { verbs } from '../functions/handlers.ts'
import { type Sandbox, minute, openSandbox } from '../local/sandbox.ts'
import { functionName, isController } from '../local/installation.ts'
import { sampleService } from '../local/sample-service.ts'

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

export async function measureRelease(): Promise<Usage> {
  const meter: Meter = { calls: {}, metrics: 0, writeUnits: 0, readUnits: 0 }
  const sandbox = await openSandbox({
    through: metered(meter),
    onRequest: ({ phase, operation, caller }) => {
      if (phase === 'before' && isController(caller)) meter.calls[operation] = (meter.calls[operation] ?? 0) + 1
    },
  })
  const steps = [10, 25, 50, 100].map((weight) => ({ weight, bake: '5m' }))
  await sandbox.world.services.put(sampleService({ slos: [], plan: { steps }, hooks: [] }))
  const version = await sandbox.publish('v2')
  Object.assign(meter, { calls: {}, metrics: 0, writeUnits: 0, readUnits: 0 })
  const id = await sandbox.start({ version })
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
