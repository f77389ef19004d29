// What a long bake costs: looks every minute for hours, and what of it DynamoDB bills.
import { type Meter, metered } from './bench-release.ts'
import { openHouse } from './house.ts'
import { sampleService } from './sample-service.ts'

type Day = {
  readonly looks: number
  readonly readUnits: number
  readonly writeUnits: number
  readonly calls: number
}

/** A bake of so many hours at 10 %, looked at every minute, by functions that stay warm; alarms are off, so nothing ends it. */
export async function measureBake(hours: number): Promise<Day> {
  const meter: Meter = { calls: {}, metrics: 0, writeUnits: 0, readUnits: 0 }
  let calls = 0
  const house = await openHouse({
    perMinute: 20,
    through: metered(meter),
    onRequest: ({ phase, service, caller }) => {
      if (phase === 'before' && service === 'dynamodb' && caller.arn.includes('/tidegate-')) calls++
    },
  })
  const steps = [{ weight: 10, bake: `${hours}h` }]
  await house.world.services.put(sampleService({ slos: [], hooks: [], plan: { steps } }))
  const id = await house.start({ version: await house.publish('v2') })
  Object.assign(meter, { calls: {}, metrics: 0, writeUnits: 0, readUnits: 0 })
  calls = 0
  await house.minutes(hours * 60)
  const looks = (await house.events(id)).filter(({ type }) => type === 'judged').length
  house.close()
  return { looks, readUnits: meter.readUnits, writeUnits: meter.writeUnits, calls }
}
