// Reads what the post-mortem sheet of a release says.
import { replay } from '../../core/release/advance.ts'
import { type PostMortem, postMortemOf } from '../../core/view/release/post-mortem.ts'
import { besideOf, type ReleasePorts } from './release.ts'

/**
 * @returns `undefined` if there is no such release
 * @throws Problem `item_unreadable` if its log cannot be read
 */
export async function loadPostMortem(ports: ReleasePorts, releaseId: string): Promise<PostMortem | undefined> {
  const { events } = await ports.journal.read(releaseId)
  const release = replay(events)
  return release === undefined
    ? undefined
    : postMortemOf(events, await besideOf(ports, release, events.at(-1)?.atMs ?? 0))
}
