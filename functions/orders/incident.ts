// Stores incidents that other systems opened and resolved, for the measures. An incident moves no traffic.
import { readIncident, servicesOf } from '../../core/measures/incident-call.ts'
import { whole } from '../../core/listing.ts'
import { Problem } from '../../core/problem.ts'
import { each, orThrow, readable } from '../steps/each.ts'
import { serviceKey } from '../../core/service/service-key.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'services' | 'incidents' | 'log' | 'trouble'>

type Noted = { readonly services: readonly string[] }

/** @throws Problem `call_invalid`, `event_invalid`, `event_unknown`, `service_missing` when a call matches no service */
export function incidentHandler(deps: Deps) {
  return async (event: unknown): Promise<Noted> => {
    const { keys, notices, isCall } = readIncident(event)
    if (notices.length === 0) return { services: [] }
    const all = await deps.services.under(keys.map((key) => serviceKey.incident(key)))
    const services = servicesOf(keys, readable(deps, all))
    if (services.length === 0) {
      // An unreadable service may be the one that is meant.
      if (isCall || all.unreadable.some(({ about }) => keys.includes(about.service))) whole(all)
      const sentence = `No service is called ${keys.join(' or ')}, or has that among its incidents.keys.`
      if (isCall) throw new Problem('service_missing', sentence)
      // A platform reports the incidents of every team, so no match is normal.
      deps.log({ message: sentence })
    }
    const told = await each(
      deps,
      services,
      ({ name }) => ({ service: name }),
      async ({ name: service }) => {
        for (const notice of notices) {
          await deps.incidents.put({ ...notice, service })
          deps.log({ message: `incident ${notice.kind}`, service, incident: notice.id, source: notice.source })
        }
      },
    )
    orThrow(told)
    return { services: services.map(({ name }) => name) }
  }
}
