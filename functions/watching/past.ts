// Reads, once, what the weeks before a release say of its targets. The time of releases that went back is left out: their faults
// are no noise of the service.
import type { AliasPlace } from '../../core/location.ts'
import type { Head } from '../../core/release/head.ts'
import { dayMs } from '../../core/time.ts'
import { countsOf, watchQuestions } from '../../core/watch/counts.ts'
import { learnPast, pastDays, type Slot, slotMs } from '../../core/watch/past.ts'
import type { Watch } from '../../core/watch/watch.ts'
import { latestHeads } from '../steps/heads.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'telemetry' | 'history' | 'journal' | 'log'>

/** Of so many of the latest releases. */
const headsMax = 100

/** @param places of the targets, in their order @returns the same watch if it could not be read: the next look tries again */
export async function withPast(deps: Deps, watch: Watch, places: readonly AliasPlace[]): Promise<Watch> {
  const endMs = Math.floor(watch.requestedAtMs / slotMs) * slotMs
  const asked = { startMs: endMs - pastDays * dayMs, endMs, periodSeconds: slotMs / 1000 }
  const counts = countsOf(await deps.telemetry.read(watchQuestions(places), asked))
  if ('unread' in counts) {
    deps.log({ message: `What was usual is not known yet: ${counts.unread}`, releaseId: watch.releaseId })
    return watch
  }
  const { items } = await latestHeads(deps, watch.service, headsMax)
  const bad = badTimes(items)
  const isGood = ({ atMs }: Slot): boolean => !bad.some(([from, to]) => atMs + slotMs > from && atMs < to)
  return {
    ...watch,
    targets: watch.targets.map((target, place) => ({
      ...target,
      past: target.past ?? learnPast((counts[place] ?? []).filter(isGood)) ?? 'unknown',
    })),
  }
}

/** From the request to the end of releases that went back, and of those that were undone later. */
function badTimes(heads: readonly Head[]): readonly (readonly [fromMs: number, toMs: number])[] {
  const undone = new Map(heads.flatMap((head) => (head.backFrom === undefined ? [] : [[head.backFrom, head] as const])))
  return heads.flatMap((head) => {
    const end = head.outcome === 'promoted' && head.putBack === undefined ? undone.get(head.releaseId) : head
    const isBad = end !== undefined && head.outcome !== 'alreadyReleased' && head.outcome !== 'rejected'
    return isBad ? [[head.requestedAtMs, end.settledAtMs ?? Infinity] as const] : []
  })
}
