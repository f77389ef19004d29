// Intake: turns the event of an artifact into releases, and starts their executions. People start theirs through the API
// (orders/start.ts).
import { isEvent } from '../../core/origin.ts'
import { Problem } from '../../core/problem.ts'
import { readRequest } from '../../core/release/request.ts'
import { isOfNow } from '../events/believed.ts'
import { type Accepting, acceptAndStart, type Started } from '../steps/accept.ts'
import type { Call } from '../steps/world.ts'

/** @throws Problem `event_unknown`, `event_invalid`, `item_unreadable` */
export function intakeHandler(deps: Accepting) {
  return async (event: unknown, call: Call): Promise<Started> => {
    if (!isEvent(event)) throw new Problem('event_unknown', 'This is no event of EventBridge, and calls go to the API.')
    const request = readRequest(event, call.awsRequestId, deps.home)
    if (!isOfNow(deps, request.provenance.eventAtMs, request.key)) return { releases: [] }
    return { releases: await acceptAndStart(deps, request) }
  }
}
