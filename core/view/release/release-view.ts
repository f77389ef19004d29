// Everything that the page of one release shows, from its log and a few facts beside it.
import { lookThere } from '../../around/changes.ts'
import { differsSentences } from '../../around/configuration.ts'
import { nameWords, oneLine } from '../../foreign-text.ts'
import { isInWaves, waveNamed } from '../../definition/waves.ts'
import { ownerWords } from '../../owner.ts'
import type { ReleaseEvent } from '../../release/event.ts'
import { isLive, putBackAlone, type Release, toldShareBp } from '../../release/release.ts'
import { candidateWords } from '../../service/candidate.ts'
import { wholeBp } from '../../service/routing.ts'
import type { Service } from '../../service/service.ts'
import type { Watch } from '../../watch/watch.ts'
import { watchEndWords, watchNowWords } from '../../watch/words.ts'
import { type Allowance, type Harm, harmOf } from './harm.ts'
import { type Link, linksOf } from './links.ts'
import { clockWords, movedTargets, moveWords, withoutWords } from './moment.ts'
import { type Now, nowOf } from './now.ts'
import { type Compared, comparedWith, type OtherPolicy } from './other-policy.ts'
import { requestsOf, type Served, servedOf } from './requests.ts'
import { sharesWords } from './shares.ts'
import { type Look, type SignalTile, tilesOf } from './signal-tiles.ts'
import { type Back, backOf, type GatesView, gatesOf, type InCharge, type Order, ordersOf } from './steering.ts'
import { timelineOf, type TimelineRow, unfolded } from './timeline.ts'

/** What is not in the log. */
export type Beside = {
  readonly nowMs: number
  /** The definition as it is today; the log's, where that cannot be read. */
  readonly today: Service | undefined
  /** Of a promoted release: whether it is still what the service runs. */
  readonly inCharge: InCharge
  readonly allowances: readonly Allowance[]
  /** After its promotion, until that ends. */
  readonly watch?: Watch | undefined
}

/** What of it is asked for. */
export type Asked = {
  /** Number of the look whose evidence is shown, from 1; without it, the last. */
  readonly look?: number
  readonly policy?: OtherPolicy
}

type PlannedStep = {
  /** In a release in waves: the name of the one that the step is of. */
  readonly wave?: string
  readonly weightBp: number
  readonly bakeSeconds: number
  /**
   * `left`: the release ended in it. `next`: it is decided, or waits for a gate or a hook, and the candidate does not have it
   * yet.
   */
  readonly state: 'done' | 'left' | 'now' | 'next' | 'ahead'
}

export type ReleaseView = {
  readonly id: string
  readonly nowMs: number
  readonly service: string
  /** `checkout 12 → 13`, or the artifact while there is no version yet. */
  readonly title: string
  readonly now: Now
  readonly isLive: boolean
  readonly isSettled: boolean
  /** Facts about it, by name. */
  readonly facts: readonly { readonly name: string; readonly words: string }[]
  readonly plan: readonly PlannedStep[]
  readonly setBp: number
  /** What each alias gives the candidate; absent where all give the same. */
  readonly shares?: string
  /** Where its one-way step stands, and whether it is behind it. */
  readonly oneWay?: { readonly beforeBp: number; readonly isPassed: boolean; readonly reason: string }
  readonly served: Served
  readonly harm: Harm
  readonly looks: { readonly count: number; readonly shown: number; readonly sentence: string }
  readonly tiles: readonly SignalTile[]
  readonly compared?: Compared
  readonly gates: GatesView
  readonly back: Back
  /** The section of the runbook that is about where it stands. */
  readonly runbook?: string
  readonly orders: readonly Order[]
  readonly links: readonly Link[]
  readonly timeline: readonly TimelineRow[]
}

/** @returns `undefined` if the log does not begin with a request */
export function releaseViewOf(
  events: readonly ReleaseEvent[],
  { nowMs, today, inCharge, allowances, watch }: Beside,
  { look, policy }: Asked = {},
): ReleaseView | undefined {
  const steps = unfolded(events)
  const release = steps.at(-1)?.after
  if (release === undefined || events[0]?.type !== 'requested') return undefined
  const looks = looksOf(events)
  const shown = Math.min(looks.length, Math.max(1, Math.round(look ?? looks.length)))
  const requests = requestsOf(release)
  const shares = sharesWords(release)
  return {
    id: release.id,
    nowMs,
    service: release.service.name,
    title: titleOf(release),
    now: nowOf(release, nowMs),
    isLive: isLive(release),
    isSettled: release.state.phase === 'settled',
    facts: [...factsOf(release, nowMs), ...watchFact(release, watch, nowMs)],
    plan: planOf(release),
    setBp: toldShareBp(release),
    ...(shares === undefined ? {} : { shares }),
    ...oneWayOf(release),
    served: servedOf(requests, release),
    harm: harmOf(release, requests, allowances, nowMs),
    looks: {
      count: looks.length,
      shown: Math.min(shown, looks.length),
      sentence: lookWords(release, looks, shown, nowMs),
    },
    tiles: tilesOf(release, looks.slice(0, shown)),
    ...(policy === undefined ? {} : { compared: comparedWith(release, looks, policy) }),
    gates: gatesOf(release, today ?? release.service, nowMs),
    back: backOf(release, inCharge),
    ...runbookOf(events, release),
    orders: ordersOf(release),
    links: linksOf(release, nowMs),
    timeline: timelineOf(steps),
  }
}

