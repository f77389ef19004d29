// A release: one move of a service from stable to candidate. It is the fold of its log (advance.ts) and nothing else;
// each phase carries exactly its own data.
import type { Candidate, Provenance } from '../service/candidate.ts'
import type { Charge } from './charge.ts'
import type { Move, Outcome } from './event.ts'
import type { Routing } from '../service/routing.ts'
import type { HookPoint, Service } from '../service/service.ts'
import type { Baseline, Readings, Shift, Verdict } from '../verdict/evidence/evidence.ts'

/** `toMs` moves on while events follow that end it. */
export type Exposure = { readonly fromMs: number; readonly toMs?: number }

/** One alias in the release, as far as the log knows it. */
export type ReleaseTarget = {
  readonly functionName: string
  readonly roleArn?: string | undefined
  readonly alias: string
  readonly stable: string
  readonly candidate: string
  /** RevisionId after our last confirmed write, and the routing that it stands for. */
  readonly revision: string
  readonly routing: Routing
  /** What an unconfirmed write of ours may have left behind. */
  readonly maybe?: Routing
  /** Somebody else moved it: hands off. */
  readonly lost: boolean
  readonly baseline: Baseline
  /** Its alias has provisioned concurrency. */
  readonly provisioned?: true | undefined
}

/** Denied by the gates before `point`, and waiting there. */
export type Held = {
  readonly point: number
  readonly because: string
  readonly gates: readonly string[]
  readonly sinceMs: number
  /** Since when by these gates. */
  readonly changedAtMs: number
  readonly askedAtMs: number
  /** When the answer changes by itself. */
  readonly againAtMs?: number
}

type ApprovalGiven = {
  readonly beforeBp: number
  readonly by: string
  readonly answer: 'approve' | 'decline'
}

type Paused = { readonly by: string; readonly reason: string; readonly atMs: number }

/** Where the hooks stand: the one to be called next, or whose answer is awaited. */
export type HookState = {
  readonly phase: 'hooks'
  readonly point: HookPoint
  /** Index of the step about to be taken, or taken last. */
  readonly step: number
  readonly index: number
  readonly attempt: number
  /** When this attempt was called; absent until it is. */
  readonly calledAtMs?: number
  /** It was reached, and said that it will answer later. */
  readonly deferred?: true
  /** Not before then: the attempt before this one came to nothing. */
  readonly callAtMs?: number
  /** When this hook's turn came. */
  readonly sinceMs: number
}

export type State =
  | { readonly phase: 'requested' }
  | { readonly phase: 'queued'; readonly behind: string }
  | { readonly phase: 'preparing'; readonly beginsAtMs?: number }
  | HookState
  /** About to change weights to those of `step`; `step` past the plan's end is the promotion. */
  | { readonly phase: 'shifting'; readonly step: number; readonly sinceMs: number; readonly move?: Move }
  | { readonly phase: 'baking'; readonly step: number; readonly sinceMs: number }
  | { readonly phase: 'returning'; readonly move?: Move }
  | { readonly phase: 'settling' }
  | { readonly phase: 'settled'; readonly atMs: number }

export type Release = {
  readonly id: string
  readonly key: string
  /** Sequence number of the last event; the next one is one more. */
  readonly seq: number
  readonly requestedAtMs: number
  readonly service: Service
  readonly candidate: Candidate
  readonly provenance: Provenance
  readonly reason?: string
  /** A security fix on the fast lane. */
  readonly urgent: boolean
  /** The plan is not the service's own. */
  readonly hasOwnPlan: boolean
  readonly state: State
  /** The gates before `point` were open at this time (clearance.ts). */
  readonly cleared?: { readonly point: number; readonly atMs: number }
  readonly held?: Held
  readonly approvals: readonly ApprovalGiven[]
  /** Since when approvals are missed, by the weight that they stand before. */
  readonly missedSinceMs: Readonly<Record<number, number>>
  readonly overridden?: { readonly by: string; readonly reason: string }
  readonly targets: readonly ReleaseTarget[]
  /** Alarms that fired before the release began, by name. */
  readonly excludedAlarms: readonly string[]
  readonly admittedAtMs?: number
  /** Every weight that was in force, oldest first. */
  readonly shifts: readonly Shift[]
  /** When the candidate may have had traffic; absent if it never could. */
  readonly exposure?: Exposure
  /** What the looks have read, oldest first. */
  readonly readings: readonly Readings[]
  /** Since when a signal has been unknown, by signal; those that are not are not among them. */
  readonly unknownSince: Readonly<Record<string, number>>
  readonly verdict?: Verdict
  /** When the evidence was last looked at, in whatever phase. */
  readonly lookedAtMs?: number
  readonly paused?: Paused
  /** How the release ends, as soon as that is decided, and why. */
  readonly ending?: { readonly outcome: Outcome; readonly because: string; readonly by: string; readonly code?: string }
  /** A person has been told of it. */
  readonly paged?: true
  /** What it burned of the error budgets; absent until that has been looked at. */
  readonly charges?: readonly Charge[]
  /** The executions that carried it, oldest first, and how many events the log had when the last one took over. */
  readonly executions: readonly string[]
  readonly carriedAtSeq: number
}

/** The release's share of traffic on the candidate at `step` of its plan; the promotion is all of it. */
export function weightAt(release: Release, step: number): number {
  return release.service.plan.steps[step]?.weightBp ?? 10_000
}

/** Whether anything of the candidate's has traffic, or may have. */
export function hasTraffic(release: Release): boolean {
  return release.targets.some(
    (target) =>
      target.routing.version !== target.stable || target.routing.additional !== undefined || target.maybe !== undefined,
  )
}

export function isSettled(release: Release): boolean {
  return release.state.phase === 'settled'
}

/** Whether the release waits for its service's lease. */
export function isWaiting({ state }: Release): boolean {
  return state.phase === 'requested' || state.phase === 'queued'
}

/** Whether the release may still be stopped or hurried. */
export function isLive(release: Release): boolean {
  return !['settling', 'settled'].includes(release.state.phase)
}

/** Whether the release is on its way back, or has just come back and tells its hooks. */
export function isReturning({ state }: Release): boolean {
  return state.phase === 'returning' || (state.phase === 'hooks' && state.point === 'afterRollback')
}
