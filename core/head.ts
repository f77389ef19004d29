// The head of a release: one line of a service's history. A projection of the log; the log wins.
import * as z from 'zod'
import { Outcome } from './event.ts'

export const Head = z.strictObject({
  releaseId: z.string().max(64),
  service: z.string().max(40),
  requestedAtMs: z.int().min(0),
  seq: z.int().min(1),
  phase: z.string().max(40),
  outcome: Outcome.optional(),
  because: z.string().max(1000).optional(),
  settledAtMs: z.int().min(0).optional(),
  candidate: z.string().max(1500),
  source: z.string().max(40),
  /** By function: the version that had the traffic, and the one that was to get it. */
  versions: z.record(z.string().max(64), z.strictObject({ stable: z.string().max(20), candidate: z.string().max(20) })),
})
export type Head = z.output<typeof Head>
