// A release: one move of a service from stable to candidate. It is the fold of its log (advance.ts) and nothing else; each phase
// carries exactly its own data.
import type { Around } from '../around/changes.ts'
import type { Differences } from '../around/configuration.ts'
import type { Candidate, Provenance } from '../service/candidate.ts'
import type { Charge, LateCharge } from './charge.ts'
import type { Guarded } from '../definition/approval.ts'
import type { WatchEnd } from '../definition/watch-end.ts'
import type { Move, Outcome, ReleaseEvent } from './event.ts'
import { type Routing, shareBp, wholeBp } from '../service/routing.ts'
import type { HookPoint, Service } from '../service/service.ts'
import { weightInWaves } from '../definition/waves.ts'
import type { Baseline, Readings, Shift, Verdict } from '../verdict/evidence/evidence.ts'

/** `toMs` moves forward with each event that may end the exposure. */
export type Exposure = { readonly fromMs: number; readonly toMs?: number }

/** The state of one alias of the release, as far as the log knows it. */
export type ReleaseTarget = {
  readonly functionName: string
  readonly roleArn?: string | undefined
  readonly alias: string
  readonly stable: string
  readonly candidate: string
  /** The RevisionId after our last confirmed write, and the routing at that revision. */
  readonly revision: string
  readonly routing: Routing
  /** The routing that an unconfirmed write of ours may have left behind. */
  readonly maybe?: Routing
  /** Somebody else moved it, so we do not touch it any more. */
  readonly lost: boolean
  readonly baseline: Baseline
  /** The alias has provisioned concurrency. */
  readonly provisioned?: true | undefined
  /** What stable had by Application Auto Scaling when the release was prepared; absent: it is not scaled. */
  readonly scaled?: number | undefined
  /** What the versions differ in besides their code. */
  readonly differs?: Differences | undefined
  /** In a release in waves: every weight that was in force on this alias, oldest first. */
  readonly shifts?: readonly Shift[]
  /** When it was decided that it goes back alone. It never gets traffic again in this release. */
  readonly backMs?: number
}

/** The gates denied the release at `point`, and it waits there. */
export type Held = {
  readonly point: number
  readonly because: string
  readonly gates: readonly string[]
  readonly sinceMs: number
  /** Since when exactly these gates have been closed. */
  readonly changedAtMs: number
  readonly askedAtMs: number
  /** When the answer may change by itself. */
  readonly againAtMs?: number
}

type Asked = {
  readonly functionName: string
  readonly version: string
  readonly environments: number
  readonly atMs: number
}

type ApprovalGiven = Guarded & {
  readonly by: string
  readonly answer: 'approve' | 'decline'
}

export type AlarmDoubt = Pick<Extract<ReleaseEvent, { type: 'alarmDoubted' }>, 'alarm' | 'state'>

type Paused = { readonly by: string; readonly reason: string; readonly atMs: number }

/** The one-way step that it has passed, or that the release has passed which it fixes. Nothing goes back any more. */
type OneWayPassed = {
  readonly reason: string
  readonly atMs: number
  /** The candidate's share then: it never gets less. */
  readonly weightBp: number
}

/** A fail that does not send the release back: it stays where it is until a person decides. It is paused, too. */
export type Frozen = {
  readonly by: string
  readonly because: string
  readonly atMs: number
  /** Why it does not go back: it cannot any more, or the failing signals say so (`onFail: hold`). */
  readonly kind: 'oneWay' | 'hold'
  /** A person has been paged, and the line stopped where it has to be. */
  readonly told?: true
  /** The forward fix that is prepared: it has the lease meanwhile, and nobody lets the frozen release go on. */
  readonly fix?: string
  /** The last forward fix that ended before it could take its place, and why. */
  readonly unfixed?: { readonly by: string; readonly because: string }
}

/** The hook that is next to be called, or whose answer is awaited. */
export type HookState = {
  readonly phase: 'hooks'
  readonly point: HookPoint
  /** Index of the step about to start, or of the last one taken. */
  readonly step: number
  readonly index: number
  readonly attempt: number
  /** When this attempt was called; absent before the call. */
  readonly calledAtMs?: number
  /** Of the nonce that an answer by a call has to bring along. */
  readonly nonceSha256?: string
  /** The hook was reached and said that it will answer later, or may have. */
  readonly deferred?: true
  /** How far it is, as it said last. */
  readonly progress?: { readonly atMs: number; readonly said: string }
  /** Do not call before this time, because the previous attempt failed. */
  readonly callAtMs?: number
  /** What the previous attempt came to, which did not know. */
  readonly unknown?: { readonly atMs: number; readonly because: string }
  /** When this hook became the current one. */
  readonly sinceMs: number
}

