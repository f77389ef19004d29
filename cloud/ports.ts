// What the controller asks of the world, in its own words. Implemented on the AWS SDK (cloud/aws) and in memory
// (cloud/memory); test/contract holds both to the same suites.
//
// Every port may throw Problem `permission_denied` (naming the missing action), `aws_throttled` or `aws_unavailable`. A listing
// leaves out what it cannot read and says so (core/listing.ts): each caller decides what that means for it.
import type { Attestation } from '../core/attestation.ts'
import type { Slot } from '../core/budget.ts'
import type { BudgetReport } from '../core/budget-report.ts'
import type { Artifact } from '../core/candidate.ts'
import type { ReleaseEvent } from '../core/event.ts'
import type { Head } from '../core/head.ts'
import type { Incident, IncidentNotice } from '../core/incident.ts'
import type { Listing } from '../core/listing.ts'
import type { KeptMessage } from '../core/lost-event.ts'
import type { Outage, Part } from '../core/outage.ts'
import type { Place } from '../core/place.ts'
import type { PolicyDecision, PolicyQuestion } from '../core/policy.ts'
import type { ReturnRecord } from '../core/return-record.ts'
import type { Routing } from '../core/routing.ts'
import type { Service, Target } from '../core/service.ts'
import type { BudgetMark } from '../core/stored-budget.ts'
import type { AlarmReading, Billing, Reading } from '../core/verdict/evidence.ts'
import type { Question } from '../core/verdict/questions.ts'

export type Clock = { nowMs(): number }

/** Somebody who waits for a release: the task token of a state machine task, and what it waits for. */
export type Waiter = {
  /** `turn`: this execution's bake, queue place or hook. `handover-N`: execution N waits for its successor's end. */
  readonly slot: string
  readonly token: string
}

/** The release log. One event is one item; the item's key is the lock. */
export type Journal = {
  /** Appends `event` at `event.seq`. False, and nothing written, when that place is taken. */
  append(releaseId: string, event: ReleaseEvent): Promise<boolean>
  /**
   * The log in order, from the event after `afterSeq` on, and everybody who waits, in one consistent read. With `atMost`, so
   * many items; who waits comes last. @throws Problem `item_unreadable`
   */
  read(releaseId: string, part?: { readonly afterSeq?: number; readonly atMost?: number }): Promise<LogPart>
  /** Replaces whoever waited in the same slot. */
  wait(releaseId: string, waiter: Waiter): Promise<void>
  /** Keeps a text beside the log, in place of the one before: what was made of it so far, for whoever reads it next. */
  keep(releaseId: string, snapshot: string): Promise<void>
  /** The text that was kept last, or one from a moment before. */
  kept(releaseId: string): Promise<string | undefined>
}

type LogPart = {
  readonly events: readonly ReleaseEvent[]
  readonly waiters: readonly Waiter[]
  /** False when there may be more than `atMost`. */
  readonly isWhole: boolean
}

export type Services = {
  /** So that it is found under its keys (core/service-key.ts), and no longer under those that it had before. */
  put(service: Service): Promise<void>
  /** Those that may be found under any of these keys, each once. */
  under(keys: readonly string[]): Promise<Listing<Service, { readonly service: string }>>
  /** Lets services that older code has put be found under their keys: once for all, or once more with `again`. */
  index(again: boolean): Promise<void>
  /** @throws Problem `service_missing`, `item_unreadable` */
  get(name: string): Promise<Service>
  list(): Promise<Listing<Service, { readonly service: string }>>
}

/**
 * Who may move a service's aliases now, and who has a place in a concurrency group. A lease has no expiry: it ends when its
 * release settles, and one that is held by a release that has settled is anybody's to drop. May throw `item_unreadable`.
 */
