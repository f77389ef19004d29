// The record of a version that was deleted: written before the deletion, and completed after it. Nobody can bring a version
// back, so what it was stays known.
import * as z from 'zod'
import { FunctionName } from '../location.ts'
import { ServiceName } from '../service/service.ts'

export const DeletedVersion = z.object({
  service: ServiceName,
  functionName: FunctionName,
  version: z.string().regex(/^[1-9][0-9]{0,18}$/),
  codeSha256: z.string().max(100),
  bytes: z.int().min(0),
  publishedAtMs: z.int().min(0),
  /** On whose word: that of the policy in the definition. */
  by: z.string().min(1).max(600),
  /** When the deletion was decided. */
  atMs: z.int().min(0),
  /** When the version was known to be gone. Absent: it may still be there. */
  deletedAtMs: z.int().min(0).optional(),
})
export type DeletedVersion = z.output<typeof DeletedVersion>
