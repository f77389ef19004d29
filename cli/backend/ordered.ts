// What the functions that take people's orders answer.
import * as z from 'zod'

export const Ordered = z.looseObject({
  releaseId: z.string(),
  phase: z.string(),
  outcome: z.string().optional(),
  note: z.string().optional(),
})
