// How often changes fail and how long that lasts: M3, M4 and M14. A release that is rolled back after its candidate had
// traffic is an incident of its own, unless somebody opened one for it.
import { changes, type Facts, isIn, opened, type ReleaseFacts } from './facts.ts'
import { leftOut, number, ofSpread, type Result, share, unknown } from './result.ts'

const hadTraffic = ({ firstTrafficMs }: ReleaseFacts): boolean => firstTrafficMs !== undefined

const isFailed = ({ outcome, undoneBy, incidents }: ReleaseFacts): boolean =>
  outcome === 'rolledBack' || undoneBy !== undefined || incidents.length > 0

/**
 * M3: of the changes that had traffic and were promoted or rolled back, the share that failed: rolled back by whomever,
 * promoted and undone by a way back, or with an incident linked to it. What a person aborted, a newer release replaced or
 * somebody else interrupted is neither.
 */
export function failureRate(facts: Facts): Result {
  const all = changes(facts).filter(
    (one) => hadTraffic(one) && (one.outcome === 'promoted' || one.outcome === 'rolledBack'),
  )
  return share(all.filter(isFailed).length, all.length, 'no change had traffic and was promoted or rolled back')
}

/**
 * M4: seconds, the median of all incidents of the period: from opened to resolved; of changes that were rolled back after
 * traffic, and have no incident, from the candidate's first traffic until it was back; of promoted ones that were undone, and
 * have none, from when the way back was asked for until it had all traffic. What is still open is left out.
 */
export function timeToRestore(facts: Facts): Result {
  const external = opened(facts).map(({ incident }) => [incident.openedAtMs, incident.resolvedAtMs] as const)
  const own = changes(facts)
    .filter(({ incidents, outcome }) => incidents.length === 0 && outcome === 'rolledBack')
    .filter(hadTraffic)
    .map(({ firstTrafficMs, restoredMs }) => [firstTrafficMs, restoredMs] as const)
  const undone = facts.releases
    .filter(({ incidents }) => incidents.length === 0)
    .flatMap(({ undoneBy }) => (undoneBy === undefined ? [] : [undoneBy]))
    .filter(({ settledMs }) => settledMs !== undefined && isIn(facts.period, settledMs))
    .map(({ release, promotedMs }) => [release.requestedAtMs, promotedMs] as const)
  const all = [...external, ...own, ...undone]
  const seconds = all.flatMap(([from, to]) => (from === undefined || to === undefined ? [] : [(to - from) / 1000]))
  const open = all.length - seconds.length
  return {
    ...ofSpread(seconds, 'p50', open === 0 ? 'there was no incident and no roll back' : 'nothing is resolved yet'),
    ...leftOut(open, 'not resolved yet'),
  }
}

/**
 * M14: incidents that were opened in the period while a change had traffic, or within 24 hours after it settled. Where no
 * service has `incidents.keys` and nobody ever told of an incident, none is not known.
 */
export function incidentsAfterReleases(facts: Facts): Result {
  const all = opened(facts)
  const isTold =
    facts.incidents.length > 0 || facts.releases.some(({ release }) => release.service.incidents.keys.length > 0)
  const linked = all.filter(({ release }) => release !== undefined).length
  return { value: isTold ? number(linked) : unknown('nobody tells of incidents (incidents.keys)'), n: all.length }
}
