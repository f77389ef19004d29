// One service: how it stands now, what may be done, its history, and where its error budgets went.
import type { Spending } from '../budget/spending.ts'
import type { Outcome } from '../release/event.ts'
import { type Head, lastPromoted, movedVersions, oneWayBehind, tookOver } from '../release/head.ts'
import { noWayBackWords } from '../definition/one-way.ts'
import type { ReleaseEvent } from '../release/event.ts'
import { type Tile, tileOf } from './fleet-view.ts'
import type { ObservedView } from './observed-view.ts'
import { moveWords } from './live-view.ts'
import type { Action } from './needs.ts'
import { putBack } from './needs.ts'
import type { ServiceNow } from './service-now.ts'
import { isObserved } from '../service/service.ts'
import { removedWords } from './release/steering.ts'
import { quoted } from '../foreign-text.ts'
import { ownerWords } from '../owner.ts'
import { atLeast } from '../release/charge.ts'

/** One release in the history. */
export type HistoryRow = {
  readonly releaseId: string
  readonly requestedAtMs: number
  readonly settledAtMs?: number
  /** How it ended; absent while it is under way. */
  readonly outcome?: Outcome
  readonly phase: string
  /** `11 → 12`. */
  readonly versions: string
  /** Who asked for it; absent where an event did, or when its log cannot be read. */
  readonly by?: string
  readonly source: string
  /** What whoever asked for it said. */
  readonly reason?: string
  readonly commit?: string
  /** Functions that were put back alone. */
  readonly putBack?: readonly string[]
  /** A rehearsal of the way back. */
  readonly isDrill?: true
  /** How it ended, in words. */
  readonly because?: string
  /** The promoted release that it undid. */
  readonly undid?: string
  /** The release that undid it. */
  readonly undoneBy?: string
  /** Bad requests beyond what stable would have had, where they are more than chance explains. */
  readonly burned: readonly { readonly slo: string; readonly bad: number }[]
}

/** What is left of an error budget over its window, and who spent it. */
export type BudgetView = {
  readonly slo: string
  /** Such as `99.9 % of requests succeed in 28 days`. */
  readonly words: string
  readonly startMs: number
  readonly endMs: number
  readonly knownToMs: number
  /** What was left, oldest first. */
  readonly line: readonly { readonly atMs: number; readonly leftShare: number }[]
  readonly marks: readonly { readonly atMs: number; readonly releaseId: string; readonly isBad: boolean }[]
  readonly good: number
  readonly bad: number
  /** How many may be bad in the whole window. */
  readonly whole: number
  readonly rates: readonly { readonly hours: number; readonly rate?: number }[]
  readonly spending: Spending
}
export type BudgetShown = BudgetView | { readonly slo: string; readonly because: string }

export type ServiceView = {
  readonly nowMs: number
  readonly service: string
  readonly tile: Tile
  /** Absent where nothing can be put back, and then `noPutBack` says why. */
  readonly putBack?: Action
  readonly noPutBack?: string
  readonly isStopped: boolean
  /** Of a service that others move. */
  readonly observed?: ObservedView
  /** The watch after the last promotion, in a sentence. */
  readonly watch?: string
  /** Old versions that are kept warm, each in a sentence or two. */
  readonly warm: readonly string[]
  /** The functions whose versions may be released; empty without a definition. */
  readonly functions: readonly string[]
  readonly owner?: string
  readonly runbook?: string
  /** The definition in its normal form, as JSON. */
  readonly definition?: string
  readonly applied?: { readonly by: string; readonly atMs: number }
  readonly budgets: readonly BudgetShown[]
  readonly history: readonly HistoryRow[]
  /** What of the history cannot be read. */
  readonly unread: readonly string[]
  /** Where the history goes on. */
  readonly next?: string
  /** The history that is shown does not begin with the newest release. */
  readonly isLater?: true
}

type Asked = Extract<ReleaseEvent, { type: 'requested' }>

