// Stores what CI and scanners attest about a candidate, for the gates and the measures. It changes no release by itself.
import { type Attestation, subjectsOfCandidate } from '../../core/gate/attestation.ts'
import { attestationOf, readAttestation } from '../../core/gate/attest-call.ts'
import { candidateFor, candidateOfCall } from '../../core/release/request.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'services' | 'attestations' | 'log'>

type Attested = { readonly subjects: readonly string[] }

/** @throws Problem `call_invalid`, `event_invalid`, `event_unknown`, `service_missing`, `target_unknown` */
export function attestHandler(deps: Deps) {
  return async (event: unknown): Promise<Attested> => {
    const attestations = await attestationsOf(deps, event)
    for (const attestation of attestations) await deps.attestations.put(attestation)
    const subjects = attestations.map(({ subject }) => subject)
    deps.log({ message: 'attested', subjects, by: attestations[0]?.by })
    return { subjects }
  }
}

async function attestationsOf(deps: Deps, event: unknown): Promise<readonly Attestation[]> {
  const nowMs = deps.clock.nowMs()
  const said = readAttestation(event, nowMs)
  if (said.kind === 'attestation') return [said.attestation]
  const candidate = candidateFor(await deps.services.get(said.call.service), candidateOfCall(said.call))
  return subjectsOfCandidate(candidate).map((subject) => attestationOf(said.call, subject, nowMs))
}
