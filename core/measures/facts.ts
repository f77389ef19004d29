// The input of the measures, derived once for all of them: the moments of each release that count (from its log), its incidents,
// and what was attested about its candidate.
import { advance, begin } from '../release/advance.ts'
import type { Attested } from '../gate/counting.ts'
import type { Slot } from '../budget/budget.ts'
import type { Outcome, ReleaseEvent } from '../release/event.ts'
import { isWayBack, undoneBy as undoneByKey } from '../release/head.ts'
import type { Incident } from './incident.ts'
import type { Release } from '../release/release.ts'
import type { CountedSlo } from '../service/slo.ts'
import type { Verdict } from '../verdict/evidence/evidence.ts'
import { dayMs } from '../time.ts'

/** From `fromMs` up to, but excluding, `toMs`. */
export type Period = { readonly fromMs: number; readonly toMs: number }

/** A stored release: its whole log, and what was attested about its candidate. */
export type Recorded = { readonly events: readonly ReleaseEvent[]; readonly attested: Attested }

/** Good and bad counts of an SLO, from a full hour at least `burnReachMs` (burn.ts) before the period to the period's end. */
type Ledger = { readonly service: string; readonly slo: CountedSlo; readonly slots: readonly Slot[] }

/**
 * Covers one service or several. Includes releases that settled up to a day before the period, and live ones, because incidents
 * in the period may be attributed to them.
 */
export type MeasureInput = {
  readonly releases: readonly Recorded[]
  readonly incidents: readonly Incident[]
  readonly ledgers: readonly Ledger[]
  readonly period: Period
}

export type ReleaseFacts = {
  readonly release: Release
  readonly attested: Attested
  /** It undoes a promoted release, so it does not count as a change. */
  readonly isWayBack: boolean
  readonly settledMs?: number
  readonly outcome?: Outcome
  /** When the candidate first received traffic. */
  readonly firstTrafficMs?: number
  /** When the candidate received all traffic. */
  readonly promotedMs?: number
  /** When the rollback was decided, and when the traffic was back. */
  readonly decidedMs?: number
  readonly restoredMs?: number
  /** When it was decided that some functions go back alone, and when they were back. */
  readonly partDecidedMs?: number
  readonly partBackMs?: number
  /** Somebody ordered the promotion before the plan got there. */
  readonly isHurried: boolean
  /** All looks, oldest first, by the step that they were taken in. */
  readonly looks: readonly (readonly Verdict[])[]
  readonly incidents: readonly Incident[]
  /** The release that undid this one after its promotion. */
  readonly undoneBy?: ReleaseFacts
}

type Linked = { readonly incident: Incident; readonly release?: ReleaseFacts }

export type Facts = {
  readonly period: Period
  /** In the order in which they were requested; settled ones of any time, and live ones. */
  readonly releases: readonly ReleaseFacts[]
  /** Of any time, each with the release that it is attributed to. */
  readonly incidents: readonly Linked[]
  readonly ledgers: readonly Ledger[]
}

/** Merges the inputs of several services that were read for the same period. */
export const joined = (parts: readonly Omit<MeasureInput, 'period'>[], period: Period): MeasureInput => ({
  releases: parts.flatMap(({ releases }) => releases),
  incidents: parts.flatMap(({ incidents }) => incidents),
  ledgers: parts.flatMap(({ ledgers }) => ledgers),
  period,
})

/** The part of the input that belongs to one service. */
export const ofService = (service: string, { releases, incidents, ledgers, period }: MeasureInput): MeasureInput => ({
  releases: releases.filter(({ events: [first] }) => first?.type === 'requested' && first.service.name === service),
  incidents: incidents.filter((incident) => incident.service === service),
  ledgers: ledgers.filter((ledger) => ledger.service === service),
  period,
})

