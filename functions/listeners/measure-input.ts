// Reads the input of the measures from the store: releases that settled in the period, the ones around it that an incident may be
// attributed to, what was attested about their candidates, incidents, and the SLO ledger.
import { replay } from '../../core/release/advance.ts'
import { hourAt } from '../../core/budget/budget.ts'
import { whole } from '../../core/listing.ts'
import { burnReachMs } from '../../core/measures/burn.ts'
import { joined, type MeasureInput, type Period, type Recorded } from '../../core/measures/facts.ts'
import { isCounted } from '../../core/service/slo.ts'
import type { Service } from '../../core/service/service.ts'
import { attestedOf } from '../gate/attested.ts'
import { idsOf } from '../steps/log.ts'
import type { World } from '../steps/world.ts'
import { dayMs } from '../../core/time.ts'

type Deps = Pick<World, 'journal' | 'history' | 'openReleases' | 'attestations' | 'clock' | 'incidents' | 'budgets'>

/** A release that took longer than this is not found. */
const longestMs = 60 * dayMs
/** How many logs are read at once. */
const together = 20

/** @throws Problem `item_unreadable`: a report without the unreadable item would be wrong */
export async function readMeasureInput(
  deps: Deps,
  services: readonly Service[],
  period: Period,
): Promise<MeasureInput> {
  const parts: Omit<MeasureInput, 'period'>[] = []
  for (const service of services) parts.push(await ofOne(deps, service, period))
  return joined(parts, period)
}

async function ofOne(deps: Deps, service: Service, { fromMs, toMs }: Period): Promise<Omit<MeasureInput, 'period'>> {
  const { name, slos } = service
  const heads = whole(await deps.history.between(name, fromMs - longestMs, toMs))
  const settled = heads.filter(({ settledAtMs = 0 }) => settledAtMs >= fromMs - dayMs)
  const open = idsOf(await deps.openReleases.list(name))
  const ids = [...new Set([...settled.map(({ releaseId }) => releaseId), ...open])]
  const releases: Recorded[] = []
  for (let first = 0; first < ids.length; first += together) {
    const some = await Promise.all(ids.slice(first, first + together).map((id) => recorded(deps, service, id)))
    releases.push(...some.flat())
  }
  const ledgers = slos.filter(isCounted).map(async (slo) => ({
    service: name,
    slo,
    slots: whole(await deps.budgets.read(name, slo.name, hourAt(fromMs) - burnReachMs, toMs)),
  }))
  // An incident opened within a day after the period may be attributed to a release in it.
  const incidents = whole(await deps.incidents.list(name, fromMs, toMs + dayMs))
  return { releases, incidents, ledgers: await Promise.all(ledgers) }
}

async function recorded(deps: Deps, service: Service, releaseId: string): Promise<readonly Recorded[]> {
  const { events } = await deps.journal.read(releaseId)
  const release = replay(events)
  return release === undefined ? [] : [{ events, attested: await attestedOf(deps, release, service) }]
}
