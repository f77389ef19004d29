// When a release may begin, so that releases that start together, or for which a gate opens at the same moment, do not all begin
// at once (core/queue/turns.ts).
import { turnMs, waitsForTurn } from '../../core/queue/turns.ts'
import type { Release } from '../../core/release/release.ts'
import type { World } from '../steps/world.ts'
import { dayMs } from '../../core/time.ts'

type Deps = Pick<World, 'clock' | 'turns'>

/** The turn of a release that would begin now. If the caller dies right after, the queue has a gap and nothing else is lost. */
export async function turnNow({ clock, turns }: Deps, release: Release): Promise<number> {
  const nowMs = clock.nowMs()
  const beginsMs = await turns.take('NOW', nowMs, turnMs(release))
  return waitsForTurn(release) ? beginsMs : nowMs
}

/**
 * Its turn among the releases for which something opens at `opensMs`. A release whose gates are asked again meanwhile keeps its
 * turn.
 */
export async function turnAt({ turns }: Deps, release: Release, opensMs: number): Promise<number> {
  const hasMs = release.held?.againAtMs
  if (hasMs !== undefined && hasMs >= opensMs && hasMs < opensMs + dayMs) return hasMs
  const beginsMs = await turns.take(`AT#${opensMs}`, opensMs, turnMs(release))
  return waitsForTurn(release) ? beginsMs : opensMs
}
