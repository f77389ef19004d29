// Tells a person of any change of a log other than a new event. No code of ours makes one, and IAM cannot forbid it to who may
// write logs (docs/decisions/0054).
import { Problem } from '../../core/problem.ts'
import { logChangedPage } from '../../core/release/pages.ts'
import { each } from '../steps/each.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'pager' | 'emit' | 'trouble'>
type Change = {
  readonly eventName: string
  readonly place: { readonly releaseId: string; readonly seq: number }
  readonly sequenceNumber: string
}

/** Who changes one item changes more: they are one page an hour, as long as this environment lives. */
const againAfterMs = 3_600_000
const rememberedMost = 100
const namedMost = 20

/**
 * @returns the function to call with a batch, in any order and before anything that can fail; it returns the sequence number of
 * the first change that nobody could be told of
 */
export function changesTeller(deps: Deps): (records: readonly Change[]) => Promise<string | undefined> {
  const told = new Map<string, number>()
  return async (records) => {
    const nowMs = deps.clock.nowMs()
    const changes = records.filter(({ eventName }) => eventName !== 'INSERT')
    for (const { place, eventName } of changes) {
      deps.trouble(new Problem('log_changed', `Event ${words({ place, eventName })}.`), place)
      deps.emit({ name: 'LogChanges', unit: 'Count', value: 1, atMs: nowMs, dimensions: { function: 'announce' } })
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
        await deps.pager.page(logChangedPage(releaseId, what))
        told.set(releaseId, nowMs)
        const [oldest] = told.keys()
        if (oldest !== undefined && told.size > rememberedMost) told.delete(oldest)
      },
    )
    const untold = changes.find(({ place }) => failed.some(({ item }) => item === place.releaseId))
    return untold?.sequenceNumber
  }
}

const words = ({ place, eventName }: Pick<Change, 'place' | 'eventName'>): string =>
  `${place.seq} of ${place.releaseId} was ${eventName === 'REMOVE' ? 'deleted' : 'overwritten'}`
