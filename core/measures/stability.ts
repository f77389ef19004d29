// How often changes fail and how long that lasts: M3, M4 and M14. A release that is rolled back after its candidate had traffic
// counts as an incident, unless somebody opened one for it.
import { changes, type Facts, isIn, opened, type ReleaseFacts } from './facts.ts'
import { putBackAlone } from '../release/release.ts'
import { dayMs } from '../time.ts'
import { leftOut, number, ofSpread, type Result, share, unknown } from './result.ts'

const hadTraffic = ({ firstTrafficMs }: ReleaseFacts): boolean => firstTrafficMs !== undefined

/** The watch after its promotion has found a fault (docs/watch.md). */
const hasLateFault = ({ release }: ReleaseFacts): boolean => release.watched?.how === 'fault'

/** It was frozen past its one-way step, and a forward fix took its place: nothing else does that to such a release. */
const isFixedForward = ({ outcome, release }: ReleaseFacts): boolean =>
  outcome === 'superseded' && release.oneWay !== undefined

const isFailed = (one: ReleaseFacts): boolean =>
  one.outcome === 'rolledBack' ||
  one.undoneBy !== undefined ||
  // A part of it went back.
  putBackAlone(one.release).length > 0 ||
  one.incidents.length > 0 ||
  hasLateFault(one) ||
  isFixedForward(one)

/**
 * M3: of the changes that had traffic and were promoted, rolled back or fixed forward, the share that failed. Failed means rolled
 * back by anyone, fixed forward, promoted and later undone, or linked to an incident. Any other release that a person aborted, a
 * newer one superseded or an outside change interrupted is not counted at all.
 */
export function failureRate(facts: Facts): Result {
  const all = changes(facts).filter(
    (one) => hadTraffic(one) && (one.outcome === 'promoted' || one.outcome === 'rolledBack' || isFixedForward(one)),
  )
  return share(all.filter(isFailed).length, all.length, 'no change had traffic and was promoted or rolled back')
}

/**
 * M4: the median, in seconds, over these times in the period:
 * - incidents: from opened to resolved;
 * - changes rolled back after traffic, without an incident: from the candidate's first traffic until the traffic was back;
 * - changes promoted without a function, without an incident: from first traffic until that function was back;
 * - promoted changes that were undone, without an incident: from the request to undo until that release had all traffic.
 * What is still open is left out.
 */
export function timeToRestore(facts: Facts): Result {
  const external = opened(facts).map(({ incident }) => [incident.openedAtMs, incident.resolvedAtMs] as const)
  const own = changes(facts)
    .filter(({ incidents, outcome }) => incidents.length === 0 && outcome === 'rolledBack')
    .filter(hadTraffic)
    .map(({ firstTrafficMs, restoredMs }) => [firstTrafficMs, restoredMs] as const)
  const inPart = changes(facts)
    .filter(
      ({ incidents, outcome, partBackMs }) =>
        incidents.length === 0 && outcome === 'promoted' && partBackMs !== undefined,
    )
    .map(({ firstTrafficMs, partBackMs }) => [firstTrafficMs, partBackMs] as const)
  const undone = facts.releases
    .filter(({ incidents }) => incidents.length === 0)
    .flatMap(({ undoneBy }) => (undoneBy === undefined ? [] : [undoneBy]))
    .filter(({ settledMs }) => settledMs !== undefined && isIn(facts.period, settledMs))
    .map(({ release, promotedMs }) => [release.requestedAtMs, promotedMs] as const)
  const all = [...external, ...own, ...inPart, ...undone]
  const seconds = all.flatMap(([from, to]) => (from === undefined || to === undefined ? [] : [(to - from) / 1000]))
  const open = all.length - seconds.length
  return {
    ...ofSpread(seconds, 'p50', open === 0 ? 'there was no incident and no roll back' : 'nothing is resolved yet'),
    ...leftOut(open, 'not resolved yet'),
  }
}

/**
 * M14: incidents opened in the period while a change had traffic, or within 24 hours after it settled. A fault that the watch
 * finds in these 24 hours is one, unless somebody opened one for that change. If no service has `incidents.keys` or a watch, and
 * nobody ever reported an incident, the value is unknown, not zero.
 */
export function incidentsAfterReleases(facts: Facts): Result {
  const all = opened(facts)
  const isTold =
    facts.incidents.length > 0 ||
    facts.releases.some(({ release: { service } }) => service.incidents.keys.length > 0 || service.watch !== undefined)
  const linked = all.filter(({ release }) => release !== undefined).length
  const late = facts.releases.filter((one) => one.incidents.length === 0 && isLateIn(facts, one)).length
  return {
    value: isTold ? number(linked + late) : unknown('nobody tells of incidents (incidents.keys)'),
    n: all.length + late,
  }
}

/** A fault that the watch found in the period, within 24 hours after the release settled. */
const isLateIn = ({ period }: Facts, one: ReleaseFacts): boolean => {
  const { atMs = 0 } = one.release.watched ?? {}
  return hasLateFault(one) && isIn(period, atMs) && atMs <= (one.settledMs ?? 0) + dayMs
}