export type Leases = {
  /** The holder after the call: `releaseId` if the lease was free or its own already. */
  take(service: string, releaseId: string): Promise<string>
  /** Does nothing unless `releaseId` holds the lease. */
  drop(service: string, releaseId: string): Promise<void>
  holder(service: string): Promise<string | undefined>
  /** All that are held. */
  list(): Promise<Listing<Lease, Pick<Lease, 'name'>>>
}

/** `name` is a service, or a place in a concurrency group. */
export type Lease = { readonly name: string; readonly holder: string }

/** Turns of those who would all begin at the same moment: each begins when the one before it has had its time. */
export type Pace = {
  /** Takes `lengthMs` at the end of the queue. @returns when the turn begins: `fromMs`, or later */
  take(queue: string, fromMs: number, lengthMs: number): Promise<number>
}

type WaitingRelease = { readonly id: string; readonly requestedAtMs: number }

/** Who waits for a place in a concurrency group. */
export type WaitingLists = {
  add(group: string, release: WaitingRelease): Promise<void>
  remove(group: string, release: WaitingRelease): Promise<void>
  /** The oldest of them. */
  first(group: string, count: number): Promise<readonly WaitingRelease[]>
}

/** Who has stopped the line, and why. */
type Stopped = { readonly by: string; readonly reason: string; readonly sinceMs: number }

/** Stop-the-line: while it is stopped, for one service or for all, nothing begins and nothing goes on. */
export type Line = {
  /** Without a service: all of them. Stopping again replaces who did and why. */
  stop(service: string | undefined, stopped: Stopped): Promise<void>
  /** False when it was not stopped. */
  start(service: string | undefined): Promise<boolean>
  /** The stop of all services goes before that of one. @throws Problem `item_unreadable` */
  stopped(service: string): Promise<(Stopped & { readonly isAll: boolean }) | undefined>
}

/** A release that has not been cleaned up yet. It carries its first event, so that a lost intake can be completed. */
export type OpenRelease = {
  readonly releaseId: string
  readonly service: string
  readonly requestedAtMs: number
  readonly requested: Extract<ReleaseEvent, { type: 'requested' }>
}

/** What the sweep goes through: written before a release's first event, removed after its last. */
export type OpenReleases = {
  /** Does nothing when the release is open already. */
  add(open: OpenRelease): Promise<void>
  remove(open: Pick<OpenRelease, 'releaseId' | 'service'>): Promise<void>
  /** By time of request, then by id; of one service, or of all. */
  list(service?: string): Promise<Listing<OpenRelease, Pick<OpenRelease, 'releaseId' | 'service'>>>
}

/** What puts traffic back when a log cannot be read: one record for each release that may have traffic. */
export type Returns = {
  /** Written before the first shift. One that has ended stays as it is. */
  put(record: ReturnRecord): Promise<void>
  /** @throws Problem `item_unreadable` */
  get(releaseId: string): Promise<ReturnRecord | undefined>
  /** Those that have not ended, and what is there and cannot be read. */
  list(): Promise<Listing<ReturnRecord, Pick<ReturnRecord, 'releaseId'>>>
  /** Says how the release ended. The record stays for a week, so that whoever comes late finds that out. */
  end(record: ReturnRecord & { readonly ended: NonNullable<ReturnRecord['ended']> }): Promise<void>
  remove(releaseId: string): Promise<void>
}

/** Parts of AWS that do not answer, as far as somebody could write that down. */
export type Outages = {
  list(): Promise<readonly Outage[]>
  put(outage: Outage): Promise<void>
  remove(part: Part): Promise<void>
}

/** Good and bad in five-minute slots, kept by the hour. */
export type Budgets = {
  /** The slots of one hour, all of them that are known: replaces what was there. */
  putHour(service: string, slo: string, hourMs: number, slots: readonly Slot[]): Promise<void>
  /** The slots of whole hours from `fromMs` to `toMs`, in order: one query, however many hours. What is unreadable is an hour. */
  read(service: string, slo: string, fromMs: number, toMs: number): Promise<Listing<Slot, { readonly hourMs: number }>>
  mark(service: string, slo: string): Promise<BudgetMark | undefined>
  setMark(service: string, slo: string, mark: BudgetMark): Promise<void>
}

