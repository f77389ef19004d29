// The house in which things go wrong around a release, on the embedded cloud in virtual time.
import { sampleService } from '../../../local/sample-service.ts'
import { type House, type HouseOptions, openHouse } from '../../../local/house.ts'
import { authorize } from '../least-privilege.ts'

export let house: House
export async function open(
  service: Readonly<Record<string, unknown>> = {},
  options: HouseOptions = {},
): Promise<House> {
  house = await openHouse({ authorize, perMinute: 60, ...options })
  await house.world.services.put(sampleService({ slos: [], hooks: [], ...service }))
  return house
}
/** After each test. */
export const close = (): void => house.close()

export const types = async (id: string): Promise<string[]> => (await house.events(id)).map((event) => event.type)
export const mutations = async (id: string): Promise<number> =>
  (await types(id)).filter((type) => type === 'moved').length