export type State =
  | { readonly phase: 'requested' }
  | { readonly phase: 'queued'; readonly behind: string }
  | { readonly phase: 'preparing'; readonly beginsAtMs?: number }
  | HookState
  /** About to set the weights of `step`. A `step` past the plan's end is the promotion; `ordered`: by a person, early. */
  | {
      readonly phase: 'shifting'
      readonly step: number
      readonly sinceMs: number
      readonly ordered?: true
      /** Some targets go back alone; then the step is baked again with the others. */
      readonly alone?: true
      readonly move?: Move
    }
  | { readonly phase: 'baking'; readonly step: number; readonly sinceMs: number }
  | { readonly phase: 'returning'; readonly move?: Move }
  | { readonly phase: 'settling' }
  | { readonly phase: 'settled'; readonly atMs: number }

export type Release = {
  readonly id: string
  readonly key: string
  /** Sequence number of the last event; the next event gets the number after it. */
  readonly seq: number
  readonly requestedAtMs: number
  readonly service: Service
  readonly candidate: Candidate
  readonly provenance: Provenance
  readonly reason?: string
  /** A security fix in the fast lane. */
  readonly urgent: boolean
  /** The plan came with the request; it is not the service's own. */
  readonly hasOwnPlan: boolean
  /** A rehearsal of the way back (core/drill/drill.ts). It is never promoted. */
  readonly drill?: true
  readonly state: State
  /** The step whose hooks have passed. If the step before it is baked again, they are not called once more. */
  readonly hooksPassed?: number
  /** When the evidence before `point` was first lost while a gate was closed (gating.ts). */
  readonly doubted?: { readonly point: number; readonly atMs: number }
  /** The first step of the wave that began with a pause last. */
  readonly wavePaused?: number
  /** When the gates before `point` were found open, since when, and in which words: not all are in older snapshots. */
  readonly cleared?: Readonly<{ point: number; atMs: number; sinceMs?: number; because?: string }>
  readonly held?: Held
  readonly approvals: readonly ApprovalGiven[]
  /** Since when each approval has been missing, by what it guards (core/definition/approval.ts). */
  readonly missedSinceMs: Readonly<Record<string, number>>
  readonly overridden?: { readonly by: string; readonly reason: string }
  readonly targets: readonly ReleaseTarget[]
  /** The provisioned environments that were asked for, oldest first; absent: none ever were. */
  readonly asked?: readonly Asked[]
  /** What it depends on besides its code, and what of that has changed. */
  readonly around?: Around | undefined
  /** Names of alarms that were already firing before the release began. */
  readonly excludedAlarms: readonly string[]
  readonly admittedAtMs?: number
  /** Every weight that was in force, oldest first. */
  readonly shifts: readonly Shift[]
  /** When the candidate may have had traffic; absent if it never could. */
  readonly exposure?: Exposure
  /** What the looks have read, oldest first. */
  readonly readings: readonly Readings[]
  /** Since when each signal has been unknown. Only signals that are unknown now are listed. */
  readonly unknownSince: Readonly<Record<string, number>>
  readonly verdict?: Verdict
  /** Time of the last look, in any phase. */
  readonly lookedAtMs?: number
  readonly paused?: Paused
  /** The frozen release whose place it takes. */
  readonly fixes?: string
  readonly oneWay?: OneWayPassed
  readonly frozen?: Frozen
  /** It is frozen, or was before a person let it go on. */
  readonly hasFrozen?: true
  /** How and why the release ends, as soon as that is decided. */
  readonly ending?: { readonly outcome: Outcome; readonly because: string; readonly by: string; readonly code?: string }
  /** What CloudWatch said of the alarm whose event put the release back, if not that it fires. */
  readonly alarmDoubt?: AlarmDoubt
  /** A person has been paged about it. */
  readonly paged?: true
  /** What it burned of the error budgets; absent until that has been worked out. */
  readonly charges?: readonly Charge[]
  /** How the watch after its promotion ended, and when. */
  readonly watched?: WatchEnd & { readonly atMs: number }
  /** What it failed after its promotion; absent until that is over and has been counted, and where nothing tells. */
  readonly late?: LateCharge & { readonly atMs: number }
  /** The executions that carried the release, oldest first, and the log's length when the last one took over. */
  readonly executions: readonly string[]
  readonly carriedAtSeq: number
}

