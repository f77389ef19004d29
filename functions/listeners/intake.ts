// Intake: turns the event of an artifact into releases, and starts their executions. People start theirs through the API
// (orders/start.ts).
import { readEvent } from '../../core/release/request.ts'
import { isOfNow } from '../events/believed.ts'
import { type Accepting, acceptAndStart, type Started } from '../steps/accept.ts'

/** @throws Problem `event_unknown`, `event_invalid`, `item_unreadable` */
export function intakeHandler(deps: Accepting) {
  return async (event: unknown): Promise<Started> => {
    const request = readEvent(event, deps.home)
    if (!isOfNow(deps, request.provenance.eventAtMs, request.key)) return { releases: [] }
    return { releases: await acceptAndStart(deps, request) }
  }
}
