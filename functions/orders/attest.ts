// Stores what CI and scanners attest about a candidate, for the gates and the measures. It changes no release by itself.
import { type Attestation, subjectsOfCandidate } from '../../core/gate/attestation.ts'
import { attestationOf, readAttestation } from '../../core/gate/attest-call.ts'
import { isSame } from '../../core/origin.ts'
import { candidateFor, candidateOfCall } from '../../core/release/request.ts'
import { serviceKey } from '../../core/service/service-key.ts'
import { isFromHere, isOfNow } from '../events/believed.ts'
import { readable } from '../steps/each.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'home' | 'clock' | 'services' | 'attestations' | 'log' | 'trouble'>

type Attested = { readonly subjects: readonly string[] }

/** @throws Problem `call_invalid`, `event_invalid`, `event_unknown`, `service_missing`, `target_unknown` */
export function attestHandler(deps: Deps) {
  return async (event: unknown): Promise<Attested> => {
    const attestations = await attestationsOf(deps, event)
    for (const attestation of attestations) await deps.attestations.put(attestation)
    const subjects = attestations.map(({ subject }) => subject)
    if (subjects.length > 0) deps.log({ message: 'attested', subjects, by: attestations[0]?.by })
    return { subjects }
  }
}

async function attestationsOf(deps: Deps, event: unknown): Promise<readonly Attestation[]> {
  const nowMs = deps.clock.nowMs()
  const said = readAttestation(event, nowMs)
  if (said.kind === 'attestation') return [said.attestation]
  if (said.kind === 'scan') return (await isBelieved(deps, said)) ? [said.attestation] : []
  const candidate = candidateFor(await deps.services.get(said.call.service), candidateOfCall(said.call))
  return subjectsOfCandidate(candidate).map((subject) => attestationOf(said.call, subject, nowMs))
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
type Scan = Extract<ReturnType<typeof readAttestation>, { kind: 'scan' }>
