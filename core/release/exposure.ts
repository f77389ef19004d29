// When a release's candidate may have had traffic: from the first intent to shift until everything was back or promoted.
// Intents count and not their outcomes, because a write whose answer was lost has moved traffic all the same.
import type { ReleaseEvent } from './event.ts'
import { hasTraffic, type Release } from './release.ts'

/** @param after the release as the event left it, with the exposure from before */
export function exposureAfter(after: Release, event: ReleaseEvent): Pick<Release, 'exposure'> {
  const { exposure, state } = after
  if (state.phase === 'settled') return {}
  if (exposure === undefined) return hasTraffic(after) ? { exposure: { fromMs: event.atMs } } : {}
  const ends = event.type === 'interrupted' || (event.type === 'moved' && event.purpose !== 'shift')
  return ends ? { exposure: { ...exposure, toMs: event.atMs } } : {}
}
