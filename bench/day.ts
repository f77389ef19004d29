// What a long bake costs: looks every minute for hours, and what DynamoDB bills for them.
import { type Meter, metered } from './release.ts'
import { openSandbox } from '../local/sandbox.ts'
import { sampleService } from '../local/sample-service.ts'

type Day = {
  readonly looks: number
  readonly readUnits: number
  readonly writeUnits: number
  readonly calls: number
}

/** Bakes for that many hours at 10 % with a look every minute and warm functions. Alarms are off, so nothing ends the bake. */
export async function measureBake(hours: number): Promise<Day> {
  const meter: Meter = { calls: {}, metrics: 0, writeUnits: 0, readUnits: 0 }
  let calls = 0
  const sandbox = await openSandbox({
    perMinute: 20,
    through: metered(meter),
    onRequest: ({ phase, service, caller }) => {
      if (phase === 'before' && service === 'dynamodb' && caller.arn.includes('/tidegate-')) calls++
    },
  })
  const steps = [{ weight: 10, bake: `${hours}h` }]
  await sandbox.world.services.put(sampleService({ slos: [], hooks: [], plan: { steps } }))
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  Object.assign(meter, { calls: {}, metrics: 0, writeUnits: 0, readUnits: 0 })
  calls = 0
  await sandbox.minutes(hours * 60)
  const looks = (await sandbox.events(id)).filter(({ type }) => type === 'judged').length
  sandbox.close()
  return { looks, readUnits: meter.readUnits, writeUnits: meter.writeUnits, calls }
}

type Among = {
  readonly services: number
  /** For one look, including the budget count that follows it. */
  readonly lookUnits: number
  /** For an artifact, from its arrival until its release waits for the first time. */
  readonly artifactUnits: number
  /** For one sweep, which runs every minute. */
  readonly sweepUnits: number
}

/** The read units that DynamoDB bills for a release, with this many services registered. */
export async function measureAmong(services: number): Promise<Among> {
  const meter = (): Meter => ({ calls: {}, metrics: 0, writeUnits: 0, readUnits: 0 })
  const [all, sweep] = [meter(), meter()]
  const sandbox = await openSandbox({
    perMinute: 20,
    // Budgets are counted at looks; the schedule never fires.
    budgetMinutes: 10_000,
    through: (handler) => metered(sweep, 'tidegate-reconcile')(metered(all)(handler)),
  })
  const steps = [{ weight: 10, bake: '2h' }]
  const service = sampleService({ slos: [{ name: 'available', objective: 99.9 }], hooks: [], plan: { steps } })
  await sandbox.world.services.put(service)
  for (let index = 1; index < services; index++)
    await sandbox.world.services.put({
      ...service,
      name: `other-${index}`,
      slos: [],
      triggers: { cloudFormation: false },
    })
  // A service is found by its keys only after a sweep, and a release begins only after its budget was counted.
  await sandbox.minutes(6)
  await sandbox.ask('budget', { budgets: true })
  const read = () => ({ all: all.readUnits, sweep: sweep.readUnits })
  const before = read()
  await sandbox.upload('v2')
  await sandbox.clock.settle()
  const arrived = read()
  await sandbox.minutes(10)
  const begun = read()
  await sandbox.minutes(20)
  const end = read()
  const [live] = (await sandbox.world.openReleases.list('checkout')).items
  const { state } = await sandbox.release(live?.releaseId ?? '')
  if (state.phase !== 'baking') throw new Error(`the release is ${state.phase}`)
  sandbox.close()
  const own = (from: typeof before, to: typeof before) => to.all - from.all - (to.sweep - from.sweep)
  return {
    services,
    lookUnits: own(begun, end) / 20,
    artifactUnits: own(before, arrived),
    sweepUnits: (end.sweep - begun.sweep) / 20,
  }
}
