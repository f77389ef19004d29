// When a release may begin, so that many at once stay within what Lambda's control plane takes: 15 calls a second for an
// account and region, over all functions (docs/aws.md §1.4). Whoever knows which releases are open computes the same times;
// nothing is written. The way back is never paced.
import type { Target } from './service.ts'

/** A beginning release makes up to ten calls for each target; ten a second leave a third of the quota to looks and ways back. */
const msPerTarget = 1000

export type Waiting = {
  readonly releaseId: string
  readonly requestedAtMs: number
  readonly targets: readonly Target[]
}

/** One after the other, in the order in which they were asked for; a release that nobody is before begins at once. */
export function beginsAtMs(open: readonly Waiting[], releaseId: string): number | undefined {
  const inOrder = [...open].sort(
    (a, b) => a.requestedAtMs - b.requestedAtMs || (a.releaseId < b.releaseId ? -1 : Number(a.releaseId > b.releaseId)),
  )
  let freeAtMs = 0
  for (const one of inOrder) {
    const beginsMs = Math.max(one.requestedAtMs, freeAtMs)
    if (one.releaseId === releaseId) return beginsMs
    freeAtMs = beginsMs + one.targets.length * msPerTarget
  }
  return undefined
}
