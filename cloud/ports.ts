// What the controller needs from the world, in its own words. Implemented on the AWS SDK (cloud/aws) and in memory (test/memory);
// test/contract runs the same suites against both.
//
// Every port may throw Problem `permission_denied` (naming the missing action), `aws_throttled` or `aws_unavailable`. A listing
// omits what it cannot read and reports that (core/listing.ts); each caller decides what to do about it.
import type { Attestation } from '../core/gate/attestation.ts'
import type { Slot } from '../core/budget/budget.ts'
import type { BudgetReport } from '../core/budget/report.ts'
import type { LogItem } from '../core/release/chain.ts'
import type { ReleaseEvent } from '../core/release/event.ts'
import type { Head } from '../core/release/head.ts'
import type { Incident, IncidentNotice } from '../core/measures/incident.ts'
import type { Listing } from '../core/listing.ts'
import type { Kept, Told } from '../core/message/kept.ts'
import type { SentMessages } from './service-ports.ts'
import type { WarmReleases } from './concurrency-ports.ts'
import type { Outage, Part } from '../core/release/outage.ts'
import type { QueueEntry } from '../core/queue/admission.ts'
import type { ReturnRecord } from '../core/release/return-record.ts'
import type { AliasClaim, AppliedDefinition } from '../core/service/applied.ts'
import type { Service } from '../core/service/service.ts'
import type { BudgetMark } from '../core/budget/stored.ts'

export type * from './concurrency-ports.ts'
export type * from './observation-ports.ts'
export type * from './service-ports.ts'

export type Clock = { nowMs(): number }

/** The task token of a state machine task that waits for something in a release. */
export type Waiter = {
  /** `turn`: this execution's bake, queue place or hook. `handover-N`: execution N waits until its successor ends. */
  readonly slot: string
  readonly token: string
}

/** The release log. Each event is one item, and the item's key is the lock. */
export type Journal = {
  /**
   * Appends `event` at `event.seq`, with the link of the event before it (core/release/chain.ts). The first event needs none.
   * @returns the link of the event; `undefined` if its number is taken, and then nothing was written
   */
  append(releaseId: string, event: ReleaseEvent, previous?: string): Promise<string | undefined>
  /**
   * The log in order, starting after `afterSeq`, at most `atMost` events, in one consistent read.
   * @throws Problem `item_unreadable`
   */
  read(releaseId: string, part?: { readonly afterSeq?: number; readonly atMost?: number }): Promise<LogPart>
  /** Replaces any earlier waiter in the same slot. */
  wait(releaseId: string, waiter: Waiter): Promise<void>
  /** Everybody who waits, in one consistent read. @throws Problem `item_unreadable` */
  waiters(releaseId: string): Promise<readonly Waiter[]>
  /** Stores a snapshot beside the log, replacing the previous one, so that the next reader need not fold the whole log. */
  keep(releaseId: string, snapshot: string): Promise<void>
  /** The latest snapshot, or one that is slightly older. */
  kept(releaseId: string): Promise<string | undefined>
  /** One item of the log as it is stored, whatever it is. */
  item(releaseId: string, seq: number): Promise<LogItem | undefined>
  /** Every item of the log as it is stored, whatever it is. */
  items(releaseId: string): Promise<readonly LogItem[]>
}

type LogPart = {
  readonly events: readonly ReleaseEvent[]
  /** The link of the last of them. */
  readonly link?: string
  /** False if there may be more than `atMost` events. */
  readonly isWhole: boolean
}

export type Services = {
  /**
   * Stores the service, adds its lookup keys (core/service/service-key.ts), and removes keys that it no longer has.
   * @param seq its number among the applied definitions; without it, whatever is stored is replaced
   * @returns false if the stored definition has a higher number, and then it stays
   */
  put(service: Service, seq?: number): Promise<boolean>
  /** Removes the service, if it is there, with its lookup keys. @returns false as `put` */
  remove(name: string, seq: number): Promise<boolean>
  /** Services that may match any of these keys, each once. */
  under(keys: readonly string[]): Promise<Listing<Service, { readonly service: string }>>
  /** Adds the lookup keys of services that older code stored. Does this once; `again` repeats it. */
  index(again: boolean): Promise<void>
  /** @throws Problem `service_missing`, `item_unreadable` */
  get(name: string): Promise<Service>
  /** By name. */
  list(page?: PageAfter<string>): Promise<Listing<Service, { readonly service: string }>>
  claim(alias: string, claim: AliasClaim, nowMs: number): Promise<AliasClaim | undefined>
  dropClaim(alias: string, claim: AliasClaim): Promise<void>
}

/** A page of a listing: at most so many, after the one that the page before ended with. */
export type PageAfter<Key> = { readonly atMost: number; readonly after?: Key | undefined }

