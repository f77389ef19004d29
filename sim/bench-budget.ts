// What the ledger of an error budget uses in a month: a day of it on the embedded cloud, thirty times.
import { type Meter, metered } from './bench-release.ts'
import { openHouse } from './house.ts'
import { sampleService } from './sample-service.ts'

export type Ledger = {
  readonly invocations: number
  readonly metrics: number
  readonly writeUnits: number
  readonly readUnits: number
}

const daysOfMonth = 30

/** @param every how often it is counted, as in policy.budgetEvery */
export async function measureLedger(every: '5m' | '1h'): Promise<Ledger> {
  const minutes = every === '5m' ? 5 : 60
  const meter: Meter = { calls: {}, metrics: 0, writeUnits: 0, readUnits: 0 }
  const house = await openHouse({ perMinute: 1, budgetMinutes: minutes, through: metered(meter) })
  const slos = [{ name: 'available', objective: 99.9 }]
  await house.world.services.put(sampleService({ slos, policy: { budgetEvery: every } }))
  await house.minutes(120)
  // The sweep and the releases are not a part of it: nothing is released in that day.
  Object.assign(meter, { calls: {}, metrics: 0, writeUnits: 0, readUnits: 0 })
  await house.minutes(24 * 60)
  house.close()
  return {
    invocations: ((24 * 60) / minutes) * daysOfMonth,
    metrics: meter.metrics * daysOfMonth,
    writeUnits: meter.writeUnits * daysOfMonth,
    readUnits: meter.readUnits * daysOfMonth,
  }
}
