// Service definitions in memory, in normal form.
import { listing } from '../../core/listing.ts'
import { Problem } from '../../core/problem.ts'
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
  const found = (name: string): Service => {
    const service = find(name)
    if (service === undefined) throw new Problem('service_missing', `There is no service ${name}.`)
    return service
  }
  return {
    put(service) {
      table.set(servicesKey, service.name, service)
      return Promise.resolve()
    },
    get(name) {
      return Promise.resolve(found(name))
    },
    list() {
      return Promise.resolve(listing(table.list(servicesKey), found, (service) => ({ service })))
    },
  }
}