/** @param asked the first event of the log, if it could be read */
export function historyRow(head: Head, asked: Asked | undefined, heads: readonly Head[]): HistoryRow {
  const {
    releaseId,
    requestedAtMs,
    settledAtMs,
    outcome,
    phase,
    because,
    source,
    backFrom,
    versions,
    charges = [],
  } = head
  const undoneBy = heads.find((other) => other.backFrom === releaseId && other.outcome === 'promoted')?.releaseId
  const { requestedBy, author, commit } = asked?.provenance ?? {}
  const by = requestedBy ?? author
  return {
    releaseId,
    requestedAtMs,
    phase,
    source,
    versions: Object.keys(versions).length === 0 ? head.candidate : moveWords(movedVersions(head)),
    burned: charges.flatMap((one) =>
      one.kind === 'counted' && atLeast(one) > 0 ? [{ slo: one.slo, bad: one.bad }] : [],
    ),
    ...(settledAtMs === undefined ? {} : { settledAtMs }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(because === undefined ? {} : { because }),
    ...(head.putBack === undefined ? {} : { putBack: head.putBack }),
    ...(by === undefined ? {} : { by }),
    ...(commit === undefined ? {} : { commit }),
    ...(asked?.reason === undefined ? {} : { reason: quoted(asked.reason, undefined, 200) }),
    ...(backFrom === undefined ? {} : { undid: backFrom }),
    ...(undoneBy === undefined ? {} : { undoneBy }),
    ...(head.drill === undefined ? {} : { isDrill: true as const }),
  }
}

type Rest = Pick<
  ServiceView,
  'budgets' | 'history' | 'unread' | 'next' | 'isLater' | 'applied' | 'observed' | 'watch' | 'warm'
>

export function serviceView(now: ServiceNow, nowMs: number, rest: Rest): ServiceView {
  const { name, service, stopped } = now
  const owner = service?.owner === undefined ? undefined : ownerWords(service.owner)
  return {
    nowMs,
    service: name,
    tile: tileOf(now, nowMs),
    ...backOf(now),
    isStopped: stopped !== undefined,
    functions: service?.targets.map(({ functionName }) => functionName) ?? [],
    ...(owner === undefined ? {} : { owner }),
    ...(service?.runbook === undefined ? {} : { runbook: service.runbook }),
    ...(service === undefined ? {} : { definition: JSON.stringify(service, null, 2) }),
    ...rest,
  }
}

/** What "put back" does now: the live release, or else the last promoted one, unless it was a way back itself. */
function backOf({
  name,
  service,
  isRemoved,
  live,
  lost,
  heads,
}: ServiceNow): Pick<ServiceView, 'putBack' | 'noPutBack'> {
  const oneWay = live?.oneWay ?? (live === undefined ? oneWayBehind(heads)?.oneWay : undefined)
  if (oneWay !== undefined) return { noPutBack: noWayBackWords(oneWay.reason) }
  if (live !== undefined) return { putBack: putBack(live, name, 'customers are hurt') }
  if (service !== undefined && isObserved(service))
    return { noPutBack: 'Tidegate has no right to put anything back: use the tool that moves it.' }
  const order = { kind: 'order', route: 'roll-back', reason: 'customers are hurt', danger: true } as const
  if (lost !== undefined)
    return { putBack: { ...order, says: { releaseId: lost.releaseId }, label: `Put back: ${name}, without its log` } }
  if (isRemoved === true) return { noPutBack: removedWords }
  const last = lastPromoted(heads)
  if (last === undefined) return { noPutBack: 'No release of it has been promoted: there is nothing to go back to.' }
  if (last.backFrom !== undefined)
    return { noPutBack: `Release ${last.releaseId} has put it back already. To go elsewhere, release a version.` }
  const back = Object.fromEntries(
    Object.entries(tookOver(last)).map(([key, { stable, candidate }]) => [
      key,
      { stable: candidate, candidate: stable },
    ]),
  )
  return { putBack: { ...order, says: { releaseId: last.releaseId }, label: `Put back: ${name} ${moveWords(back)}` } }
}
