// What an observed shift learns from: what a release of our own would have. Shifts of the same alias that went through, were
// never given back and had no verdict against them; and releases from when the service was owned.
import type { AliasPlace } from '../../core/location.ts'
import { lookedAt, observed } from '../../core/observe/observation.ts'
import type { ObservedShift } from '../../core/observe/event.ts'
import type { Service } from '../../core/service/service.ts'
import { dayMs } from '../../core/time.ts'
import type { Looked } from '../../core/verdict/evidence/logged.ts'
import { concurrently } from '../steps/each.ts'
import { latestHeads } from '../steps/heads.ts'
import { headsMax, learns, orNothing, promotedReleases, releasesMax } from '../steps/past.ts'
import type { World } from '../steps/world.ts'

type Deps = Pick<World, 'clock' | 'observations' | 'journal' | 'history' | 'telemetry' | 'log'>

const daysBack = 90
const readAtOnce = 3

/** Newest first. */
export async function wentThrough(deps: Deps, service: Service, place: AliasPlace): Promise<readonly Looked[]> {
  if (!learns(service)) return []
  const nowMs = deps.clock.nowMs()
  // A row that cannot be read teaches nothing.
  const items = await orNothing(deps, 'earlier shifts', [], async () => {
    return (await deps.observations.shifts(service.name, nowMs - daysBack * dayMs, nowMs)).items
  })
  const good = items.filter(
    (row) => isGood(row) && row.functionName === place.functionName && row.alias === place.alias,
  )
  const latest = good.toReversed().slice(0, releasesMax)
  const found = await concurrently(latest, readAtOnce, ({ id }) =>
    orNothing(deps, id, undefined, async () => observed(await deps.observations.read(service.name, id))),
  )
  const heads = await orNothing(deps, 'earlier releases', [], async () => {
    return (await latestHeads(deps, service.name, headsMax)).items
  })
  const ownOnes = await promotedReleases(deps, service, heads)
  return [...found.flatMap((one) => (one === undefined ? [] : [lookedAt(one)])), ...ownOnes].slice(0, releasesMax)
}

const isGood = ({ end, undoneAtMs, wouldPutBack }: ObservedShift): boolean =>
  end?.how === 'through' && undoneAtMs === undefined && wouldPutBack === undefined