/** Folds each log once and attributes the incidents to releases. A drill delivers nothing, and spoils no measure (drills.ts). */
export function factsOf({ releases, incidents, ledgers, period }: MeasureInput): Facts {
  const bare = releases
    .flatMap((recorded) => bareFacts(recorded) ?? [])
    .filter(({ release }) => release.drill === undefined)
    .toSorted((a, b) => a.release.requestedAtMs - b.release.requestedAtMs || compare(a.release.id, b.release.id))
  const causes = new Map(incidents.map((incident) => [incident, causeOf(bare, incident)]))
  const linked = bare.map((one): ReleaseFacts => ({
    ...one,
    incidents: incidents.filter((incident) => causes.get(incident) === one),
  }))
  // Of several ways back from one release, the first that came to its end.
  const ways = new Map(
    linked
      .filter(({ isWayBack, promotedMs }) => isWayBack && promotedMs !== undefined)
      .toReversed()
      .map((one) => [undoneByKey(one.release.key), one]),
  )
  const complete = linked.map((one): ReleaseFacts => {
    const undoneBy = ways.get(one.release.id)
    return undoneBy === undefined ? one : { ...one, undoneBy }
  })
  return {
    period,
    releases: complete,
    incidents: incidents.map((incident) => {
      const release = complete.find((one) => one.incidents.includes(incident))
      return { incident, ...(release === undefined ? {} : { release }) }
    }),
    ledgers,
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

export const isIn = ({ fromMs, toMs }: Period, atMs: number): boolean => atMs >= fromMs && atMs < toMs

/** A release belongs to the period in which it settled. */
export const ended = ({ releases, period }: Facts): readonly ReleaseFacts[] =>
  releases.filter(({ settledMs }) => settledMs !== undefined && isIn(period, settledMs))

/** Incidents opened in the period. */
export const opened = ({ incidents, period }: Facts): readonly Linked[] =>
  incidents.filter(({ incident }) => isIn(period, incident.openedAtMs))

/** The ended releases that are changes, so without those that undo a promoted release. */
export const changes = (facts: Facts): readonly ReleaseFacts[] => ended(facts).filter(({ isWayBack }) => !isWayBack)

/**
 * The change that had traffic when the incident was opened, or that settled in the 24 hours before. With several, the one that
 * got traffic last.
 */
function causeOf(releases: readonly ReleaseFacts[], incident: Incident): ReleaseFacts | undefined {
  return releases
    .filter(
      ({ release, isWayBack, firstTrafficMs, settledMs }) =>
        release.service.name === incident.service &&
        !isWayBack &&
        firstTrafficMs !== undefined &&
        firstTrafficMs <= incident.openedAtMs &&
        (settledMs === undefined || settledMs >= incident.openedAtMs - dayMs),
    )
    .toSorted((a, b) => (a.firstTrafficMs ?? 0) - (b.firstTrafficMs ?? 0))
    .at(-1)
}

/** Folds the log and notes the moments on the way. */
export function bareFacts({ events, attested }: Recorded): ReleaseFacts | undefined {
  const [first, ...rest] = events
  if (first?.type !== 'requested') return undefined
  let release = begin(first)
  const at: Partial<Record<'firstTraffic' | 'promoted' | 'decided' | 'restored' | 'partDecided' | 'partBack', number>> =
    {}
  for (const event of rest) {
    release = advance(release, event)
    if (release.state.phase === 'returning') at.decided ??= event.atMs
    if (release.state.phase === 'shifting' && release.state.alone === true) at.partDecided ??= event.atMs
    if (event.type !== 'moved') continue
    if (event.purpose === 'rollBack') at.restored = event.atMs
    else if (event.purpose === 'putBack') at.partBack = event.atMs
    else at.firstTraffic ??= event.atMs
    if (event.purpose === 'promote') at.promoted = event.atMs
  }
  const { ending, state } = release
  return {
    release,
    attested,
    isWayBack: isWayBack(release),
    isHurried: events.some(({ type }) => type === 'promoteOrdered'),
    looks: looksIn(events),
    incidents: [],
    ...(state.phase === 'settled' ? { settledMs: state.atMs, outcome: ending?.outcome ?? 'aborted' } : {}),
    ...(at.firstTraffic === undefined ? {} : { firstTrafficMs: at.firstTraffic }),
    ...(at.promoted === undefined ? {} : { promotedMs: at.promoted }),
    ...(at.decided === undefined ? {} : { decidedMs: at.decided }),
    ...(at.restored === undefined ? {} : { restoredMs: at.restored }),
    ...(at.partDecided === undefined ? {} : { partDecidedMs: at.partDecided }),
    ...(at.partBack === undefined ? {} : { partBackMs: at.partBack }),
  }
}

/** A shift begins a step. */
function looksIn(events: readonly ReleaseEvent[]): readonly (readonly Verdict[])[] {
  const steps: Verdict[][] = [[]]
  for (const event of events) {
    if (event.type === 'moved') steps.push([])
    if (event.type === 'judged') steps.at(-1)?.push(event.verdict)
  }
  return steps.filter(({ length }) => length > 0)
}