/** What CI and scanners said about candidates. */
export type Attestations = {
  /** Replaces what the same one said about the same subject, unless that was later. */
  put(attestation: Attestation): Promise<void>
  /** All that was said about these subjects. */
  of(subjects: readonly string[]): Promise<Listing<Attestation, Pick<Attestation, 'subject' | 'by'>>>
}

/** Budgets that Application Signals counts. */
export type BudgetReports = {
  /** One report for each name or ARN, in order; what is missing, refused or without data is `unknown`. */
  read(ids: readonly string[], atMs: number): Promise<readonly BudgetReport[]>
}

/** Incidents of services that others have told of. */
export type Incidents = {
  /** Saying the same again replaces it. */
  put(notice: IncidentNotice): Promise<void>
  /** Those opened from `fromMs` to before `toMs`, oldest first. What is unreadable may be of any time. */
  list(service: string, fromMs: number, toMs: number): Promise<Listing<Incident, { readonly notice: string }>>
}

/** What the key of a head says. */
export type HeadKey = Pick<Head, 'releaseId' | 'requestedAtMs'>

/** Heads of releases, newest first. A head may lag behind its log by an event. */
export type History = {
  put(head: Head): Promise<void>
  list(service: string, limit: number): Promise<Listing<Head, HeadKey>>
  /** Those that were asked for from `fromMs` to before `toMs`, oldest first. */
  between(service: string, fromMs: number, toMs: number): Promise<Listing<Head, HeadKey>>
}

/** Which live releases an alarm speaks about. */
export type AlarmWatch = {
  add(alarmName: string, releaseId: string): Promise<void>
  remove(alarmName: string, releaseId: string): Promise<void>
  releases(alarmName: string): Promise<readonly string[]>
}

export type AliasState = { readonly routing: Routing; readonly revision: string }

/** The one way in which traffic is moved. */
export type Traffic = {
  /** @throws Problem `alias_missing` */
  read(target: Target): Promise<AliasState>
  /**
   * Compare and set: writes version and weights together, only if the alias still has the revision.
   * @throws Problem `traffic_moved` if it has another one, `version_missing`, `alias_missing`, `roles_differ`
   */
  write(target: Target, routing: Routing, expectedRevision: string): Promise<AliasState>
  /** Makes the alias with all traffic on a version. False, and nothing changed, when there is one already. @throws Problem `version_missing` */
  create(target: Target, version: string): Promise<boolean>
}

export type VersionState = {
  readonly version: string
  /** `sleeping`: Lambda reclaimed an idle function; invoking it wakes it up. */
  readonly state: 'active' | 'pending' | 'sleeping' | 'failed'
  readonly stateReason?: string
  readonly role: string
  readonly codeSha256: string
  /** AWS Signer has signed its code, as Lambda says. */
  readonly isSigned?: boolean
  /** What an invocation is billed by, and how long it may take, where Lambda says so. */
  readonly billing?: Billing
  readonly timeoutSeconds?: number
}

/** Provisioned concurrency of an alias or of a version. */
export type Provisioned = {
  readonly qualifier: string
  readonly state: 'ready' | 'allocating' | 'failed'
  readonly because?: string
}

export type Versions = {
  /** @throws Problem `version_missing` */
  describe(target: Place, version: string): Promise<VersionState>
  /**
   * Puts the artifact's code on a function of the own account and region and publishes it, pinned to what was uploaded.
   * `undefined` while Lambda is still at it: call again. Publishing the same code twice gives the same version.
   * @throws Problem `artifact_missing`, `code_changed`
   */
  publish(functionName: string, artifact: Artifact, description: string): Promise<string | undefined>
  /** Which aliases and versions of a function have provisioned concurrency. @throws Problem `version_missing` */
  provisioned(target: Place): Promise<readonly Provisioned[]>
  /** Invokes a version that Lambda has put to sleep; what it answers does not matter. */
  wake(target: Place, version: string): Promise<void>
}