/** Every definition that was applied. */
export type Definitions = {
  /** @returns false if its number is taken, and then nothing was written */
  add(seq: number, applied: AppliedDefinition): Promise<boolean>
  /** The latest of a service, newest first. */
  list(service: string, atMost: number): Promise<Listing<Numbered, { readonly service: string; readonly seq: number }>>
}
type Numbered = AppliedDefinition & { readonly seq: number }

/**
 * Who may move a service's aliases now, and who has a place in a concurrency group. A lease has no expiry: it ends when its
 * release settles, and anybody may drop a lease whose release has settled. May throw `item_unreadable`.
 */
export type Leases = {
  /** Returns the holder after the call: `releaseId` if the lease was free or already its own. */
  take(service: string, releaseId: string): Promise<string>
  /** Does nothing unless `releaseId` holds the lease. */
  drop(service: string, releaseId: string): Promise<void>
  /** Gives `to` what `from` holds, or nobody: nothing comes in between. @returns the holder after the call */
  hand(service: string, from: string, to: string): Promise<string>
  holder(service: string): Promise<string | undefined>
  list(): Promise<Listing<Lease, Pick<Lease, 'name'>>>
}

/** `name` is a service, or a place in a concurrency group. */
export type Lease = { readonly name: string; readonly holder: string }

/** Spreads releases that would all start at the same moment: each starts when the previous one's turn is over. */
export type Turns = {
  /** Reserves `lengthMs` at the end of the queue. @returns when the turn starts: `fromMs`, or later */
  take(queue: string, fromMs: number, lengthMs: number): Promise<number>
}

/**
 * Which releases wait for the lease of their service, in the order of their turns. The log decides whether one waits; an entry
 * only says where to look, so that one small read tells who is next.
 */
export type Queues = {
  /** Does nothing if the entry is there. */
  add(service: string, entry: QueueEntry): Promise<void>
  remove(service: string, entry: QueueEntry): Promise<void>
  /** The first entries in the order of their turns; without a count, all of them. */
  first(service: string, count?: number): Promise<readonly QueueEntry[]>
  /** The latest request in a lane. */
  newest(service: string, lane: QueueEntry['lane']): Promise<QueueEntry | undefined>
  /** The entries of all services. */
  list(): Promise<readonly { readonly service: string; readonly entry: QueueEntry }[]>
}

type WaitingRelease = { readonly id: string; readonly requestedAtMs: number }

/** Releases that wait for a place in a concurrency group. */
export type WaitingLists = {
  add(group: string, release: WaitingRelease): Promise<void>
  remove(group: string, release: WaitingRelease): Promise<void>
  /** The oldest waiting releases. */
  first(group: string, count: number): Promise<readonly WaitingRelease[]>
}

/** Who stopped the line, and why. */
type Stopped = {
  readonly by: string
  readonly reason: string
  readonly sinceMs: number
  /** The frozen release that it was stopped for: that one and its forward fix pass. */
  readonly release?: string | undefined
}

/** Stop-the-line: while the line is stopped, for one service or for all, no release starts or advances. */
export type Line = {
  /** Without a service: stops all of them. Stopping again replaces who and why. */
  stop(service: string | undefined, stopped: Stopped): Promise<void>
  /** For a frozen release. A stop by a person stays as it is. */
  stopFor(service: string, stopped: Stopped & { readonly release: string }): Promise<void>
  /** Ends the stop that was made for this release, and no other one. */
  startFor(service: string, releaseId: string): Promise<void>
  /** Returns false if it was not stopped. */
  start(service: string | undefined): Promise<boolean>
  /** A stop of all services takes precedence over a stop of one. @throws Problem `item_unreadable` */
  stopped(service: string): Promise<(Stopped & { readonly isAll: boolean }) | undefined>
  /** Every stop; one without a service is of all services. */
  list(): Promise<Listing<StoppedLine, Pick<StoppedLine, 'service'>>>
}
type StoppedLine = Stopped & { readonly service?: string }

/** A release that is not cleaned up yet. It contains the first event, so that an interrupted intake can be completed. */
export type OpenRelease = {
  readonly releaseId: string
  readonly service: string
  readonly requestedAtMs: number
  readonly requested: Extract<ReleaseEvent, { type: 'requested' }>
}

export type OpenKey = Pick<OpenRelease, 'releaseId' | 'service'>

/** The releases that the sweep checks. Each is added before its release's first event and removed after its last. */
export type OpenReleases = {
  /** Does nothing if the release is already open. */
  add(open: OpenRelease): Promise<void>
  remove(open: OpenKey): Promise<void>
  /** @throws Problem `item_unreadable` */
  get(open: OpenKey): Promise<OpenRelease | undefined>
  /** All that are open, by service and id, without what they hold: that may be much. */
  keys(): Promise<readonly OpenKey[]>
  /** A page of all, by service and id. */
  page(page: PageAfter<OpenKey>): Promise<Listing<OpenRelease, OpenKey>>
  /** Sorted by time of request, then by id; for one service, or for all. */
  list(service?: string): Promise<Listing<OpenRelease, OpenKey>>
} & WarmReleases<OpenKey>

