// The event of a schedule: EventBridge's own scheduled event, or the input that the stack sets, which a person may also send by
// hand.
import * as z from 'zod'

const ScheduledEvent = z.looseObject({ source: z.literal('aws.events'), 'detail-type': z.literal('Scheduled Event') })

/** @param name the input's only field, whose value is true: `{ "sweep": true }` */
export function isScheduledCall(
  name: 'sweep' | 'budgets' | 'reports' | 'measures' | 'prunes' | 'observed' | 'watches',
  event: unknown,
): boolean {
  const input = z.strictObject({ [name]: z.literal(true) })
  return z.union([input, ScheduledEvent]).safeParse(event).success
}
