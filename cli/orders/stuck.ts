// Which errors of an order leave a person alone with the traffic. Apart from by-hand.ts, which loads much: a rollback needs this
// before it has sent anything.
import { isAway, Problem } from '../../core/problem.ts'

/** Whether the traffic may not have moved, so that a person needs to know how to move it. */
export const isStuck = (error: unknown): error is Problem =>
  isAway(error) ||
  (error instanceof Problem &&
    ['return_failed', 'item_unreadable', 'crowded', 'permission_denied', 'route_refused', 'api_unknown'].includes(
      error.code,
    ))
