// Announces burning budgets: an event for each severity that begins or ends, and a page that names the release that may be the
// cause.
import { type Burning, severities } from '../../core/budget/budget.ts'
import { burnKey, burnPage } from '../../core/budget/page.ts'
import { budgetSource, burnEnded, burns } from '../../core/budget/news.ts'
import { whole } from '../../core/listing.ts'
import type { Service } from '../../core/service/service.ts'
import type { CountedSlo } from '../../core/service/slo.ts'
import type { BudgetMark } from '../../core/budget/stored.ts'
import { isPlanned } from '../../core/service/timetable.ts'
import { each } from '../steps/each.ts'
import { latestHeads } from '../steps/heads.ts'
import { liveHolder } from '../steps/lease.ts'
import type { World } from '../steps/world.ts'
import { hourMs } from '../../core/time.ts'

type Deps = Pick<World, 'outbox' | 'pager' | 'leases' | 'history' | 'journal' | 'trouble'>

type About = Parameters<typeof burns>[0]
type Part = { readonly service: Service; readonly slo: CountedSlo; readonly mark: BudgetMark }

export const announce = (
  deps: Pick<World, 'outbox'>,
  event: { readonly detailType: string; readonly detail: object },
): Promise<void> =>
  deps.outbox.announce({ source: budgetSource, detailType: event.detailType, detail: { ...event.detail } })

/** @returns the severities that still hold and have been announced */
export async function tellBurns(
  deps: Deps,
  { service, slo, mark }: Part,
  about: About,
  now: readonly Burning[],
): Promise<BudgetMark['told']> {
  const before = mark.told
  // If the timetable cannot be evaluated, nothing counts as planned: better one page too many.
  const { done } = await each(
    deps,
    [service.planned],
    () => ({ service: service.name }),
    (planned) => isPlanned(planned, about.atMs),
  )
  const told: BudgetMark['told'][number][] = []
  for (const severity of severities) {
    const worst = now.find(({ rule }) => rule.severity === severity)
    if (worst === undefined) {
      if (!before.includes(severity)) continue
      // An open slot may look different a minute later, so only a completed slot can end a burn.
      if (about.atMs > mark.readToMs) {
        await announce(deps, burnEnded(about, severity))
        await deps.pager.over(burnKey(service.name, slo.name, severity))
      } else told.push(severity)
      continue
    }
    if (before.includes(severity)) {
      told.push(severity)
      continue
    }
    // Do not announce a burn during planned time. If it goes on afterwards, it is announced then.
    const isAnnounced = done[0] !== true
    // What burns so fast that somebody gets up burns slowly too: that is one fact.
    const isToldFaster = severity === 'ticket' && now.some(({ rule }) => rule.severity === 'page')
    await tellOne(deps, { service, slo }, about, worst, { isAnnounced, isTold: !isToldFaster })
    if (isAnnounced) told.push(severity)
  }
  return told
}

async function tellOne(
  deps: Deps,
  { service, slo }: Pick<Part, 'service' | 'slo'>,
  about: About,
  worst: Burning,
  { isAnnounced, isTold }: { readonly isAnnounced: boolean; readonly isTold: boolean },
): Promise<void> {
  // The suspect is extra information. If it cannot be found out, the page must still go out.
  const { done, failed } = await each(
    deps,
    [worst.rule.hours],
    () => ({ service: service.name }),
    (hours) => suspect(deps, service.name, about.atMs - hours * hourMs),
  )
  const releaseId = done[0]
  if (isAnnounced) await announce(deps, burns(about, worst, releaseId))
  const suspected = failed.length > 0 ? 'unknown' : { releaseId }
  if (!isTold) return
  // In planned time it waits for the end of that.
  await deps.pager.page(burnPage(service, slo.name, worst, suspected), isAnnounced ? [] : service.planned)
}

// If there were more releases than this in three days, older ones are not considered.
const suspectsMost = 20

/**
 * The live release, or the latest one that ended since then; only releases that had traffic. A release that waits at a gate burns
 * nothing.
 */
async function suspect(deps: Deps, service: string, sinceMs: number): Promise<string | undefined> {
  const live = await liveHolder(deps, service)
  if (live !== undefined && live.release.shifts.length > 0) return live.release.id
  const heads = await latestHeads(deps, service, suspectsMost)
  const found = heads.items.find((head) => head.chargeable === true && (head.settledAtMs ?? 0) >= sinceMs)
  return found?.releaseId ?? whole({ ...heads, items: [] })[0]
}
