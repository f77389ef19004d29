// Service definitions in memory, in normal form.
import { isDeepStrictEqual } from 'node:util'
import { listing } from '../../../core/listing.ts'
import { Problem } from '../../../core/problem.ts'
import { keysOf } from '../../../core/service/service-key.ts'
import type { AliasClaim } from '../../../core/service/applied.ts'
import { Service } from '../../../core/service/service.ts'
import type { Services } from '../../../cloud/ports.ts'
import { type MemoryTable, unreadable } from './table.ts'

export const servicesKey = 'services'

export function memoryServices(table: MemoryTable): Services {
  /** The number of each stored definition. */
  const numbers = new Map<string, number>()
  const claims = new Map<string, AliasClaim>()
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
  const all = () => listing(table.list(servicesKey), found, (service) => ({ service }))
  return {
    put(service, seq) {
      const stored = numbers.get(service.name)
      if (seq !== undefined && stored !== undefined && stored > seq) return Promise.resolve(false)
      table.set(servicesKey, service.name, service)
      if (seq === undefined) numbers.delete(service.name)
      else numbers.set(service.name, seq)
      return Promise.resolve(true)
    },
    remove(name, seq) {
      if ((numbers.get(name) ?? 0) > seq) return Promise.resolve(false)
      table.delete(servicesKey, name)
      numbers.delete(name)
      return Promise.resolve(true)
    },
    get(name) {
      return Promise.resolve(found(name))
    },
    list: ({ atMost, after = '' } = { atMost: Infinity }) => {
      const names = table.list(servicesKey).filter((name) => name > after)
      return Promise.resolve(listing(names.slice(0, atMost), found, (service) => ({ service })))
    },
    // Listing is free in memory.
    under(keys) {
      const { items, unreadable } = all()
      const isUnder = (service: Service): boolean => keysOf(service).some((key) => keys.includes(key))
      return Promise.resolve({ items: items.filter(isUnder), unreadable })
    },
    index: () => Promise.resolve(),
    claim(alias, claim, nowMs) {
      const held = claims.get(alias)
      if (held !== undefined && held.service !== claim.service && held.untilMs >= nowMs) return Promise.resolve(held)
      claims.set(alias, claim)
      return Promise.resolve(undefined)
    },
    dropClaim(alias, claim) {
      if (isDeepStrictEqual(claims.get(alias), claim)) claims.delete(alias)
      return Promise.resolve()
    },
  }
}
