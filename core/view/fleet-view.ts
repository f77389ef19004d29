// Every service as a tile: what it runs and for how long, its live release, what is left of its error budgets, and what needs a
// person. Those that need a person come first, then those of which something is unknown.
import type { Outcome } from '../release/event.ts'
import { liveView, type LiveView } from './live-view.ts'
import { type Need, needsOf, urgencyOf } from './needs.ts'
import type { FleetNow, ServiceNow, Stop } from './service-now.ts'
import { withStop } from '../foreign-text.ts'
import { own } from '../own.ts'
import { byTurn, isInPart, lastPromoted, tookOver } from '../release/head.ts'
import { isObserved } from '../service/service.ts'
import { dayMs } from '../time.ts'

export const standings = ['person', 'unknown', 'moving', 'quiet'] as const
export type Standing = (typeof standings)[number]

/** A release that ended otherwise than it was meant to, in the last day. */
export type Failed = {
  readonly releaseId: string
  readonly outcome: Outcome
  /** Functions that went back alone, of one that was promoted without them. */
  readonly putBack?: readonly string[]
  readonly because: string
  readonly atMs: number
}

export type Tile = {
  readonly service: string
  readonly standing: Standing
  /** The most urgent first. */
  readonly needs: readonly Need[]
  /** What is not known, in sentences. */
  readonly unknown: readonly string[]
  readonly live?: LiveView
  /** How many releases wait behind it. */
  readonly waiting: number
  /** The version that has the traffic, and since when a release has given it to it. Of an observed one, as it was last seen. */
  readonly runs?: { readonly versions: string; readonly sinceMs?: number }
  /** The error budget of which the least is left, or the first one that is unknown. */
  readonly budget?: { readonly slo: string; readonly leftShare?: number }
  readonly failed?: Failed
  /** Others move it, and Tidegate only looks. */
  readonly isObserved?: true
}

export type FleetView = {
  readonly nowMs: number
  /** By urgency, then by name. */
  readonly tiles: readonly Tile[]
  readonly stopped?: Stop
  readonly outages: FleetNow['outages']
  readonly queue: readonly { readonly service: string; readonly releases: readonly string[] }[]
  readonly groups: FleetNow['groups']
  /** How many services have an alias that was not compared yet with where the last release left it. */
  readonly unchecked: number
  /** What of all services together is not known. */
  readonly unknown: readonly string[]
}

export function fleetView(now: FleetNow): FleetView {
  const { nowMs, services, outages, groups, unknown, stopped } = now
  return {
    nowMs,
    tiles: services.map((one) => tileOf(one, nowMs)).toSorted(byUrgency),
    outages,
    groups,
    queue: services.flatMap(({ name, waiting }) =>
      waiting.length === 0 ? [] : [{ service: name, releases: waiting.map(({ releaseId }) => releaseId) }],
    ),
    unknown,
    unchecked: services.filter(({ aliases }) => aliases.some((one) => one.unchecked === true)).length,
    ...(stopped === undefined ? {} : { stopped }),
  }
}

const byUrgency = (a: Tile, b: Tile): number =>
  standings.indexOf(a.standing) - standings.indexOf(b.standing) ||
  firstUrgency(a) - firstUrgency(b) ||
  (a.service < b.service ? -1 : 1)

const firstUrgency = ({ needs: [first] }: Tile): number => (first === undefined ? 0 : urgencyOf(first))

export function tileOf(now: ServiceNow, nowMs: number): Tile {
  const needs = needsOf(now, nowMs)
  const unknown = unknownOf(now)
  const { name: service, live, lost, waiting } = now
  const [budget, runs, failed] = [leastBudget(now), runsOf(now), failedOf(now, nowMs)]
  const isMoving = live !== undefined || waiting.length > 0
  return {
    service,
    standing: needs.length > 0 ? 'person' : unknown.length > 0 ? 'unknown' : isMoving ? 'moving' : 'quiet',
    needs,
    unknown,
    waiting: waiting.length,
    ...(live === undefined || lost !== undefined ? {} : { live: liveView(live, nowMs) }),
    ...(runs === undefined ? {} : { runs }),
    ...(budget === undefined ? {} : { budget }),
    ...(failed === undefined ? {} : { failed }),
    ...(now.service !== undefined && isObserved(now.service) ? { isObserved: true as const } : {}),
  }
}

function unknownOf({ unknown, budgets, aliases }: ServiceNow): readonly string[] {
  return [
    ...unknown,
    ...budgets
      .filter(({ leftShare }) => leftShare === undefined)
      .map(
        ({ slo, because }) =>
          `What is left of its error budget ${slo} is not known: ${withStop(because ?? 'it was not read')}`,
      ),
    ...aliases.flatMap(({ functionName, alias, unknown: because }) =>
      because === undefined
        ? []
        : [`Whether alias ${functionName}:${alias} has drifted is not known: ${withStop(because)}`],
    ),
  ]
}

function leastBudget({ budgets }: ServiceNow): Tile['budget'] {
  const [least] = budgets.toSorted((a, b) => (a.leftShare ?? -Infinity) - (b.leftShare ?? -Infinity))
  if (least === undefined) return undefined
  return { slo: least.slo, ...(least.leftShare === undefined ? {} : { leftShare: least.leftShare }) }
}

/** The versions that the aliases have now; during a release, those that it began with. */
function runsOf({ service, aliases, live, heads }: ServiceNow): Tile['runs'] {
  const running: readonly (readonly [string, string])[] =
    live === undefined
      ? aliases.flatMap(({ functionName, routing, left }) => {
          const version = routing?.version ?? left
          return version === undefined ? [] : [[functionName, version] as const]
        })
      : live.targets.map(({ functionName, stable }) => [functionName, stable] as const)
  if (running.length === 0) return undefined
  const versions = [...new Set(running.map(([, version]) => version))]
  const words = versions.length === 1 ? (versions[0] ?? '') : running.map((one) => one.join(' ')).join(', ')
  // What others move did not get there by a release of ours, although one may have had the same version.
  const isOthers = service !== undefined && isObserved(service)
  // The last promotion that gave it to all of them: an older one of the same version has been undone since.
  const last = lastPromoted(heads)
  const isOfLast =
    last !== undefined &&
    !isOthers &&
    running.every(([name, version]) => own(tookOver(last), name)?.candidate === version)
  return { versions: words, ...(isOfLast && last.settledAtMs !== undefined ? { sinceMs: last.settledAtMs } : {}) }
}

const unwanted: readonly Outcome[] = ['rolledBack', 'aborted', 'interrupted', 'rejected']

/** The last release that ended, unless all of it was promoted. */
function failedOf({ heads }: ServiceNow, nowMs: number): Failed | undefined {
  const last = byTurn(heads).find(({ outcome }) => outcome !== undefined && outcome !== 'superseded')
  if (last?.outcome === undefined || last.settledAtMs === undefined) return undefined
  const { releaseId, outcome, because = '', settledAtMs: atMs } = last
  const inPart = isInPart(last) ? { putBack: last.putBack } : undefined
  if ((inPart === undefined && !unwanted.includes(outcome)) || atMs < nowMs - dayMs) return undefined
  return { releaseId, outcome, because, atMs, ...inPart }
}
