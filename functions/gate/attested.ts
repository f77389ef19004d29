// All that has been said about a release's candidate. What names its commit leads to what was said about that commit.
import { type Attested, commitSubject, merged, subjectsOf } from '../../core/gate/attestation.ts'
import { whole } from '../../core/listing.ts'
import type { World } from '../steps/world.ts'

/** May throw Problem `item_unreadable`: then nothing is known, and nothing follows from it. */
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
