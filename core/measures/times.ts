// Times of a single release. The measures and the metrics share this code so that they agree.
import type { ReleaseFacts } from './facts.ts'

/**
 * Seconds from the commit (or else the artifact's event) to all traffic, for a promoted change. A start after the promotion means
 * a wrong clock, and is ignored.
 */
export function leadSeconds({ attested, release, isWayBack, outcome, promotedMs }: ReleaseFacts): number | undefined {
  const { provenance } = release
  const beganMs = attested.committedAtMs ?? provenance.committedAtMs ?? provenance.eventAtMs
  if (isWayBack || outcome !== 'promoted' || promotedMs === undefined) return undefined
  return beganMs === undefined || promotedMs < beganMs ? undefined : (promotedMs - beganMs) / 1000
}

export const isEvidence = (by: string): boolean => by === 'verdict' || by.startsWith('alarm ')

/** Seconds from first traffic to the decision, for a change that a verdict or an alarm rolled back, whole or in part. */
export function detectSeconds(one: ReleaseFacts): number | undefined {
  const { release, isWayBack, outcome, firstTrafficMs, partDecidedMs } = one
  const isWhole = outcome === 'rolledBack' && isEvidence(release.ending?.by ?? '')
  const decidedMs = isWhole ? one.decidedMs : outcome === 'promoted' ? partDecidedMs : undefined
  if (isWayBack || firstTrafficMs === undefined || decidedMs === undefined) return undefined
  return (decidedMs - firstTrafficMs) / 1000
}
