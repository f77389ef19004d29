// What others tell by events: finished scans of images, for the gates, and incidents, for the measures. Callers tell the same
// through functions of their own, so no body of theirs is ever taken for an event.
import { readScan, type Scan } from '../../core/gate/attest-call.ts'
import { readIncidentEvent } from '../../core/measures/incident-call.ts'
import { isEvent, isSame } from '../../core/origin.ts'
import { serviceKey } from '../../core/service/service-key.ts'
import { isFromHere, isOfNow } from '../events/believed.ts'
import { type Attested, keep } from '../orders/attest.ts'
import { note, type Noted } from '../orders/incident.ts'
import { readable } from '../steps/each.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'home' | 'clock' | 'services' | 'attestations' | 'incidents' | 'log' | 'trouble'>

/** @throws Problem `event_invalid`, `event_unknown`, `crowded` */
export function hearHandler(deps: Deps) {
  return async (event: unknown): Promise<Attested | Noted> => {
    if (!isEvent(event) || event.source !== 'aws.ecr') return note(deps, readIncidentEvent(event))
    const scan = readScan(event)
    return keep(deps, (await isBelieved(deps, scan)) ? [scan.attestation] : [])
  }
}

/** A scan from here, or of a registry that a definition names for this repository. */
async function isBelieved(deps: Deps, { attestation, repository, site }: Scan): Promise<boolean> {
  if (!isOfNow(deps, attestation.atMs, attestation.subject)) return false
  if (isSame(site, deps.home)) return true
  const services = readable(deps, await deps.services.under([serviceKey.repository(repository)]))
  const isNamed = services.some(
    ({ triggers: { ecr } }) => ecr?.repository === repository && ecr.registry === site.account,
  )
  return (isNamed && site.region === deps.home.region) || isFromHere(deps, site, attestation.subject)
}
