// What the controller asks of the world, in its own words. Implemented on the AWS SDK (cloud/aws) and in memory
// (test/memory); test/contract holds both to the same suites.
//
// Every port may throw Problem `permission_denied` (naming the missing action), `aws_throttled` or `aws_unavailable`. A listing
// leaves out what it cannot read and says so (core/listing.ts): each caller decides what that means for it.
import type { Attestation } from '../core/gate/attestation.ts'
import type { Slot } from '../core/budget/budget.ts'
import type { BudgetReport } from '../core/budget/report.ts'
import type { ReleaseEvent } from '../core/release/event.ts'
import type { Head } from '../core/release/head.ts'
import type { Incident, IncidentNotice } from '../core/measures/incident.ts'
import type { Listing } from '../core/listing.ts'
import type { Outage, Part } from '../core/release/outage.ts'
import type { ReturnRecord } from '../core/release/return-record.ts'
import type { Service } from '../core/service/service.ts'
import type { BudgetMark } from '../core/budget/stored.ts'

export type * from './service-ports.ts'

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
  /** So that it is found under its keys (core/service/service-key.ts), and no longer under those that it had before. */
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
export type Turns = {
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
