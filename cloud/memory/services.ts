// Service definitions in memory, in normal form.
import { Problem } from '../../core/problem.ts'
import { keysOf } from '../../core/service-key.ts'
import { Service } from '../../core/service.ts'
import type { Services } from '../ports.ts'
import { type MemoryTable, unreadable } from './table.ts'

export const servicesKey = 'services'

export function memoryServices(table: MemoryTable): Services {
  const find = (name: string): Service | undefined => {
    const service = table.get(Service, servicesKey, name)
    if (service === undefined || service.name === name) return service
    throw unreadable(servicesKey, name, `it holds service ${service.name}`)
  }
  const all = (): readonly Service[] =>
    table
      .list(servicesKey)
      .map(find)
      .filter((service) => service !== undefined)
  return {
    put(service) {
      table.set(servicesKey, service.name, service)
      return Promise.resolve()
    },
    get(name) {
      const service = find(name)
      if (service === undefined) throw new Problem('service_missing', `There is no service ${name}.`)
      return Promise.resolve(service)
    },
    list: () => Promise.resolve(all()),
    // What is listed in memory costs nothing.
    under: (keys) => Promise.resolve(all().filter((service) => keysOf(service).some((key) => keys.includes(key)))),
    index: () => Promise.resolve(),
  }
}
