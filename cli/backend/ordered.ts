// The answer of the functions that carry out people's orders.
import * as z from 'zod'

export const Ordered = z.looseObject({
  releaseId: z.string(),
  phase: z.string(),
  outcome: z.string().optional(),
  note: z.string().optional(),
})
export type Ordered = z.output<typeof Ordered>