/** The candidate's share of traffic at `step` of the plan; 100 % at the promotion. Past a one-way step it never gets less. */
export function weightAt({ service, oneWay }: Pick<Release, 'service' | 'oneWay'>, step: number): number {
  return Math.max(service.plan.steps[step]?.weightBp ?? wholeBp, oneWay?.weightBp ?? 0)
}

/** The same on one target: in a release in waves, those of other waves have another share. */
export const weightOn = (
  release: Pick<Release, 'service' | 'oneWay'>,
  { functionName, backMs }: Pick<ReleaseTarget, 'functionName' | 'backMs'>,
  step: number,
): number =>
  backMs === undefined ? (weightInWaves(release.service, functionName, step) ?? weightAt(release, step)) : 0

/** Those that have not been put back alone. */
export const goingOn = <T extends Pick<ReleaseTarget, 'backMs'>>(targets: readonly T[]): readonly T[] =>
  targets.filter(({ backMs }) => backMs === undefined)

/** The functions that were put back alone. */
export const putBackAlone = ({ targets }: Pick<Release, 'targets'>): readonly string[] =>
  targets.flatMap(({ functionName, backMs }) => (backMs === undefined ? [] : [functionName]))

/** Whether the candidate has traffic on any target, or may have. */
export function hasTraffic(release: Pick<Release, 'targets'>): boolean {
  return release.targets.some(
    ({ routing, candidate, maybe }) =>
      routing.version === candidate || routing.additional?.version === candidate || maybe !== undefined,
  )
}

/** Whether a way back has aliases to write. A drill at 0 % writes them too: that is what it rehearses. */
export const hasWayBack = (release: Release): boolean =>
  hasTraffic(release) || (release.drill === true && release.shifts.length > 0)

export function isSettled(release: Release): boolean {
  return release.state.phase === 'settled'
}

/** The candidate's share of traffic according to the log, in basis points; of several aliases, the largest. */
export const candidateShareBp = ({ targets }: Pick<Release, 'targets'>): number =>
  Math.max(0, ...targets.map(({ routing, candidate }) => shareBp(routing, candidate)))

/** The targets to which the last shift gave its weight: all of them, or those of the wave that goes on. */
export function inStep<T extends Pick<ReleaseTarget, 'shifts' | 'backMs'>>(
  targets: readonly T[],
  shifts: Release['shifts'],
): readonly T[] {
  const last = shifts.at(-1)
  return goingOn(targets).filter((target) => {
    const own = target.shifts?.at(-1)
    return target.shifts === undefined || (own?.sinceMs === last?.sinceMs && own?.weightBp === last?.weightBp)
  })
}

/** The share that people are told. In a release in waves: that of the wave that goes on, and 0 once all have gone back. */
export function toldShareBp({ targets, shifts }: Pick<Release, 'targets' | 'shifts'>): number {
  const [now, going] = [inStep(targets, shifts), goingOn(targets)]
  // The wave that went on was put back alone: what the others have is told.
  return candidateShareBp({ targets: now.length === 0 && going.length < targets.length ? going : now })
}

/** Whether the release waits for its service's lease. */
export function isWaiting({ state }: Release): boolean {
  return state.phase === 'requested' || state.phase === 'queued'
}

/** Whether the release can still be stopped or promoted early. */
export function isLive(release: Release): boolean {
  return !['settling', 'settled'].includes(release.state.phase)
}

/** Whether the release is rolling back, or is running its hooks after a rollback. */
export function isReturning({ state }: Release): boolean {
  return state.phase === 'returning' || (state.phase === 'hooks' && state.point === 'afterRollback')
}

/** Whether a one-way step lies behind it, so that nothing of it may go back, whatever happens. */
/** When a promoted release got all traffic. */
export const promotedAtMs = ({ shifts, requestedAtMs }: Pick<Release, 'shifts' | 'requestedAtMs'>): number =>
  shifts.at(-1)?.sinceMs ?? requestedAtMs

export const isPastOneWay = ({ oneWay }: Pick<Release, 'oneWay'>): boolean => oneWay !== undefined

/** Whether it waits, at its present weight, for a forward fix. */
export const awaitsFix = (release: Release): boolean => isLive(release) && release.frozen?.kind === 'oneWay'