/** Records that put traffic back when a log cannot be read: one for each release that may have traffic. */
export type Returns = {
  /** Written before the first shift. Does not overwrite a record that has ended. */
  put(record: ReturnRecord): Promise<void>
  /** @throws Problem `item_unreadable` */
  get(releaseId: string): Promise<ReturnRecord | undefined>
  /** Records that have not ended, and items that cannot be read. */
  list(): Promise<Listing<ReturnRecord, Pick<ReturnRecord, 'releaseId'>>>
  /** Stores how the release ended. The record stays for a week, so that a late reader still learns the outcome. */
  end(record: ReturnRecord & { readonly ended: NonNullable<ReturnRecord['ended']> }): Promise<void>
  remove(releaseId: string): Promise<void>
}

/** AWS services that do not answer, as far as somebody could record it. */
export type Outages = {
  list(): Promise<readonly Outage[]>
  put(outage: Outage): Promise<void>
  remove(part: Part): Promise<void>
}

/** Messages that are kept until they are sent, and which facts were told. A key is one fact. */
export type Messages = {
  /** Keeps it, unless one of its key is kept. @returns the one in the way. @throws Problem `item_unreadable` */
  keep(kept: Kept): Promise<Kept | undefined>
  replace(kept: Kept): Promise<void>
  /** @throws Problem `item_unreadable` */
  get(key: string): Promise<Kept | undefined>
  list(): Promise<Listing<Kept, { readonly key: string }>>
  remove(key: string): Promise<void>
  /** @throws Problem `item_unreadable` */
  told(key: string): Promise<Told | undefined>
  setTold(key: string, told: Told): Promise<void>
  /** Notes that it was told at `atMs`, unless it was told at or after `sinceMs`. @returns whether it was noted */
  claim(key: string, atMs: number, sinceMs: number): Promise<boolean>
} & SentMessages

/** Good and bad counts in five-minute slots, stored by the hour. */
export type Budgets = {
  /** Stores all known slots of one hour, replacing the earlier ones. */
  putHour(service: string, slo: string, hourMs: number, slots: readonly Slot[]): Promise<void>
  /**
   * The slots of the whole hours from `fromMs` to `toMs`, in order: one query, however many hours. The unit that may be
   * unreadable is an hour.
   */
  read(service: string, slo: string, fromMs: number, toMs: number): Promise<Listing<Slot, { readonly hourMs: number }>>
  mark(service: string, slo: string): Promise<BudgetMark | undefined>
  setMark(service: string, slo: string, mark: BudgetMark): Promise<void>
}

/** Attestations by CI and scanners about candidates. */
export type Attestations = {
  /** What the party has said of the subject so far. @throws Problem `item_unreadable` */
  find(subject: string, by: string): Promise<Attestation | undefined>
  /**
   * Takes the place of what the same party has said about the same subject.
   * @param beforeMs the `atMs` of what was found; `undefined` if nothing was
   * @returns whether it was written: not if something else is there by now
   */
  put(attestation: Attestation, beforeMs: number | undefined): Promise<boolean>
  /** All attestations about these subjects. */
  of(subjects: readonly string[]): Promise<Listing<Attestation, Pick<Attestation, 'subject' | 'by'>>>
}

/** Error budgets that Application Signals calculates. */
export type BudgetReports = {
  /** One report for each name or ARN, in order; a report that is missing, refused or without data is `unknown`. */
  read(ids: readonly string[], atMs: number): Promise<readonly BudgetReport[]>
}

/** Incidents of services, reported by others. */
export type Incidents = {
  /** Reporting the same incident again replaces it. */
  put(notice: IncidentNotice): Promise<void>
  /** Incidents opened from `fromMs` until before `toMs`, oldest first. An unreadable item may be from any time. */
  list(service: string, fromMs: number, toMs: number): Promise<Listing<Incident, { readonly notice: string }>>
}

/** The part of a head that its key contains. */
export type HeadKey = Pick<Head, 'releaseId' | 'requestedAtMs'>

/** Summaries ("heads") of releases, newest first. A head may be one event behind its log. */
export type History = {
  put(head: Head): Promise<void>
  list(service: string, limit: number, after?: HeadKey): Promise<Listing<Head, HeadKey>>
  /** Heads of releases requested from `fromMs` until before `toMs`, oldest first. */
  between(service: string, fromMs: number, toMs: number): Promise<Listing<Head, HeadKey>>
}

/** Which live releases watch an alarm. */
export type AlarmWatch = {
  add(alarmName: string, releaseId: string): Promise<void>
  remove(alarmName: string, releaseId: string): Promise<void>
  releases(alarmName: string): Promise<readonly string[]>
}
