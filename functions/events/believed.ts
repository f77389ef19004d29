// Which events count. One from elsewhere, or of a time that has not come, changes nothing: it gets a line in the log and no
// retry, because it says the same however often it is delivered.
import { foreign, isAhead, isSame, type Site } from '../../core/origin.ts'
import { Problem } from '../../core/problem.ts'
import type { World } from '../steps/world.ts'

/** Whether the event is from the controller's own account and region. If not, that is logged. */
export function isFromHere({ home, log }: Pick<World, 'home' | 'log'>, site: Site, what: string): boolean {
  if (isSame(site, home)) return true
  log(foreign(site, what).line)
  return false
}

/** Whether the time of the event, if it has one, may be. If not, that is logged. */
export function isOfNow({ clock, log }: Pick<World, 'clock' | 'log'>, atMs: number | undefined, what: string): boolean {
  if (atMs === undefined || !isAhead(atMs, clock.nowMs())) return true
  const sentence = `An event about ${what.slice(0, 300)} is dated ${new Date(atMs).toISOString()}, which is in the future.`
  log(new Problem('event_ahead', sentence).line)
  return false
}