export const looksOf = (events: readonly ReleaseEvent[]): readonly Look[] =>
  events.flatMap((event) => (event.type === 'judged' ? [{ atMs: event.atMs, verdict: event.verdict }] : []))

/** Of a release that goes on or was promoted without a function, which one: only the others were moved for good. */
function titleOf(release: Release): string {
  const { targets, service, candidate, ending } = release
  if (targets.length === 0) return `${service.name}: ${oneLine(candidateWords(candidate), 120)}`
  const isBack = ending !== undefined && ending.outcome !== 'promoted'
  const alone = isBack ? '' : withoutWords(putBackAlone(release))
  return `${moveWords(movedTargets(release), 'stable', 'candidate')}${alone}`
}

const sections = ['rolledBack', 'interrupted', 'aborted', 'rejected'] as const

/** Sections are named by the kind of page that a person gets. */
function runbookOf(events: readonly ReleaseEvent[], { state, ending }: Release): Pick<ReleaseView, 'runbook'> {
  if (state.phase === 'returning' && events.some(({ type }) => type === 'returnFailed')) return { runbook: 'notBack' }
  const runbook = sections.find((one) => one === ending?.outcome)
  return runbook === undefined ? {} : { runbook }
}

/** @param shown the number of the look, from 1 */
export function lookWords({ shifts, state }: Release, looks: readonly Look[], shown: number, nowMs: number): string {
  const look = looks[shown - 1]
  if (look === undefined)
    return state.phase === 'settled'
      ? 'It ended before anybody looked at the evidence.'
      : 'Nobody has looked at the evidence yet.'
  const weightBp = shifts.findLast(({ sinceMs }) => sinceMs <= look.atMs)?.weightBp ?? 0
  return `Look ${shown} of ${looks.length}, at ${clockWords(look.atMs, nowMs)}, with ${weightBp / 100} % of the traffic: ${look.verdict.kind}.`
}

export function factsOf(release: Release, nowMs: number): ReleaseView['facts'] {
  const { provenance, candidate, requestedAtMs, service, urgent, hasOwnPlan, reason } = release
  const { commit, author, requestedBy, source, build } = provenance
  const fact = (name: string, words: string | undefined): ReleaseView['facts'] =>
    words === undefined ? [] : [{ name, words: oneLine(words, 300) }]
  return [
    ...fact('service', service.name),
    ...fact('owner', service.owner === undefined ? undefined : ownerWords(service.owner)),
    ...fact('candidate', candidateWords(candidate)),
    ...fact('commit', commit),
    ...fact('build', build),
    ...fact('author', author === undefined ? undefined : nameWords(author)),
    ...fact('asked for by', requestedBy === undefined ? `an event of ${source}` : nameWords(requestedBy)),
    ...fact('asked for at', clockWords(requestedAtMs, nowMs)),
    ...fact('reason', reason),
    ...fact('put back alone', putBackAlone(release).join(', ') || undefined),
    ...fact('lane', urgent ? 'urgent: a security fix' : undefined),
    ...fact('plan', hasOwnPlan ? 'it came with the request' : undefined),
    ...lookThere(release.around).map((words) => ({ name: 'changed', words: oneLine(words, 500) })),
    ...differsSentences(release.targets).map((words) => ({ name: 'differs', words: oneLine(words, 700) })),
  ]
}

/** How the watch after its promotion stands, or how it ended. */
function watchFact({ watched }: Release, watch: Watch | undefined, nowMs: number): ReleaseView['facts'] {
  const words =
    watched !== undefined ? watchEndWords(watched) : watch === undefined ? undefined : watchNowWords(watch, nowMs)
  return words === undefined ? [] : [{ name: 'watch', words: oneLine(words, 300) }]
}

/** The steps of the plan and the promotion, and where the release stands. */
function planOf(release: Release): readonly PlannedStep[] {
  const { service, state, ending, shifts } = release
  const steps = [...service.plan.steps, { weightBp: wholeBp, bakeSeconds: 0 }]
  const isPromoted = ending?.outcome === 'promoted'
  // A hook after a rollback has a step of its own, so what an ended release reached is counted by its shifts.
  const reached = ending === undefined && 'step' in state ? state.step : shifts.length - (ending === undefined ? 0 : 1)
  const stateOf = (index: number, weightBp: number): PlannedStep['state'] => {
    if (isPromoted || index < reached) return 'done'
    if (index > reached) return 'ahead'
    if (ending !== undefined) return 'left'
    if (state.phase === 'baking') return 'now'
    if (state.phase !== 'shifting' && state.phase !== 'hooks') return 'ahead'
    // A new wave begins with less than the one before has.
    return toldShareBp(release) < weightBp || isInWaves(service.plan) ? 'next' : 'now'
  }
  return steps.map(({ weightBp, bakeSeconds }, index) => ({
    ...{ ...waveNamed(service, index), weightBp, bakeSeconds },
    state: stateOf(index, weightBp),
  }))
}

/** A forward fix has taken the step over with the share that it begins with. */
function oneWayOf({ oneWay, service, fixes }: Release): Pick<ReleaseView, 'oneWay'> {
  const planned = fixes === undefined ? service.plan.oneWay : undefined
  const beforeBp = planned?.beforeBp ?? oneWay?.weightBp
  const reason = oneLine(planned?.reason ?? oneWay?.reason ?? '', 300)
  return beforeBp === undefined ? {} : { oneWay: { beforeBp, isPassed: oneWay !== undefined, reason } }
}
