// Kinds of items, by the parts of a function's work that take them (permissions.ts).
import type { Kind } from '../cloud/kinds.ts'

/** Which kinds of items a function reads and changes. A role gets each right on the partition keys of its kinds only. */
export type Items = {
  readonly reads?: readonly Kind[]
  /** By PutItem: a new item, or another one in its place. */
  readonly writes?: readonly Kind[]
  /** By UpdateItem. */
  readonly updates?: readonly Kind[]
  readonly deletes?: readonly Kind[]
}
/** Items that several parts of a function's work take. */
export function all(...parts: readonly Items[]): Items {
  const of = (name: keyof Items): readonly Kind[] => [...new Set(parts.flatMap((part) => part[name] ?? []))].sort()
  return { reads: of('reads'), writes: of('writes'), updates: of('updates'), deletes: of('deletes') }
}

export const loads = { reads: ['log', 'snapshot'] } as const satisfies Items
export const records = { ...loads, writes: ['log'] } as const satisfies Items
export const wakes = { reads: ['waiter'] } as const satisfies Items
export const waits = { writes: ['waiter'] } as const satisfies Items
/**
 * Who has this writes no logs. But while a deploy replaces the code, that of before runs with these rights, and it kept waiters
 * beside the log. docs/decisions/0054 says when this may go.
 */
export const keptWaitersInLogs = { writes: ['log'] } as const satisfies Items
export const findsServices = { reads: ['service', 'lookup'] } as const satisfies Items
/** An order about a service's live release. */
export const steers = all(records, wakes, { reads: ['lease'] })
/** Begins a release of a service that is named. */
export const opens = all(records, {
  reads: ['service', 'open', 'head', 'queue'],
  writes: ['open', 'queue'],
  deletes: ['queue'],
})
/** What gates look up. */
export const looksUp = all(loads, { reads: ['service', 'lease', 'line', 'budget', 'waiting'] })
/** What every end takes. */
const ends = all(records, wakes, {
  reads: ['lease', 'queue'],
  writes: ['head'],
  deletes: ['alarmWatch', 'lease', 'open', 'queue'],
})
/** The way back, also without the log. */
export const putsBack = all(ends, { reads: ['returnRecord'], writes: ['returnRecord'] })
export const settles = all(ends, {
  reads: ['waiting'],
  writes: ['lease', 'watch'],
  // Its entry, when only a version is left of it that is kept warm.
  updates: ['open'],
  deletes: ['line', 'returnRecord', 'waiting'],
})

/** Which releases have named a version, and which may still do. */
export const seesReleases = all(loads, { reads: ['service', 'open', 'returnRecord', 'head', 'deletedVersion'] })

/** What pages and widgets show. */
export const shows = all(looksUp, {
  reads: ['lookup', 'queue', 'head', 'outage', 'returnRecord', 'attestation'],
})

/** What telling a person takes besides the topics. */
export const tells = { reads: ['message'], writes: ['message'], deletes: ['message'] } as const satisfies Items

/** Every order that people give may carry an idempotency key. */
export const keepsAnswers = { writes: ['answer'] } as const satisfies Items

/** Changes a definition. Who may is `apply`, for people, and `provision`, for the stack. */
export const registers = all(findsServices, {
  reads: ['open'],
  writes: ['service', 'definition', 'lookup'],
  deletes: ['lookup'],
})
