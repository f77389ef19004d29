// What the ledger of an error budget uses in a month (one day on the embedded cloud, times thirty), and what a release adds.
import { type Meter, metered } from './release.ts'
import { openSandbox } from '../local/sandbox.ts'
import { functionName } from '../local/installation.ts'
import { sampleService } from '../local/sample-service.ts'

export type Ledger = {
  readonly invocations: number
  readonly metrics: number
  readonly writeUnits: number
  readonly readUnits: number
}

const daysOfMonth = 30
const slos = [{ name: 'available', objective: 99.9 }]

/** @param every the counting interval, as in policy.budgetEvery */
export async function measureLedger(every: '5m' | '1h'): Promise<Ledger> {
  const minutes = every === '5m' ? 5 : 60
  const meter: Meter = { calls: {}, metrics: 0, writeUnits: 0, readUnits: 0 }
  const sandbox = await openSandbox({ perMinute: 1, budgetMinutes: minutes, through: metered(meter) })
  await sandbox.world.services.put(sampleService({ slos, policy: { budgetEvery: every } }))
  await sandbox.minutes(120)
  // Measures only the ledger: reset the meter, and release nothing on that day.
  Object.assign(meter, { calls: {}, metrics: 0, writeUnits: 0, readUnits: 0 })
  await sandbox.minutes(24 * 60)
  sandbox.close()
  return {
    invocations: ((24 * 60) / minutes) * daysOfMonth,
    metrics: meter.metrics * daysOfMonth,
    writeUnits: meter.writeUnits * daysOfMonth,
    readUnits: meter.readUnits * daysOfMonth,
  }
}

/**
 * Usage of the counting at each look of a good release in 4 steps of 5 minutes, and of its charge; the schedule does not run in
 * between.
 */
export async function measureLive(): Promise<Ledger> {
  const meter: Meter = { calls: {}, metrics: 0, writeUnits: 0, readUnits: 0 }
  const through = metered(meter, functionName('budget'))
  const sandbox = await openSandbox({ perMinute: 60, budgetMinutes: 24 * 60, through })
  const steps = [10, 25, 50, 100].map((weight) => ({ weight, bake: '5m' }))
  await sandbox.world.services.put(sampleService({ slos, hooks: [], plan: { steps }, pace: { damage: 100 } }))
  await sandbox.minutes(50)
  // Gates let no release begin before the budget was counted.
  await sandbox.ask('budget', { budgets: true })
  Object.assign(meter, { calls: {}, metrics: 0, writeUnits: 0, readUnits: 0 })
  const id = await sandbox.start({ version: await sandbox.publish('v2') })
  await sandbox.finish(id)
  await sandbox.minutes(25)
  await sandbox.ask('budget', { budgets: true })
  const events = await sandbox.events(id)
  sandbox.close()
  if (!events.some(({ type }) => type === 'charged')) throw new Error('the release was not charged')
  const { metrics, writeUnits, readUnits } = meter
  return { invocations: events.filter(({ type }) => type === 'judged').length + 1, metrics, writeUnits, readUnits }
}
