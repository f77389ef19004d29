// What the controller keeps of shifts that others make, and of watches after a promotion; and what is there of what consumers
// read. ports.ts re-exports it.
import type { ObservedEvent, ObservedShift, SeenAlias } from '../core/observe/event.ts'
import type { Listing } from '../core/listing.ts'
import type { Place } from '../core/location.ts'
import type { Watch } from '../core/watch/watch.ts'

/** Where a row of the report is. */
export type ShiftKey = Pick<ObservedShift, 'beganAtMs' | 'id'>

/** Shifts of others: a log for each, a row of the report, and what was last seen of each alias. */
export type Observations = {
  /** Adds to the log of one shift. @returns false if the number is taken, and then nothing was written */
  append(service: string, id: string, event: ObservedEvent): Promise<boolean>
  /** In order; empty if there is no such log. @throws Problem `item_unreadable` */
  read(service: string, id: string, afterSeq?: number): Promise<readonly ObservedEvent[]>
  /** @throws Problem `item_unreadable` */
  seen(service: string, functionName: string, alias: string): Promise<SeenAlias | undefined>
  /** @returns false unless what is stored has the number before (`rev`), and then nothing was written */
  setSeen(seen: SeenAlias): Promise<boolean>
  /** Puts the row in the place of the one before. */
  putShift(shift: ObservedShift): Promise<void>
  /** Those that began from `fromMs` until before `toMs`, oldest first. */
  shifts(service: string, fromMs: number, toMs: number): Promise<Listing<ObservedShift, ShiftKey>>
  /** The newest first, at most so many. @param before those older than this one */
  latest(service: string, atMost: number, before?: ShiftKey): Promise<Listing<ObservedShift, ShiftKey>>
}

type WatchKey = Pick<Watch, 'service' | 'releaseId'>

/** Watches of releases after their promotion, until they end. */
export type Watches = {
  /** The first has number 1. @returns false unless what is stored has the number before (`rev`), and then nothing was written */
  put(watch: Watch): Promise<boolean>
  /** Of one service, or of all. */
  list(service?: string): Promise<Listing<Watch, WatchKey>>
  remove(watch: WatchKey): Promise<void>
}

/** Queues and mappings, where a function is. */
export type Consumed = {
  hasQueue(place: Place, name: string): Promise<boolean>
  /** @returns the ARN of the function that a mapping invokes, and nothing if there is no such mapping */
  invokedBy(place: Place, mapping: string): Promise<string | undefined>
}
