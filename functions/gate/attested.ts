// Everything that has been attested about a release's candidate. If an attestation names the commit, attestations about the
// commit are included too.
import { type Attested, commitSubject, merged, subjectsOf } from '../../core/gate/attestation.ts'
import { whole } from '../../core/listing.ts'
import type { World } from '../steps/world.ts'

/** @throws Problem `item_unreadable`: then treat everything as unknown */
export async function attestedOf(
  { attestations }: Pick<World, 'attestations'>,
  release: Parameters<typeof subjectsOf>[0],
): Promise<Attested> {
  const subjects = subjectsOf(release)
  const direct = whole(await attestations.of(subjects))
  const { commit } = merged(direct)
  if (commit === undefined || subjects.includes(commitSubject(commit))) return merged(direct)
  return merged([...direct, ...whole(await attestations.of([commitSubject(commit)]))])
}
