// Everything that counts of what was attested about a release's candidate, and about the commits that it was built from.
import {
  type AskedRelease,
  type Attested,
  type Counting,
  directSubjects,
  furtherSubjects,
  whatCounts,
} from '../../core/gate/counting.ts'
import { whole } from '../../core/listing.ts'
import type { World } from '../steps/world.ts'

/**
 * @param service as it is defined today
 * @param hashes the SHA-256 in hex of each function's code, where it is known
 * @throws Problem `item_unreadable`: then treat everything as unknown
 */
export async function attestedOf(
  { attestations, clock }: Pick<World, 'attestations' | 'clock'>,
  release: AskedRelease,
  service: Counting['service'],
  hashes: Readonly<Record<string, string>> = {},
): Promise<Attested> {
  const counting = { release, service, hashes, nowMs: clock.nowMs() }
  const direct = whole(await attestations.of(directSubjects(counting)))
  const further = whole(await attestations.of(furtherSubjects(counting, direct)))
  return whatCounts(counting, [...direct, ...further])
}
