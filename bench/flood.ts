// A flood of requests for one service: what the next request costs when many wait, and how long a rollback takes meanwhile. Time
// is counted in calls of AWS, which do not depend on the machine.
import { type Meter, metered } from './release.ts'
import { openSandbox, type Sandbox } from '../local/sandbox.ts'
import { sampleService } from '../local/sample-service.ts'

type Counted = { readonly calls: number; readonly readUnits: number; readonly writeUnits: number }

/** Opens a service with one live release, which bakes for a day. */
export async function openFlood(policy: Readonly<Record<string, unknown>>) {
  const meter: Meter = { calls: {}, metrics: 0, writeUnits: 0, readUnits: 0 }
  let calls = 0
  const sandbox = await openSandbox({
    perMinute: 1,
    sweepMinutes: 100_000,
    through: metered(meter),
    onRequest: ({ phase, caller }) => {
      if (phase === 'before' && caller.arn.includes('/tidegate-')) calls++
    },
  })
  const plan = { steps: [{ weight: 10, bake: '24h' }] }
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [], signals: {}, plan, policy }))
  const version = await sandbox.publish('v2')
  const counted = async (work: () => Promise<unknown>): Promise<Counted> => {
    await sandbox.clock.settle()
    const before = { calls, readUnits: meter.readUnits, writeUnits: meter.writeUnits }
    await work()
    await sandbox.clock.settle()
    return {
      calls: calls - before.calls,
      readUnits: meter.readUnits - before.readUnits,
      writeUnits: meter.writeUnits - before.writeUnits,
    }
  }
  const ask = (number: number, urgent = false) =>
    sandbox.ask(urgent ? 'urgent' : 'start', {
      service: 'checkout',
      version,
      requestId: `r-${number}`,
      ...(urgent ? { reason: 'fix' } : { bolder: false }),
    })
  return { sandbox, counted, ask }
}
