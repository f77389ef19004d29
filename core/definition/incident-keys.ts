// What incidents of a service are called elsewhere, and whose events may tell of them.
import * as z from 'zod'
import { From } from '../origin.ts'

export const IncidentKeys = z.strictObject({
  keys: z
    .array(z.string().min(1).max(500))
    .max(50)
    .default([])
    .describe(
      'What incidents of this service are called: PagerDuty service ids or names, Opsgenie tags, response plans.',
    ),
  from: z
    .array(From)
    .max(20)
    .optional()
    .describe(
      'Other accounts whose events may tell of incidents, and other regions: `111122223333`, `111122223333/eu-west-1`.',
    ),
})
