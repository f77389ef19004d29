// When a release's candidate may have had traffic: from the first intent to shift until all traffic was back or promoted. Intents
// count rather than outcomes, because a write whose answer was lost may still have moved traffic.
import type { ReleaseEvent } from './event.ts'
import { hasTraffic, type Release } from './release.ts'

/** @param after the release after `event`, still with the exposure from before it */
export function exposureAfter(after: Release, event: ReleaseEvent): Pick<Release, 'exposure'> {
  const { exposure, state } = after
  if (state.phase === 'settled') return {}
  if (exposure === undefined) return hasTraffic(after) ? { exposure: { fromMs: event.atMs } } : {}
  const ends = event.type === 'interrupted' || (event.type === 'moved' && event.purpose !== 'shift')
  return ends ? { exposure: { ...exposure, toMs: event.atMs } } : {}
}
