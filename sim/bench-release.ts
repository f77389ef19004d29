// One good release on the embedded cloud, with everything counted that AWS would bill.
import type { LocalHandler } from '../cloud/local/dispatch.ts'
import type { LocalRequest } from '../cloud/local/service.ts'
import { minute, openHouse } from './house.ts'
import { sampleService } from './sample-service.ts'

export type Usage = {
  readonly minutes: number
  readonly transitions: number
  readonly states: Readonly<Record<string, number>>
  readonly invocations: number
  readonly metrics: number
  readonly calls: Readonly<Record<string, number>>
  readonly writeUnits: number
  readonly readUnits: number
}

type Meter = { calls: Record<string, number>; metrics: number; writeUnits: number; readUnits: number }

/** Counts the controller's requests, and asks DynamoDB what each of its own consumed. */
function metered(meter: Meter): (handler: LocalHandler) => LocalHandler {
  return (handler) => async (request) => {
    if (request.headers['authorization']?.includes('role.tidegate') !== true) return handler(request)
    const target = request.headers['x-amz-target'] ?? ''
    if (target.endsWith('.GetMetricData')) meter.metrics += bodyOf(request)['MetricDataQueries']?.length ?? 0
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

const bodyOf = (request: LocalRequest): Readonly<Record<string, readonly unknown[] | undefined>> =>
  JSON.parse(Buffer.from(request.body).toString()) as Readonly<Record<string, readonly unknown[] | undefined>>

export async function measureRelease(): Promise<Usage> {
  const meter: Meter = { calls: {}, metrics: 0, writeUnits: 0, readUnits: 0 }
  const house = await openHouse({
    through: metered(meter),
    onRequest: ({ phase, operation, caller }) => {
      if (phase === 'before' && caller.arn.includes('/tidegate/'))
        meter.calls[operation] = (meter.calls[operation] ?? 0) + 1
    },
  })
  const steps = [10, 25, 50, 100].map((weight) => ({ weight, bake: '5m' }))
  await house.world.services.put(sampleService({ plan: { steps }, hooks: [] }))
  const version = await house.publish('v2')
  Object.assign(meter, { calls: {}, metrics: 0, writeUnits: 0, readUnits: 0 })
  const id = await house.start({ version })
  const release = await house.finish(id)
  if (release.ending?.outcome !== 'promoted' || release.state.phase !== 'settled')
    throw new Error(`the release was ${release.ending?.outcome ?? 'lost'}`)
  const [execution] = house.cloud.states.executions()
  if (execution === undefined) throw new Error('there was no execution')
  const states: Record<string, number> = {}
  for (const event of execution.history) {
    if (!event.type.endsWith('StateEntered')) continue
    const { name } = event['stateEnteredEventDetails'] as { name: string }
    states[name] = (states[name] ?? 0) + 1
  }
  // Every task of the machine is a call of a function, and the intake one more.
  const invocations = execution.history.filter((event) => event.type === 'TaskScheduled').length + 1
  house.close()
  return {
    minutes: (release.state.atMs - release.requestedAtMs) / minute,
    transitions: execution.transitions,
    states,
    invocations,
    ...meter,
  }
}
