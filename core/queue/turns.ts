// How long a release's beginning takes of what Lambda's control plane allows: 15 calls a second for an account and region, over
// all functions (docs/aws.md §1.4). Many at once begin one after the other, in the order in which they come to it.
import { backKey } from '../release/head.ts'
import type { Release } from '../release/release.ts'

/** A beginning release makes up to ten calls for each target; ten a second leave a third of the quota to looks and ways back. */
const msPerTarget = 1000

/** What a release takes of the queue. */
export const turnMs = ({ service }: Pick<Release, 'service'>): number => service.targets.length * msPerTarget

/** Security fixes and ways back wait for nobody; what they take is taken from those who come after them. */
export const waitsForTurn = ({ urgent, key }: Pick<Release, 'urgent' | 'key'>): boolean =>
  !urgent && !key.startsWith(backKey)
