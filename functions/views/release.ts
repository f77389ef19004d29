// Reads what the page of a release shows: its log, and beside it the definition of today, the service's history and what its
// error budgets allow. What cannot be read beside the log is said to be unknown; it never hides the release.
import { budgetAt } from '../../core/budget/budget.ts'
import { budgetLeft, isStale } from '../../core/budget/left.ts'
import { Problem } from '../../core/problem.ts'
import { replay } from '../../core/release/advance.ts'
import { isWayBack } from '../../core/release/head.ts'
import type { Release } from '../../core/release/release.ts'
import type { Service } from '../../core/service/service.ts'
import { isCounted, type Slo } from '../../core/service/slo.ts'
import type { Allowance } from '../../core/view/release/harm.ts'
import { otherPolicies } from '../../core/view/release/other-policy.ts'
import { type Asked, type Beside, releaseViewOf, type ReleaseView } from '../../core/view/release/release-view.ts'
import type { InCharge } from '../../core/view/release/steering.ts'
import { slotsOf } from '../budgets/left.ts'
import { sentenceOf } from '../steps/each.ts'
import { latestHeads } from '../steps/heads.ts'
import { liveHolder } from '../steps/lease.ts'
import type { World } from '../steps/world.ts'

export type ReleasePorts = Pick<World, 'clock' | 'journal' | 'leases' | 'history' | 'budgets'> & {
  readonly services: Pick<World['services'], 'get'>
  /** Without it, nobody is told how a watch after the promotion stands. */
  readonly watches?: Pick<World['watches'], 'list'>
}

/**
 * @returns `undefined` if there is no such release
 * @throws Problem `item_unreadable` if its log cannot be read
 */
export async function loadRelease(
  ports: ReleasePorts,
  releaseId: string,
  asked: Asked = {},
): Promise<ReleaseView | undefined> {
  const { events } = await ports.journal.read(releaseId)
  const release = replay(events)
  return release === undefined
    ? undefined
    : releaseViewOf(events, await besideOf(ports, release, events.at(-1)?.atMs ?? 0), asked)
}

/** What of a release the query of its page asks for: `?look=3&policy=stricter`. What has no meaning is ignored. */
export function askedOf(query: URLSearchParams): Asked {
  const look = Number(query.get('look') ?? '')
  const policy = otherPolicies.find((one) => one === query.get('policy'))
  return {
    ...(Number.isInteger(look) && look >= 1 ? { look } : {}),
    ...(policy === undefined ? {} : { policy }),
  }
}

/** @param latestMs of the log; the embedded cloud's time may be ahead of this machine's */
export async function besideOf(ports: ReleasePorts, release: Release, latestMs: number): Promise<Beside> {
  const nowMs = Math.max(ports.clock.nowMs(), latestMs)
  const [today, inCharge, allowances, watch] = await Promise.all([
    ports.services.get(release.service.name).catch(ignored),
    inChargeOf(ports, {
      id: release.id,
      service: release.service.name,
      isPromoted: release.ending?.outcome === 'promoted',
      isBack: isWayBack(release),
    }),
    Promise.all(release.service.slos.map((slo) => allowanceOf(ports, release.service, slo, nowMs))),
    watchOf(ports, release),
  ])
  return { nowMs, today, inCharge, allowances, watch }
}

const ignored = (): undefined => undefined

async function watchOf({ watches }: ReleasePorts, { id, service }: Release): Promise<Beside['watch']> {
  if (service.watch === undefined) return undefined
  const found = await watches?.list(service.name).catch(ignored)
  return found?.items.find(({ releaseId }) => releaseId === id)
}

const not = (because: string): InCharge => ({ kind: 'not', because })
const headsMost = 100

/** Whether an order to roll the service back would undo this release. */
export async function inChargeOf(
  ports: Pick<ReleasePorts, 'journal' | 'leases' | 'history' | 'services'>,
  { id, service, isPromoted, isBack }: { id: string; service: string; isPromoted: boolean; isBack: boolean },
): Promise<InCharge> {
  if (!isPromoted || isBack) return not('It was not promoted.')
  try {
    const live = await liveHolder(ports, service)
    if (live !== undefined && live.release.id !== id)
      return not(`Release ${live.release.id} of this service is live: put that one back first.`)
    const { items, unreadable } = await latestHeads(ports, service, headsMost)
    if (unreadable.length > 0)
      return not('Not every later release can be read, so nobody knows whether it is still in charge.')
    const last = items.find((head) => head.outcome === 'promoted')
    if (last === undefined || last.releaseId === id)
      return { kind: (await isRemoved(ports, service)) ? 'removed' : 'inCharge' }
    return last.backFrom === id
      ? not(`It was put back: release ${last.releaseId} has gone back from it.`)
      : not(`Release ${last.releaseId} was promoted since: put that one back.`)
  } catch (error) {
    return not(`Whether it is still in charge is not known: ${sentenceOf(error)}`)
  }
}

const isRemoved = ({ services }: Pick<ReleasePorts, 'services'>, service: string): Promise<boolean> =>
  services.get(service).then(
    () => false,
    (error: unknown) => error instanceof Problem && error.code === 'service_missing',
  )

async function allowanceOf(
  ports: ReleasePorts,
  { name, policy }: Service,
  slo: Slo,
  nowMs: number,
): Promise<Allowance> {
  const unknown = (because: string): Allowance => ({ slo: slo.name, because })
  if (!isCounted(slo)) return unknown('Application Signals counts it')
  if (slo.slices !== undefined) return unknown('it is counted in slices of time')
  if (slo.sli.kind !== 'availability') return unknown('it is about durations, not about failures')
  try {
    const mark = await ports.budgets.mark(name, slo.name)
    if (mark === undefined) return unknown('it has not been counted yet')
    if (isStale(nowMs - mark.readToMs, policy.budgetEverySeconds)) return unknown('it was last counted too long ago')
    const slots = await slotsOf(ports, name, slo, mark.readToMs)
    if (budgetLeft(slo, mark, slots).kind !== 'known') return unknown('its window had no requests')
    return { slo: slo.name, whole: budgetAt(slo, slots, mark.readToMs).whole }
  } catch (error) {
    return unknown(sentenceOf(error))
  }
}
