// When a release may begin among all that would begin now, or that a gate opens for at the same moment (core/queue/turns.ts).
import { turnMs, waitsForTurn } from '../../core/queue/turns.ts'
import type { Release } from '../../core/release/release.ts'
import type { World } from '../steps/world.ts'
import { dayMs } from '../../core/time.ts'

type Deps = Pick<World, 'clock' | 'turns'>

/** The turn of a release that would begin now. A call that dies right after leaves a gap in the queue, and nothing else. */
export async function turnNow({ clock, turns }: Deps, release: Release): Promise<number> {
  const nowMs = clock.nowMs()
  const beginsMs = await turns.take('NOW', nowMs, turnMs(release))
  return waitsForTurn(release) ? beginsMs : nowMs
}

/**
 * Its turn among those for whom something opens at `opensMs`. Whoever is asked about again meanwhile keeps the turn
 * that it has.
 */
export async function turnAt({ turns }: Deps, release: Release, opensMs: number): Promise<number> {
  const hasMs = release.held?.againAtMs
  if (hasMs !== undefined && hasMs >= opensMs && hasMs < opensMs + dayMs) return hasMs
  const beginsMs = await turns.take(`AT#${opensMs}`, opensMs, turnMs(release))
  return waitsForTurn(release) ? beginsMs : opensMs
}
