// A stopped line (stop-the-line) as stored: who stopped it, why, and since when.
import * as z from 'zod'

export const StoredStop = z.strictObject({
  by: z.string().min(1).max(600),
  reason: z.string().min(1).max(500),
  sinceMs: z.int().min(0),
  /** The frozen release that it was stopped for. Absent in a stop by a person. */
  release: z.string().max(64).optional(),
})
