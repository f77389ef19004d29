// Stores what CI and scanners attest about a candidate, for the gates and the measures. It changes no release by itself. Scans of
// AWS come as events (listeners/hear.ts).
import { type Attestation, restated, subjectsOfCandidate } from '../../core/gate/attestation.ts'
import { attestationOf, readAttestation } from '../../core/gate/attest-call.ts'
import { standsWords } from '../../core/gate/counting.ts'
import { attestationBy, type BundleCall } from '../../core/gate/statement.ts'
import { Problem } from '../../core/problem.ts'
import { candidateFor, candidateOfCall } from '../../core/release/request.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'services' | 'attestations' | 'signatures' | 'log'>

export type Attested = {
  readonly subjects: readonly string[]
  /** Where something else stands than what was said, in sentences. */
  readonly stands?: readonly string[]
}
type Heard = { readonly attestations: readonly Attestation[]; readonly because?: string | undefined }

/**
 * @throws Problem `call_invalid`, `service_missing`, `target_unknown`, `attester_reserved`,
 * `binding_differs`, `crowded`, and those of bundles (statement.ts, provenance/signatures.ts)
 */
export function attestHandler(deps: Deps) {
  return async (event: unknown): Promise<Attested> => {
    const { attestations, because } = await heard(deps, event)
    return keep(deps, attestations, because)
  }
}

type Keeping = Pick<Deps, 'clock' | 'attestations' | 'log'>

/** @throws Problem `binding_differs`, `crowded` */
export async function keep(deps: Keeping, attestations: readonly Attestation[], because?: string): Promise<Attested> {
  const stands: string[] = []
  for (const attestation of attestations) stands.push(...(await store(deps, attestation, because)))
  const subjects = attestations.map(({ subject }) => subject)
  if (subjects.length > 0)
    deps.log({ message: 'attested', subjects, by: attestations[0]?.by, ...(because && { because }) })
  return { subjects, ...(stands.length === 0 ? {} : { stands }) }
}

async function heard(deps: Deps, event: unknown): Promise<Heard> {
  const nowMs = deps.clock.nowMs()
  const said = readAttestation(event, nowMs)
  if (said.kind === 'bundle') return { attestations: [await signed(deps, said.call)] }
  if (said.kind === 'attestation') return { attestations: [said.attestation], because: said.replaces }
  const { call } = said
  const candidate = candidateFor(await deps.services.get(call.service), candidateOfCall(call))
  return {
    attestations: subjectsOfCandidate(candidate).map((subject) => attestationOf(call, subject, nowMs)),
    because: call.replaces,
  }
}

/** It does not matter who hands it in: whoever has signed it says it. */
async function signed(deps: Deps, call: BundleCall): Promise<Attestation> {
  const { attestations } = await deps.services.get(call.service)
  const { signer, payload } = await deps.signatures.verify(call.bundle, attestations.signers)
  return attestationBy(signer, payload, call, deps.clock.nowMs())
}

const attemptsMax = 5

/** Two calls of one party at once are both kept. */
async function store(deps: Keeping, said: Attestation, because: string | undefined): Promise<readonly string[]> {
  const { subject, by } = said
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const before = await deps.attestations.find(subject, by)
    const next = restated(before, said, { because, nowMs: deps.clock.nowMs() })
    if (next === before || (await deps.attestations.put(next, before?.atMs))) return standsWords(said, next)
  }
  throw new Problem('crowded', `Too many calls of ${by} about ${subject} came at once.`)
}
