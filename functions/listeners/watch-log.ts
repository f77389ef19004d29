// Tells a person of any change of a log other than a new event. No code of ours makes one, and IAM cannot forbid it to who may
// write logs (docs/decisions/0054).
import { oneLine } from '../../core/foreign-text.ts'
import { Problem } from '../../core/problem.ts'
import { logChangedPage } from '../../core/release/pages.ts'
import { each } from '../steps/each.ts'
import type { World } from '../steps/world.ts'
import type { LogRecord } from './stream-batch.ts'

type Deps = Pick<World, 'clock' | 'pager' | 'emit' | 'trouble'>
type Change = Omit<LogRecord, 'eventName'> & {
  /** Such as `was deleted`. */
  readonly what: string
}

/** What a record of the stream says of an event, if it is not that it is new. */
export const changeIn = ({ eventName, ...record }: LogRecord): readonly Change[] =>
  eventName === 'INSERT' ? [] : [{ ...record, what: eventName === 'REMOVE' ? 'was deleted' : 'was overwritten' }]

/** Who changes one item changes more: they are one page an hour, as long as this environment lives. */
const againAfterMs = 3_600_000
const rememberedMost = 100
const namedMost = 20

/**
 * @param verb the function that tells
 * @returns the function to call with a batch, in any order and before anything that can fail; it returns the sequence number of
 * the first change that nobody could be told of
 */
export function changesTeller(deps: Deps, verb: string): (changes: readonly Change[]) => Promise<string | undefined> {
  const told = new Map<string, number>()
  return async (changes) => {
    const nowMs = deps.clock.nowMs()
    for (const change of changes) {
      deps.trouble(new Problem('log_changed', `Event ${words(change)}.`), change.place)
      deps.emit({ name: 'LogChanges', unit: 'Count', value: 1, atMs: nowMs, dimensions: { function: verb } })
    }
    const { failed } = await each(
      deps,
      [...new Set(changes.map(({ place }) => place.releaseId))].filter(
        (id) => nowMs - (told.get(id) ?? Number.NEGATIVE_INFINITY) >= againAfterMs,
      ),
      (releaseId) => ({ releaseId }),
      async (releaseId) => {
        const own = changes.filter(({ place }) => place.releaseId === releaseId).slice(0, namedMost)
        const what = own.map((one) => `event ${words(one)}`)
        await deps.pager.page(logChangedPage(shortId(releaseId), what, verb))
        told.set(releaseId, nowMs)
        const [oldest] = told.keys()
        if (oldest !== undefined && told.size > rememberedMost) told.delete(oldest)
      },
    )
    const untold = changes.find(({ place }) => failed.some(({ item }) => item === place.releaseId))
    return untold?.sequenceNumber
  }
}

/** A key that somebody wrote may be of any length, and the page has to say what is wrong with it. */
const shortId = (releaseId: string): string => oneLine(releaseId, 100)
const words = ({ place, what }: Change): string => `${place.seq} of ${shortId(place.releaseId)} ${what}`
