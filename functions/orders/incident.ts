// Stores incidents that other systems opened and resolved, for the measures. An incident moves no traffic. Platforms tell of them
// by events (listeners/hear.ts).
import { type Heard, readIncident, servicesOf } from '../../core/measures/incident-call.ts'
import { whole } from '../../core/listing.ts'
import { isAhead } from '../../core/origin.ts'
import { Problem } from '../../core/problem.ts'
import { isFromHere, isOfNow } from '../events/believed.ts'
import { each, orThrow, readable } from '../steps/each.ts'
import { serviceKey } from '../../core/service/service-key.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'home' | 'clock' | 'services' | 'incidents' | 'log' | 'trouble'>

export type Noted = { readonly services: readonly string[] }

/** @throws Problem `call_invalid`, `service_missing` */
export const incidentHandler =
  (deps: Deps) =>
  (event: unknown): Promise<Noted> =>
    note(deps, readIncident(event))

/** @throws Problem `call_invalid`, `service_missing` when a call matches no service */
export async function note(deps: Deps, heard: Heard): Promise<Noted> {
  const { keys, notices, isCall } = heard
  if (notices.length === 0 || !isOfNowOrCall(deps, heard)) return { services: [] }
  const all = await deps.services.under(keys.map((key) => serviceKey.incident(key)))
  const services = servicesOf(heard, readable(deps, all), deps.home)
  if (services.length === 0) {
    // An unreadable service may be the one that is meant.
    if (isCall || all.unreadable.some(({ about }) => keys.includes(about.service))) whole(all)
    const what = keys.join(' or ')
    if (heard.origin !== undefined && !isFromHere(deps, heard.origin, `incidents of ${what}`)) return { services: [] }
    const sentence = `No service is called ${what}, or has that among its incidents.keys.`
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

/** @throws Problem `call_invalid` to a caller, who can correct the time */
function isOfNowOrCall(deps: Deps, { keys, notices, origin }: Heard): boolean {
  const ahead = notices.find(({ atMs }) => isAhead(atMs, deps.clock.nowMs()))
  if (ahead === undefined) return true
  if (origin === undefined) throw new Problem('call_invalid', 'The call is not valid: an incident is in the future.')
  return isOfNow(deps, ahead.atMs, `incidents of ${keys.join(' or ')}`)
}