export type Telemetry = {
  /** One reading for each name, in order; an alarm that does not exist is `missing`. At most 100 names. */
  alarms(names: readonly string[]): Promise<readonly AlarmReading[]>
  /**
   * One reading for each question, in order. The times are whole periods, `startMs` inclusive to `endMs` exclusive; a point
   * is at the start of its period, and a period without a point has none. Up to 500 questions are one call.
   */
  read(
    questions: readonly Question[],
    asked: { readonly startMs: number; readonly endMs: number; readonly periodSeconds: number },
  ): Promise<readonly Reading[]>
}

/** `name` and `input` make a start idempotent, as StartExecution is. */
export type Executions = {
  /** The execution's ARN; the same one again when it was already started under this name. */
  start(name: string, input: unknown): Promise<string>
  /** `gone`: no such execution. */
  status(execution: string): Promise<'running' | 'succeeded' | 'failed' | 'gone'>
  /** Answers a waiting task. False when nobody waits any more: it timed out, or somebody else was first. */
  wake(token: string, output: unknown): Promise<boolean>
  /** Fails a waiting task with a code and a sentence. False as above. */
  fail(token: string, error: string, cause: string): Promise<boolean>
}

/**
 * What a function answered, or why there is no answer. `broken`: it threw, and `errorType` is the name of what it threw; or
 * its process died. `timedOut`: it ran for as long as it is configured to, and said nothing.
 */
export type HookReply =
  | { readonly kind: 'answered'; readonly payload: unknown }
  | { readonly kind: 'broken'; readonly because: string; readonly errorType?: string }
  | { readonly kind: 'timedOut'; readonly because: string }

export type Hooks = {
  /**
   * Returns when the function has answered, which may take as long as a function may run.
   * @throws Problem `aws_unavailable` when nobody knows whether it was called; any other when it was not
   */
  call(functionName: string, payload: unknown): Promise<HookReply>
}

/** Events for everybody who listens. It has left, or it throws. */
export type Outbox = {
  announce(event: {
    /** Default: tidegate.release. */
    readonly source?: string
    readonly detailType: string
    readonly detail: Readonly<Record<string, unknown>>
  }): Promise<void>
}

/** A message that was received: hidden from others until it is given back, removed, or some minutes have passed. */
export type ReceivedMessage = KeptMessage & { readonly handle: string }

/** Events that were not handled, in their queue. Every call may throw `queue_missing`. */
export type KeptEvents = {
  /** Where the queue is. */
  owner(): Promise<{ readonly account: string; readonly region: string }>
  /** All that can be received now, each once, oldest first as far as the queue knows. */
  receive(atMost: number): Promise<readonly ReceivedMessage[]>
  giveBack(message: ReceivedMessage): Promise<void>
  remove(message: ReceivedMessage): Promise<void>
  /** Calls a function with an event again, without waiting for it: once this returns, Lambda has the event. */
  send(functionName: string, payload: unknown): Promise<void>
}

/** CodePipeline, which waits for the answer to a job. Answering one again does nothing. */
export type Pipelines = {
  answer(jobId: string, answer: { readonly may: boolean; readonly because: string }): Promise<void>
}

/** Pages for a person. */
export type Pager = {
  page(page: { readonly subject: string; readonly text: string }): Promise<void>
}

/**
 * Decides what may be done: policy/policies.ts is the one implementation, in the cloud and in memory. Whatever is wrong with a
 * question, a policy or the evaluator is a denial with its trouble in it, so this does not throw.
 */
export type Policies = {
  decide(question: PolicyQuestion): Promise<PolicyDecision>
}
