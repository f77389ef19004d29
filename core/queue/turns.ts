// Paces the start of releases, to stay within Lambda's control-plane quota: 15 calls a second per account and region, over all
// functions (docs/aws.md §1.4). Releases that arrive together begin one after the other, in arrival order.
import { isWayBack } from '../release/head.ts'
import type { Release } from '../release/release.ts'

/** A starting release makes up to ten calls for each target. Ten a second leaves a third of the quota to looks and rollbacks. */
const msPerTarget = 1000

/** How long the release occupies the queue. */
export const turnMs = ({ service }: Pick<Release, 'service'>): number => service.targets.length * msPerTarget

/** Urgent fixes and undo releases do not wait. Their calls still use up quota, so the releases after them wait longer. */
export const waitsForTurn = ({ urgent, key }: Pick<Release, 'urgent' | 'key'>): boolean =>
  !urgent && !isWayBack({ key })
