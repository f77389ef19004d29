// One look at a release after its promotion: whether its aliases are as it left them, what the minutes since say, and whether the
// watch is over. It moves no alias. How it ends is kept before anything is done about it (finish.ts).
import type { AliasPlace } from '../../core/location.ts'
import { insteadOf, Problem } from '../../core/problem.ts'
import type { WatchEnd } from '../../core/definition/watch-end.ts'
import { lastPromoted } from '../../core/release/head.ts'
import { routingWords } from '../../core/service/routing.ts'
import { isObserved } from '../../core/service/service.ts'
import { placedIn } from '../../core/service/target.ts'
import { hourMs } from '../../core/time.ts'
import { countsOf, watchQuestions } from '../../core/watch/counts.ts'
import {
  ended,
  isCharging,
  isHopeless,
  isOver as isWatchOver,
  isPastRead,
  look,
  type Read,
  skipped,
  type Watch,
  windowAt,
} from '../../core/watch/watch.ts'
import { faultWords } from '../../core/watch/words.ts'
import { concurrently } from '../steps/each.ts'
import { latestHeads } from '../steps/heads.ts'
import { isOver } from '../steps/lease.ts'
import type { World } from '../steps/world.ts'
import { finish, type Finishing } from './finish.ts'
import { chargeLate, type LateCharging } from './late.ts'
import { withPast } from './past.ts'

export type Watching = Finishing & LateCharging & Pick<World, 'aliases'>

/** For so long after its end, what could not be read is tried again. */
const patienceMs = 6 * hourMs
const readAtOnce = 3

/** @returns whether the watch has ended, or what was left of it is done */
export async function lookAt(deps: Watching, watch: Watch): Promise<boolean> {
  // An earlier look decided, and may have died before it was done.
  if (watch.ending !== undefined) return isCharging(watch) ? chargeLate(deps, watch) : finish(deps, watch)
  const nowMs = deps.clock.nowMs()
  // Whatever it was that could not be read: a watch ends by itself.
  if (nowMs > watch.untilMs + patienceMs) return end(deps, watch, 'time', 'the rest could not be read')
  const service = await deps.services.get(watch.service).catch(insteadOf('service_missing', undefined))
  if (service === undefined) return end(deps, watch, 'moved', 'the service has been removed')
  if (isObserved(service)) return end(deps, watch, 'moved', 'others move the service now, and it is only observed')
  const places = watch.targets.map((target): AliasPlace => placedIn(service, target))
  const moved = await movedBy(deps, watch, places)
  if (moved !== undefined) return leave(deps, watch, moved)
  const known = isPastRead(watch) ? watch : await withPast(deps, watch, places)
  if (isHopeless(known))
    return end(deps, known, 'unknown', 'the weeks before have fewer than 500 requests: nobody knows what is usual')
  const read = isPastRead(known) ? await minutesOf(deps, known, places, nowMs) : undefined
  if (read === undefined) return false
  const { kept, now, isFault } = look(known, read, nowMs)
  if (isFault) return end(deps, now, 'fault', faultWords(now, read))
  if (isWatchOver(now, nowMs)) return end(deps, now, 'time', 'the time that the definition says is over')
  if (kept !== watch) await deps.watches.put({ ...kept, rev: watch.rev + 1 })
  return false
}

/** @returns how an alias is, if it is not as the release left it */
async function movedBy(deps: Watching, watch: Watch, places: readonly AliasPlace[]): Promise<string | undefined> {
  const found = await concurrently(places, readAtOnce, async (place) => {
    const { candidate } = watch.targets.find(({ functionName }) => functionName === place.functionName) ?? {}
    const words = `${place.functionName}:${place.alias}`
    try {
      const { routing } = await deps.aliases.read(place)
      const isOurs = routing.version === candidate && routing.additional === undefined
      return isOurs ? undefined : `${words} has ${routingWords(routing)}`
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'alias_missing')) throw error
      return `${words} is gone`
    }
  })
  return found.find((words) => words !== undefined)
}

/** A newer release may give the traffic back: until it has ended, the watch waits. */
async function leave(deps: Watching, watch: Watch, moved: string): Promise<boolean> {
  const holder = await deps.leases.holder(watch.service)
  if (holder !== undefined && holder !== watch.releaseId && !(await isOver(deps, holder))) {
    const nowMs = deps.clock.nowMs()
    if (isWatchOver(watch, nowMs)) return end(deps, watch, 'time', `release ${holder} has a part of the traffic`)
    const kept = skipped(watch, nowMs)
    if (kept !== watch) await deps.watches.put({ ...kept, rev: watch.rev + 1 })
    return false
  }
  const last = lastPromoted((await latestHeads(deps, watch.service, 20)).items)
  if (last === undefined || last.releaseId === watch.releaseId)
    return end(deps, watch, 'moved', `somebody else has moved it: ${moved}`)
  return last.backFrom === watch.releaseId
    ? end(deps, watch, 'rolledBack', `release ${last.releaseId} went back from it`)
    : end(deps, watch, 'release', `release ${last.releaseId} came after it`)
}

async function minutesOf(
  deps: Watching,
  watch: Watch,
  places: readonly AliasPlace[],
  nowMs: number,
): Promise<Read | undefined> {
  const window = windowAt(watch, nowMs)
  if (window.endMs <= window.startMs) return places.map(() => [])
  const counts = countsOf(await deps.telemetry.read(watchQuestions(places), { ...window, periodSeconds: 60 }))
  if (!('unread' in counts)) return counts
  deps.log({ message: `The watch could not read: ${counts.unread}`, releaseId: watch.releaseId })
  return undefined
}

/** Of two that look at once, one ends it. */
async function end(deps: Watching, now: Watch, how: WatchEnd['how'], because: string): Promise<boolean> {
  const kept = ended(now, deps.clock.nowMs(), how, because)
  return (await deps.watches.put(kept)) && finish(deps, kept)
}
