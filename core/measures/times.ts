// Times of one release, for the measures and for the metrics alike, so that both say the same.
import type { ReleaseFacts } from './facts.ts'

/**
 * Commit, or else the artifact's event, to all traffic, of a promoted change. One that began after it was promoted has
 * a wrong clock.
 */
export function leadSeconds({ attested, release, isWayBack, outcome, promotedMs }: ReleaseFacts): number | undefined {
  const { provenance } = release
  const beganMs = attested.committedAtMs ?? provenance.committedAtMs ?? provenance.eventAtMs
  if (isWayBack || outcome !== 'promoted' || promotedMs === undefined) return undefined
  return beganMs === undefined || promotedMs < beganMs ? undefined : (promotedMs - beganMs) / 1000
}

export const isEvidence = (by: string): boolean => by === 'verdict' || by.startsWith('alarm ')

/** First traffic to the decision, of a change that a verdict or an alarm rolled back. */
export function detectSeconds(one: ReleaseFacts): number | undefined {
  const { release, isWayBack, outcome, firstTrafficMs, decidedMs } = one
  if (isWayBack || outcome !== 'rolledBack' || !isEvidence(release.ending?.by ?? '')) return undefined
  return firstTrafficMs === undefined || decidedMs === undefined ? undefined : (decidedMs - firstTrafficMs) / 1000
}
