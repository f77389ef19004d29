// The event of a schedule: EventBridge's own scheduled event, or the input that the stack sets, which a person may also send by
// hand.
import * as z from 'zod'

const ScheduledEvent = z.looseObject({ source: z.literal('aws.events'), 'detail-type': z.literal('Scheduled Event') })

type Name = 'sweep' | 'budgets' | 'reports' | 'measures' | 'prunes' | 'observed' | 'watches'

const made = new Map<Name, z.ZodType>()
/** Made once: to make a schema costs more than many parses. */
function inputOf(name: Name): z.ZodType {
  const input = made.get(name) ?? z.union([z.strictObject({ [name]: z.literal(true) }), ScheduledEvent])
  made.set(name, input)
  return input
}

/** @param name the input's only field, whose value is true: `{ "sweep": true }` */
export const isScheduledCall = (name: Name, event: unknown): boolean => inputOf(name).safeParse(event).success
