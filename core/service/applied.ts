// What is recorded when a definition is applied, or a service removed: who did it, and what was there before. The records of a
// service are numbered, and the definition of the highest number is the one that holds (docs/decisions/0061).
import * as z from 'zod'

// Whatever a definition looked like when it was applied: a record must stay readable when the schema has changed.
const Definition = z.record(z.string(), z.unknown())

export const AppliedDefinition = z.object({
  service: z.string().max(100),
  /** A caller of the API (core/caller.ts), or `CloudFormation`. */
  by: z.string().min(1).max(600),
  atMs: z.int(),
  /** In normal form; absent if there was none, or none that could be read. */
  before: Definition.optional(),
  /** Absent if the service was removed. */
  after: Definition.optional(),
})
export type AppliedDefinition = z.output<typeof AppliedDefinition>

/**
 * A service that is being given an alias (`aliasAt`). To claim it answers with the claim of another service if that one holds,
 * which it does until it is dropped or its time is over. A claim that another one took over drops nothing.
 */
export const AliasClaim = z.object({
  service: z.string().max(100),
  /** The number that its definition will have. */
  seq: z.int(),
  untilMs: z.int(),
})
export type AliasClaim = z.output<typeof AliasClaim>
